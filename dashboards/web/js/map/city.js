/** Every device with a place, in columns: the binary map of GET /map, kept current by device events. */

import { Grid } from './grid.js';
import { worldX, worldY } from './projection.js';

export const KINDS = ['light', 'cabinet', 'meter', 'environment', 'fire_panel', 'junction', 'gateway'];
export const LIGHT = 0;

const ONLINE = 1;
const FAULT = 2;
const OVERRIDE = 4;
const EMERGENCY = 8;
const LEVEL_KNOWN = 16;
const DIFFERS = 32;
const REQUESTED_KNOWN = 64;
const LOCAL = 128;

const HEADER = 16;
const NOWHERE = 0xffffffff;

/** States a light is drawn in, the least urgent first: that is also the order of drawing. */
export const STATES = ['unknown', 'off', 'on', 'override', 'emergency', 'waiting', 'local', 'offline', 'fault'];

/** The state as which a device of these flags and this level is drawn. */
export function stateOf(flags, level) {
  if (flags & FAULT) return 'fault';
  if (!(flags & ONLINE)) return 'offline';
  if (flags & DIFFERS) return flags & LOCAL ? 'local' : 'waiting';
  if (!(flags & LEVEL_KNOWN)) return 'unknown';
  if (flags & EMERGENCY) return 'emergency';
  if (flags & OVERRIDE) return 'override';
  return level > 0 ? 'on' : 'off';
}

/** True while a light does not do what it is asked to; within one per cent it does. `light` as in GET /devices. */
export function differs({ requested = null, actual = null }) {
  return requested !== null && actual !== null && Math.abs(requested - actual) > 1;
}

/** 0-100; anything above 0 is at least 1, so that a dim light does not look dark. */
function shownPercent(level) {
  return level > 0 ? Math.max(1, Math.round(level)) : 0;
}

export class City {
  constructor(count, ids, zones) {
    this.count = count;
    this.ids = ids;
    this.zones = zones;
    this.places = new Map(ids.map((id, place) => [id, place]));
    this.x = new Float64Array(count);
    this.y = new Float64Array(count);
    this.kind = new Uint8Array(count);
    this.flags = new Uint8Array(count);
    this.level = new Uint8Array(count);
    this.requested = new Uint8Array(count);
    this.zone = new Uint32Array(count);
  }

  static empty() {
    const city = new City(0, [], []);
    city.grid = new Grid(city.x, city.y);
    return city;
  }

  /** Read the answer of GET /map (an ArrayBuffer, little-endian); throws RangeError when it is no such thing. */
  static read(buffer) {
    const view = new DataView(buffer);
    const magic = String.fromCharCode(...new Uint8Array(buffer, 0, 4));
    if (magic !== 'LLM1') throw new RangeError(`a map begins with LLM1, not ${magic}`);
    const size = view.getUint16(6, true);
    const count = view.getUint32(8, true);
    const idsStart = HEADER + count * size;
    const zonesStart = idsStart + view.getUint32(12, true);
    const lines = (from, to) => new TextDecoder().decode(new Uint8Array(buffer, from, to - from)).split('\n');
    const ids = count ? lines(idsStart, zonesStart) : [];
    const zones = zonesStart < buffer.byteLength ? lines(zonesStart, buffer.byteLength) : [];
    const city = new City(count, ids, zones);
    for (let place = 0, at = HEADER; place < count; place += 1, at += size) {
      city.y[place] = worldY(view.getInt32(at, true) / 1e7);
      city.x[place] = worldX(view.getInt32(at + 4, true) / 1e7);
      city.kind[place] = view.getUint8(at + 8);
      city.flags[place] = view.getUint8(at + 9);
      city.level[place] = view.getUint8(at + 10);
      city.requested[place] = view.getUint8(at + 11);
      city.zone[place] = view.getUint32(at + 12, true);
    }
    city.grid = new Grid(city.x, city.y);
    return city;
  }

  get lights() {
    return this.kind.reduce((sum, kind) => sum + (kind === LIGHT ? 1 : 0), 0);
  }

  /** Take over one item of a `device` event; false when the device is not on this map. */
  apply(item) {
    const place = this.places.get(item.id);
    if (place === undefined) return false;
    let flags = (item.online ? ONLINE : 0) | (item.conditions?.length ? FAULT : 0);
    const light = item.light;
    if (light) {
      const { requested, actual, cause } = light;
      if (cause === 'override') flags |= OVERRIDE;
      if (cause === 'emergency') flags |= EMERGENCY;
      if (cause === 'local') flags |= LOCAL;
      if (actual !== null) flags |= LEVEL_KNOWN;
      if (requested !== null) flags |= REQUESTED_KNOWN;
      if (differs(light)) flags |= DIFFERS;
      this.level[place] = shownPercent(actual);
      this.requested[place] = shownPercent(requested);
    }
    this.flags[place] = flags;
    return true;
  }

  state(place) {
    if (this.kind[place] === LIGHT) return stateOf(this.flags[place], this.level[place]);
    if (this.flags[place] & FAULT) return 'fault';
    return this.flags[place] & ONLINE ? 'on' : 'offline';
  }

  /** The level to draw: what it does, or, while unknown, what it was asked for. */
  shownLevel(place) {
    return this.flags[place] & LEVEL_KNOWN ? this.level[place] : this.requested[place];
  }

  /** The zone that a device lies right in; null when it lies in none or is not on this map. */
  zoneOf(id) {
    return this.zones[this.zone[this.places.get(id)]] ?? null;
  }

  /** 1 for every device whose zone is in `zones` (a Set of ids), 0 for the others. */
  members(zones) {
    const inside = this.zones.map((id) => zones.has(id));
    const found = new Uint8Array(this.count);
    for (let place = 0; place < this.count; place += 1) {
      const zone = this.zone[place];
      if (zone !== NOWHERE && inside[zone]) found[place] = 1;
    }
    return found;
  }
}
