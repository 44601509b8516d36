/** The map: two canvases, one view, drawn at most once a frame and only when something changed. */

import { KINDS, LIGHT } from './city.js';
import { watchGestures } from './gestures.js';
import { hull } from './hull.js';
import { LightLayer, lampRadius } from './lights.js';
import { drawMarks } from './marks.js';
import { drawModes } from './modes.js';
import { readPalette, stateColour } from './palette.js';
import { Box, View } from './projection.js';
import { StreetLayer } from './streets.js';

const ABOVE = 36; // px at the top that the summary of the city covers
const GLIDE = 320; // ms of the move to a zone
const REACH = 16; // px around a finger in which a lamp counts as meant

export class CityMap {
  /** In `frame` (an element with two canvases); `hint(place, x, y)` shows what is under the mouse (place -1: nothing). */
  constructor(frame, store, hint) {
    const [streets, lights] = frame.querySelectorAll('canvas');
    this.frame = frame;
    this.canvases = [streets, lights];
    this.store = store;
    this.hint = hint;
    this.view = new View();
    this.palette = readPalette();
    this.streets = new StreetLayer(streets);
    this.lights = new LightLayer(lights);
    this.dirty = { streets: true, lights: true };
    this.asked = 0;
    this.glide = null;
    this.placed = false; // whether the view was ever fitted to the city
    this.chosen = { zones: null, members: null, area: null, place: -1 };
    this.#watch(lights);
  }

  #watch(canvas) {
    const { store } = this;
    new ResizeObserver(() => this.#resize()).observe(this.frame);
    watchGestures(canvas, {
      pan: (dx, dy) => this.#move(() => this.view.panBy(dx, dy)),
      zoom: (x, y, factor) => this.#move(() => this.view.zoomAt(x, y, factor)),
      tap: (x, y) => this.#tap(x, y, REACH),
      enter: () => this.#tap(this.view.width / 2, this.view.height / 2, this.view.width),
      hover: (x, y) => this.hint(x === null ? -1 : this.at(x, y, REACH / 2), x, y),
      fit: () => this.fitCity(),
    });
    for (const event of ['focus', 'blur']) canvas.addEventListener(event, () => this.ask('lights'));
    store.on('zones', (tree) => {
      this.streets.setZones(tree);
      this.#choose();
    });
    store.on('city', () => {
      this.#choose();
      if (!this.placed) this.fitCity(false);
    });
    for (const topic of ['devices', 'incidents']) store.on(topic, () => this.ask('lights'));
    store.on('selection', () => this.#choose());
  }

  /** Colours changed (another theme). */
  repaint() {
    this.palette = readPalette();
    this.ask('streets', 'lights');
  }

  /** Draw these layers in the next frame. */
  ask(...layers) {
    for (const layer of layers) this.dirty[layer] = true;
    this.asked ||= requestAnimationFrame((time) => this.#draw(time));
  }

  #draw(time) {
    this.asked = 0;
    if (this.glide) this.#step(time);
    const { view, palette, chosen } = this;
    const ratio = devicePixelRatio || 1;
    const cross = document.activeElement === this.canvases[1] && this.canvases[1].matches(':focus-visible');
    const { members, place, zones, area } = chosen;
    if (this.dirty.streets) this.streets.draw({ view, palette, ratio, chosen: zones, area });
    if (this.dirty.lights) {
      this.lights.draw({ city: this.store.city, view, palette, ratio, members, chosen: place, cross });
      drawMarks(this.canvases[1], { city: this.store.city, view, palette, ratio, marked: this.store.marked() });
      drawModes(this.canvases[1], { city: this.store.city, view, palette, ratio, modes: this.store.signalModes });
    }
    this.dirty = { streets: false, lights: false };
    if (this.glide) this.ask('streets', 'lights');
  }

  /** Take over the size that the frame has now; it may have changed since the observer last said so. */
  #measure() {
    const { width, height } = this.frame.getBoundingClientRect();
    if (width !== this.view.width || height !== this.view.height) this.#resize();
  }

