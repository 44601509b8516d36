/** What the page knows, in one place, and who wants to hear of which change. */

import { CityClock } from './clock.js';
import { City } from './map/city.js';
import { ZoneTree } from './zonetree.js';

const MOST_COMMANDS = 500;
const RANKS = ['emergency', 'override']; // then all others: a higher rank rules whenever it began, of one rank the latest

function rank({ cause = 'override' }) {
  const at = RANKS.indexOf(cause);
  return at < 0 ? RANKS.length : at;
}

/**
 * Topics: 'about', 'me', 'zones' (the tree), 'counts' (Set of zone ids), 'city' (a new map), 'devices' (changed items),
 * 'overrides', 'incidents', 'approvals', 'alarms' (some changed), 'fire' (events of panels), 'junctions' and 'signalplans' (those that changed), 'command' (one command), 'plans' (programs or calendars changed here), 'chosen' (a
 * zone or device, be it the same again), 'selection' (another one, or nothing), 'connection'.
 */
export class Store {
  constructor() {
    this.listeners = new Map();
    this.clock = new CityClock();
    this.about = null;
    this.forget();
  }

  /** Back to the state before sign-in. */
  forget() {
    this.me = null;
    this.loaded = false;
    this.tree = new ZoneTree();
    this.zoneless = {}; // counts of the lights in no zone
    this.city = City.empty();
    this.overrides = new Map();
    this.past = new Map(); // overrides that ended while the page was open: recent orders were for their places
    this.incidents = new Map(); // those that run
    this.signalModes = new Map(); // how each junction runs, by id
    this.approvals = new Map();
    this.answered = new Map(); // one's own requests that wait no more, until that was seen
    this.limits = null; // of the city: as GET /approvals says
    this.commands = new Map();
    this.selection = null; // {type: 'zone' | 'device', id}
    this.connection = { state: 'connecting', heard: null, retryAt: null };
  }

  on(topic, listener) {
    if (!this.listeners.has(topic)) this.listeners.set(topic, new Set());
    this.listeners.get(topic).add(listener);
    return () => this.listeners.get(topic).delete(listener);
  }

  emit(topic, detail) {
    for (const listener of this.listeners.get(topic) ?? []) listener(detail);
  }

  /** Choose a zone or device, or nothing; `from` says where it was chosen ('map': it is in view already). */
  select(type, id, from = null) {
    const next = type ? { type, id, from } : null;
    if (next) this.emit('chosen', next);
    if (next?.id === this.selection?.id && next?.type === this.selection?.type) return;
    this.selection = next;
    this.emit('selection', next);
  }

  setAbout(about) {
    this.about = about;
    this.clock.set(about);
    this.emit('about', about);
  }

  setZones(zones) {
    this.tree = new ZoneTree(zones);
    if (this.selection?.type === 'zone' && !this.tree.has(this.selection.id)) this.select(null);
    this.emit('zones', this.tree);
  }

  setCounts(items) {
    for (const { id, counts } of items) this.tree.get(id).counts = counts;
    this.emit('counts', new Set(items.map((item) => item.id)));
  }

  setZoneless(counts) {
    this.zoneless = counts;
    this.emit('counts', new Set());
  }

  setCity(city) {
    this.city = city;
    this.emit('city', city);
  }

  setOverrides(items) {
    this.overrides = new Map(items.map((item) => [item.id, item]));
    this.emit('overrides');
  }

  /** Overrides that began, changed or ended (those that ended leave). */
  applyOverrides(items) {
    for (const item of items) {
      if (item.ended) {
        this.overrides.delete(item.id);
        this.past.set(item.id, item);
        if (this.past.size > MOST_COMMANDS) this.past.delete(this.past.keys().next().value);
      } else this.overrides.set(item.id, item);
    }
    this.emit('overrides');
  }

  /** People's overrides whose end has not come yet; where two hold, the one that comes first here rules. */
  activeOverrides() {
    const now = this.clock.now();
    return [...this.overrides.values()]
      .filter((item) => item.cause !== 'sensor' && Date.parse(item.until) > now)
      .sort((a, b) => rank(a) - rank(b) || Date.parse(b.start) - Date.parse(a.start));
  }

  /** True while a sensor rule holds lights. */
  sensorsHold() {
    const now = this.clock.now();
    return [...this.overrides.values()].some((item) => item.cause === 'sensor' && Date.parse(item.until) > now);
  }

  setIncidents(items) {
    this.incidents = new Map(items.map((item) => [item.id, item]));
    this.emit('incidents');
  }

  /** Incidents that began, went on or ended (those that ended leave). */
  applyIncidents(items) {
    for (const item of items) {
      if (item.running) this.incidents.set(item.id, item);
      else this.incidents.delete(item.id);
    }
    this.emit('incidents');
  }

  /** The ids of the devices that incidents have marked. */
  marked() {
    const found = [...this.incidents.values()].filter((item) => !item.dry_run);
    return new Set(found.flatMap((item) => item.marks.map((mark) => mark.device)));
  }

  setApprovals({ items, limits }) {
    this.limits = limits;
    const now = new Map(items.map((item) => [item.id, item]));
    for (const item of this.waitingApprovals()) if (!now.has(item.id)) this.#answer({ ...item, state: 'unheard' });
    this.approvals = now;
    this.emit('approvals');
  }

  /** Requests that began to wait, or do no more (those leave). */
  applyApprovals(items) {
    for (const item of items) {
      if (item.state === 'waiting') this.approvals.set(item.id, item);
      else {
        this.approvals.delete(item.id);
        this.#answer(item);
      }
    }
    this.emit('approvals');
  }

  #answer(item) {
    if (item.by === this.me?.name && item.state !== 'withdrawn') this.answered.set(item.id, item);
  }

  /** What became of one's own requests, the newest first: {..., state: approved, refused, lapsed, or unheard while cut off}. */
  answers() {
    const now = this.clock.now();
    for (const item of this.approvals.values()) {
      if (Date.parse(item.lapses) > now) continue;
      this.approvals.delete(item.id);
      this.#answer({ ...item, state: 'lapsed' });
    }
    return [...this.answered.values()].sort((a, b) => Date.parse(b.created) - Date.parse(a.created));
  }

  /** It was seen what became of the request `id`. */
  seen(id) {
    this.answered.delete(id);
    this.emit('approvals');
  }

  /** Orders that wait for a second person now, the oldest first: they lapse first. */
  waitingApprovals() {
    const now = this.clock.now();
    return [...this.approvals.values()]
      .filter((item) => Date.parse(item.lapses) > now)
      .sort((a, b) => Date.parse(a.created) - Date.parse(b.created));
  }

  setCommand(command) {
    this.commands.set(command.id, { ...this.commands.get(command.id), ...command });
    if (this.commands.size > MOST_COMMANDS) this.commands.delete(this.commands.keys().next().value);
    this.emit('command', this.commands.get(command.id));
  }

  setConnection(change) {
    this.connection = { ...this.connection, ...change };
    this.emit('connection', this.connection);
  }
}
