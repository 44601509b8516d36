/** Brings the hub's state into the store: everything once, then every change as it happens. */

import { debounce } from './dom.js';
import { running } from './incidents/calls.js';
import { City } from './map/city.js';
import { Stream } from './stream.js';

const RECENT = 200;
const AUTOMATIC = /^(reconciler$|calendar$|sensing:)/; // who the hub itself is in `by`: its repeats are no orders of people
const POLL = 3_000;

export class Live {
  constructor(api, session, store) {
    this.api = api;
    this.store = store;
    this.waiting = null; // frames that came while everything was being loaded
    this.polling = 0;
    this.offMap = new Set(); // devices that speak but have no place on the map
    this.reloadSoon = debounce(1_000, () => this.load().catch(() => this.reloadSoon()));
    this.stream = new Stream(session, {
      frame: (event, data) => this.#frame(event, data),
      state: (state, retryAt = null) => store.setConnection({ state, retryAt }),
      heard: () => store.setConnection({ heard: store.clock.now() }),
    });
    this.stopOnline = () => this.stream.hurry();
  }

  /** Open the stream first, so that nothing between the picture and the stream is missed; resolves when loaded. */
  async start() {
    this.waiting = [];
    this.stream.start();
    addEventListener('online', this.stopOnline);
    this.polling = setInterval(() => this.#pollWhileCut(), POLL);
    await this.load();
  }

  stop() {
    this.stream.stop();
    removeEventListener('online', this.stopOnline);
    clearInterval(this.polling);
  }

  /** Fetch everything anew. */
  async load() {
    const { api, store } = this;
    this.waiting ??= [];
    try {
      const [about, zones, zoneless, map, overrides, commands, approvals, incidents] = await Promise.all([
        api.about(),
        api.zones(),
        api.zonelessCounts(),
        api.map(),
        api.overrides(),
        api.commands(RECENT),
        api.approvals(),
        running(api),
      ]);
      store.setAbout(about);
      store.setZones(zones);
      store.setZoneless(zoneless);
      store.setCity(City.read(map));
      this.#commands(commands.reverse());
      store.setOverrides(overrides);
      store.setApprovals(approvals);
      store.setIncidents(incidents);
      store.loaded = true;
      store.emit('alarms');
      store.setConnection({ heard: store.clock.now() });
    } finally {
      const missed = this.waiting;
      this.waiting = null;
      if (store.loaded) for (const [event, data] of missed) this.#frame(event, data);
    }
  }

  #frame(event, data) {
    if (event === 'reset') this.reloadSoon();
    else if (event === 'fire') this.store.emit('fire', data); // waits for nothing, not for the city to be loaded either
    else if (this.waiting) this.waiting.push([event, data]);
    else if (event === 'device') this.#devices(data);
    else if (event === 'zone') this.#zones(data);
    else if (event === 'zoneless') this.store.setZoneless(data.at(-1).counts);
    else if (event === 'command') this.#commands(data);
    else if (event === 'override') this.store.applyOverrides(data);
    else if (event === 'alarm') this.store.emit('alarms', data);
    else if (event === 'junction') this.store.emit('junctions', data);
    else if (event === 'plan') this.store.emit('signalplans', data);
    else if (event === 'incident') this.store.applyIncidents(data);
    else if (event === 'approval') this.store.applyApprovals(data);
  }

  #devices(items) {
    const { store } = this;
    for (const item of items) {
      if (store.city.apply(item) || this.offMap.has(item.id)) continue;
      this.offMap.add(item.id);
      this.reloadSoon();
    }
    store.emit('devices', items);
  }

  #commands(items) {
    for (const item of items) if (!AUTOMATIC.test(item.by)) this.store.setCommand(item);
  }

  #zones(items) {
    const known = items.filter((item) => this.store.tree.has(item.id) && !item.deleted);
    if (known.length < items.length) this.reloadSoon();
    this.store.setCounts(known.filter((item) => item.counts));
  }

  /** Orders under way are asked for one by one while the stream is away. */
  async #pollWhileCut() {
    const { store, api } = this;
    if (store.connection.state === 'live') return;
    for (const command of store.commands.values()) {
      if (command.state !== 'running') continue;
      try {
        store.setCommand(await api.command(command.id));
      } catch {
        return;
      }
    }
  }
}
