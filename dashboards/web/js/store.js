/** What the page knows, in one place, and who wants to hear of which change. */

import { CityClock } from './clock.js';
import { City } from './map/city.js';
import { ZoneTree } from './zonetree.js';

const MOST_COMMANDS = 500;

/**
 * Topics: 'about', 'me', 'zones' (the tree), 'counts' (Set of zone ids), 'city' (a new map), 'devices' (changed items),
 * 'overrides', 'approvals', 'command' (one command), 'plans' (programs or calendars changed here), 'selection', 'connection'.
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
    this.approvals = new Map();
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
      if (item.ended) this.overrides.delete(item.id);
      else this.overrides.set(item.id, item);
    }
    this.emit('overrides');
  }

  /** People's overrides whose end has not come yet, the latest first: where two hold, the one that started later rules. */
  activeOverrides() {
    const now = this.clock.now();
    return [...this.overrides.values()]
      .filter((item) => item.cause !== 'sensor' && Date.parse(item.until) > now)
      .sort((a, b) => Date.parse(b.start) - Date.parse(a.start));
  }

  setApprovals({ items, limits }) {
    this.limits = limits;
    this.approvals = new Map(items.map((item) => [item.id, item]));
    this.emit('approvals');
  }

  /** Requests that began to wait, or do no more (those leave). */
  applyApprovals(items) {
    for (const item of items) {
      if (item.state === 'waiting') this.approvals.set(item.id, item);
      else this.approvals.delete(item.id);
    }
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
