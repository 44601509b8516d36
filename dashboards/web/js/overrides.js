/** Overrides in force: what holds where, until when, why, and ending it now. */

import { el, fill, setText } from './dom.js';
import { duration, percent } from './format.js';
import { t, word } from './i18n.js';
import { whyNot } from './permission.js';

/** The names of what an override holds: zones, then lamps; many lamps by their number and the zone that has them all. */
export function placesOf(override, { tree, city }) {
  const zones = (override.zones ?? []).map((id) => tree.get(id)?.name ?? id);
  const devices = override.devices ?? [];
  if (devices.length <= 3) return [...zones, ...devices].join(', ');
  const zone = tree.get(tree.common(devices.map((id) => city.zoneOf(id))))?.name;
  return [...zones, t(zone ? 'overrides.lamps-in' : 'overrides.lamps', { n: devices.length, zone })].join(', ');
}

/** True when the signed-in user may end this override. */
function mayEnd(store, override) {
  const zones = override.zones ?? [];
  return zones.length ? zones.every((id) => whyNot(store, id) === null) : whyNot(store, null) === null;
}

/** The overrides that hold in zone `id`: laid on it, on a zone around it or on one within it. */
export function touchingZone(store, id) {
  const around = new Set(store.tree.path(id).map((zone) => zone.id));
  const within = store.tree.within(id);
  return (override) => (override.zones ?? []).some((zone) => around.has(zone) || within.has(zone));
}

/** The overrides that hold for a device in `zone`. */
export function touchingDevice(store, device, zone) {
  const around = new Set(store.tree.path(zone).map((above) => above.id));
  return (override) => (override.devices ?? []).includes(device) || (override.zones ?? []).some((id) => around.has(id));
}

/** The overrides that hold for some of `lights()`, which are ids of lights in `zone`. */
export function touchingLights(store, lights, zone) {
  const around = new Set(store.tree.path(zone).map((above) => above.id));
  return ({ zones, devices }) => {
    const named = new Set(devices ?? []);
    const here = lights();
    return here.some((id) => named.has(id)) || (here.length > 0 && (zones ?? []).some((id) => around.has(id)));
  };
}

/** The override that rules everywhere where `item` would hold, of those before it in `active`; undefined while `item` rules somewhere. */
export function ruledBy(item, active, tree) {
  const covers = (other) => (zone) => tree.path(zone).some((above) => (other.zones ?? []).includes(above.id));
  const above = active.slice(0, active.indexOf(item));
  if (!item.zones?.length || item.devices?.length) return undefined;
  return above.find((other) => item.zones.every(covers(other)));
}

export class OverrideList {
  /**
   * Those of the store's overrides that pass `wanted`; `resumed(answer)` is called when one was ended here, `empty()` gives the
   * words for when there is none.
   */
  constructor(context, life, wanted, resumed, empty = () => null) {
    Object.assign(this, { ...context, wanted, resumed, empty });
    this.node = el('div', { class: 'overrides', 'data-testid': 'overrides' });
    this.asking = null; // id whose end waits for a second press
    this.errors = new Map();
    life.on(this.store, 'overrides', () => this.show());
    life.on(this.store, 'zones', () => this.show());
    life.every(1000, () => this.#tick());
    this.show();
  }

  show() {
    const active = this.store.activeOverrides().filter(this.wanted);
    this.shown = active.map((item) => item.id).join();
    const empty = this.empty();
    fill(
      this.node,
      active.length ? active.map((item) => this.#card(item)) : empty && el('p', { class: 'empty' }, empty),
    );
  }

  #tick() {
    const active = this.store.activeOverrides().filter(this.wanted);
    if (active.map((item) => item.id).join() !== this.shown) this.show();
    for (const item of active) setText(this.node.querySelector(`[data-left="${item.id}"]`), this.#left(item));
  }

  #left(item) {
    return t('overrides.left', { duration: duration((Date.parse(item.until) - this.store.clock.now()) / 1000) });
  }

  #card(item) {
    const { store } = this;
    const [zone] = item.zones ?? [];
    const [device] = item.devices ?? [];
    const name = placesOf(item, store);
    const place = zone ?? device;
    const ruler = ruledBy(item, store.activeOverrides(), store.tree);
    return el(
      'article',
      { class: ruler ? 'override below' : 'override', 'data-testid': `override-${item.id}` },
      el('b', { class: 'level' }, percent(item.level)),
      el('div', { class: 'what' }, [
        el(
          'button',
          { type: 'button', class: 'link', onclick: () => place && store.select(zone ? 'zone' : 'device', place) },
          name,
        ),
        el(
          'span',
          {},
          t('overrides.until', { end: this.times.short(item.until) }),
          ' · ',
          el('span', { 'data-left': item.id }, this.#left(item)),
        ),
        ruler
          ? el(
              'span',
              { class: 'ruled' },
              t(ruler.cause === 'emergency' ? 'overrides.ruled-emergency' : 'overrides.ruled', {
                level: percent(ruler.level),
                end: this.times.short(ruler.until),
              }),
            )
          : null,
        el(
          'span',
          { class: 'muted' },
          [word('cause', item.cause ?? 'override'), item.cause === 'incident' ? null : item.by, item.reason].filter(Boolean).join(' · '),
        ),
      ]),
      this.#endButton(item),
      this.errors.has(item.id) ? el('p', { class: 'error', role: 'alert' }, this.errors.get(item.id)) : null,
    );
  }

  #endButton(item) {
    if (item.cause === 'incident' || !mayEnd(this.store, item)) return null; // an incident is ended as a whole
    if (this.asking !== item.id) {
      return el(
        'button',
        { type: 'button', 'data-testid': `resume-${item.id}`, onclick: () => this.#ask(item.id) },
        t('overrides.resume'),
      );
    }
    return el('div', { class: 'confirm' }, [
      el('span', {}, t('overrides.resume-sure', { n: item.targets ?? 0 })),
      el(
        'button',
        { type: 'button', class: 'primary', 'data-testid': `resume-yes-${item.id}`, onclick: () => this.#end(item) },
        t('overrides.resume-yes'),
      ),
      el('button', { type: 'button', onclick: () => this.#ask(null) }, t('overrides.resume-no')),
    ]);
  }

  #ask(id) {
    this.asking = id;
    this.show();
    if (id !== null) this.node.querySelector('.confirm .primary')?.focus();
  }

  async #end(item) {
    this.asking = null;
    this.show();
    try {
      const answer = await this.api.resume(item.id);
      this.errors.delete(item.id);
      this.store.applyOverrides([{ ...item, ended: new Date(this.store.clock.now()).toISOString() }]);
      this.resumed(answer, item);
    } catch (problem) {
      this.errors.set(item.id, problem.message);
      this.show();
    }
  }
}
