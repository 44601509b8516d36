/** All zones at one moment and the questions that are asked of a tree. */

export class ZoneTree {
  constructor(zones = []) {
    this.zones = new Map(zones.map((zone) => [zone.id, zone]));
    this.below = new Map();
    for (const zone of this.zones.values()) {
      const parent = this.zones.has(zone.parent) ? zone.parent : null;
      if (!this.below.has(parent)) this.below.set(parent, []);
      this.below.get(parent).push(zone.id);
    }
    const name = (id) => this.zones.get(id).name;
    for (const ids of this.below.values()) {
      ids.sort((a, b) => name(a).localeCompare(name(b), 'vi', { numeric: true }));
    }
  }

  get(id) {
    return this.zones.get(id);
  }

  has(id) {
    return this.zones.has(id);
  }

  /** Ids right below `id`, by name; the roots for null. */
  children(id) {
    return this.below.get(id) ?? [];
  }

  /** `id` and everything beneath it, as a Set. */
  within(id) {
    const found = new Set();
    const waiting = [id];
    while (waiting.length) {
      const next = waiting.pop();
      if (found.has(next)) continue;
      found.add(next);
      waiting.push(...this.children(next));
    }
    return found;
  }

  /** The deepest zone that has all of these zones in it; null when there is none. */
  common(ids) {
    const [first = [], ...others] = [...new Set(ids)].map((id) => this.path(id).map((zone) => zone.id));
    return first.findLast((id) => others.every((path) => path.includes(id))) ?? null;
  }

  /** Zones from the root down to `id`. */
  path(id) {
    const found = [];
    for (let zone = this.zones.get(id); zone && !found.includes(zone); zone = this.zones.get(zone.parent)) {
      found.unshift(zone);
    }
    return found;
  }
}