  #resize() {
    const { width, height } = this.frame.getBoundingClientRect();
    if (!width || !height) return;
    const ratio = devicePixelRatio || 1;
    Object.assign(this.view, { width, height });
    for (const canvas of this.canvases) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    if (!this.placed) this.fitCity(false);
    this.ask('streets', 'lights');
  }

  #move(change) {
    this.glide = null;
    change();
    this.hint(-1);
    this.ask('streets', 'lights');
  }

  zoomBy(factor) {
    this.#move(() => this.view.zoomAt(this.view.width / 2, this.view.height / 2, factor));
  }

  /** Show the whole city. */
  fitCity(smooth = true) {
    const { box } = this.store.city.grid;
    if (box.empty || this.view.width < 2) return;
    this.placed = true;
    this.#go(this.view.fitted(box, 32, { above: ABOVE }), smooth);
  }

  /** Show a zone with everything in it. */
  fitZone(id) {
    this.#measure();
    const zones = this.store.tree.within(id);
    const { city } = this.store;
    const members = city.members(zones);
    const box = new Box();
    members.forEach((inside, place) => inside && box.add(city.x[place], city.y[place]));
    const found = box.empty ? this.streets.boxOf(zones) : box;
    if (!found.empty) this.#go(this.view.fitted(found, 32, { above: ABOVE }), true);
  }

  /** Bring a device to the middle, near enough to tell its neighbours apart. */
  show(id) {
    const { city } = this.store;
    const place = city.places.get(id);
    if (place === undefined) return;
    this.#measure();
    const box = new Box().add(city.x[place], city.y[place]);
    const near = this.view.fitted(box, 0, { nearest: Math.min(0.6, this.view.metresPerPixel) });
    this.#go(near, true);
  }

  #go(target, smooth) {
    if (smooth && !matchMedia('(prefers-reduced-motion: reduce)').matches) {
      const { x, y, scale } = this.view;
      this.glide = { from: { x, y, scale }, target, start: null };
    } else {
      Object.assign(this.view, target);
    }
    this.ask('streets', 'lights');
  }

  #step(time) {
    const { glide, view } = this;
    glide.start ??= time;
    const share = Math.min(1, (time - glide.start) / GLIDE);
    const eased = 1 - (1 - share) ** 3;
    for (const axis of ['x', 'y']) view[axis] = glide.from[axis] + (glide.target[axis] - glide.from[axis]) * eased;
    view.scale = glide.from.scale * (glide.target.scale / glide.from.scale) ** eased;
    if (share === 1) this.glide = null;
    this.dirty = { streets: true, lights: true };
  }

  #choose() {
    const { selection, tree, city } = this.store;
    const zone = selection?.type === 'zone' && tree.has(selection.id) ? selection.id : null;
    const zones = zone === null ? null : tree.within(zone);
    const members = zones && city.members(zones);
    const points = [];
    members?.forEach((inside, place) => inside && points.push([city.x[place], city.y[place]]));
    const place = selection?.type === 'device' ? (city.places.get(selection.id) ?? -1) : -1;
    this.chosen = { zones, members, area: hull(points), place };
    this.ask('streets', 'lights');
  }

  /** The place of the device drawn at (x, y) of the canvas, or -1; lights are preferred to what stands beside them. */
  at(x, y, reach) {
    const { view } = this;
    const { city } = this.store;
    const world = [(x - view.width / 2) / view.scale + view.x, (y - view.height / 2) / view.scale + view.y];
    const wide = Math.max(reach, lampRadius(view.metresPerPixel) * 1.4) / view.scale;
    return city.grid.nearest(...world, wide, (place) => (city.kind[place] === LIGHT ? 1 : 1.3));
  }

  #tap(x, y, reach) {
    const place = this.at(x, y, reach);
    if (place >= 0) this.store.select('device', this.store.city.ids[place], 'map');
  }

  /** How a device is drawn now: {kind, state, level, colour, x, y} with page coordinates; null when not on the map. */
  drawn(id) {
    const { city } = this.store;
    const place = city.places.get(id);
    if (place === undefined) return null;
    const frame = this.frame.getBoundingClientRect();
    const state = city.state(place);
    const level = city.shownLevel(place);
    return {
      kind: KINDS[city.kind[place]],
      state,
      level,
      colour: stateColour(this.palette, state, level),
      x: frame.left + this.view.screenX(city.x[place]),
      y: frame.top + this.view.screenY(city.y[place]),
    };
  }
}
