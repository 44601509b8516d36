/** The upper layer of the map: every device, the notable ones above the others. */

import { LIGHT, STATES } from './city.js';
import { lampColour, stateColour } from './palette.js';
import { Sprites } from './symbols.js';

const LAMP = 6.5; // m: the radius of a lamp's symbol, about a fifth of the way to the next lamp
const DOTS_BELOW = 2; // px: smaller than this a shape cannot be seen
const OTHERS_FROM = 1.6; // px: devices that are no lights appear from here on

/** Radius in pixels of a lamp at this scale, in steps so that sprites can be kept. */
export function lampRadius(metresPerPixel) {
  const radius = Math.min(9, Math.max(1.5, LAMP / metresPerPixel));
  return Math.round(radius * 4) / 4;
}

function square(ctx, x, y, side) {
  ctx.fillRect(x - side / 2, y - side / 2, side, side);
}

export class LightLayer {
  constructor(canvas) {
    this.ctx = canvas.getContext('2d');
    this.sprites = null;
    this.heaps = STATES.map(() => []);
    this.others = [];
  }

  /**
   * Draw `city` as `view` shows it. `members` (a Uint8Array or null) are the devices of the chosen zone: the rest is
   * dimmed. `chosen` is the place of the chosen device or -1; `cross` marks the middle for keyboard users.
   */
  draw({ city, view, palette, ratio, members, chosen, cross }) {
    const { ctx } = this;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height);
    const radius = lampRadius(view.metresPerPixel);
    if (!this.sprites?.fits(palette, radius, ratio)) this.sprites = new Sprites(palette, radius, ratio);
    this.#collect(city, view, radius);
    const dots = radius < DOTS_BELOW;
    for (const wanted of members ? [0, 1] : [1]) {
      ctx.globalAlpha = members && !wanted ? 0.28 : 1;
      const skip = (place) => members && members[place] !== wanted;
      this.heaps.forEach((heap, at) => {
        if (dots) this.#dots(city, view, palette, ratio, radius, heap, STATES[at], skip);
        else this.#shapes(city, view, ratio, heap, skip);
      });
      if (radius >= OTHERS_FROM) this.#shapes(city, view, ratio, this.others, skip);
    }
    ctx.globalAlpha = 1;
    if (chosen >= 0) this.#mark(city, view, palette, ratio, radius, chosen);
    if (cross) this.#cross(view, palette, ratio);
  }

  #collect(city, view, radius) {
    for (const heap of this.heaps) heap.length = 0;
    this.others.length = 0;
    city.grid.each(view.box(radius * 3), (place) => {
      if (city.kind[place] === LIGHT) this.heaps[STATES.indexOf(city.state(place))].push(place);
      else this.others.push(place);
    });
  }

  #shapes(city, view, ratio, heap, skip) {
    const { ctx, sprites } = this;
    const half = sprites.side / 2;
    for (const place of heap) {
      if (skip(place)) continue;
      const sprite = sprites.get(city.kind[place], city.state(place), city.shownLevel(place));
      const x = Math.round(view.screenX(city.x[place]) * ratio - half);
      ctx.drawImage(sprite, x, Math.round(view.screenY(city.y[place]) * ratio - half));
    }
  }

  /** From far away: squares of one colour per state, notable ones a little larger, held ones with their light inside. */
  #dots(city, view, palette, ratio, radius, heap, state, skip) {
    const { ctx } = this;
    const held = state === 'override' || state === 'emergency';
    const notable = state !== 'on' && state !== 'off' && state !== 'unknown';
    const side = Math.max(1, radius * (notable ? 2.2 : 1.7)) * ratio;
    ctx.fillStyle = stateColour(palette, state, 0);
    let last = -1;
    for (const place of heap) {
      if (skip(place)) continue;
      const level = city.shownLevel(place);
      if (state === 'on' && level !== last) {
        ctx.fillStyle = stateColour(palette, state, level);
        last = level;
      }
      const x = view.screenX(city.x[place]) * ratio;
      const y = view.screenY(city.y[place]) * ratio;
      square(ctx, x, y, side);
      if (!held) continue;
      ctx.fillStyle = level > 0 ? lampColour(palette, level) : palette.ground;
      square(ctx, x, y, side * 0.5);
      ctx.fillStyle = palette[`lamp-${state}`];
    }
  }

  #mark(city, view, palette, ratio, radius, place) {
    const { ctx } = this;
    ctx.beginPath();
    const reach = (Math.max(radius, 4) * 1.6 + 4) * ratio;
    ctx.arc(view.screenX(city.x[place]) * ratio, view.screenY(city.y[place]) * ratio, reach, 0, 2 * Math.PI);
    ctx.lineWidth = 2.5 * ratio;
    ctx.strokeStyle = palette.chosen;
    ctx.stroke();
  }

  #cross(view, palette, ratio) {
    const { ctx } = this;
    const x = (view.width / 2) * ratio;
    const y = (view.height / 2) * ratio;
    ctx.lineWidth = 1.5 * ratio;
    ctx.strokeStyle = palette.chosen;
    ctx.beginPath();
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ]) {
      ctx.moveTo(x + dx * 5 * ratio, y + dy * 5 * ratio);
      ctx.lineTo(x + dx * 14 * ratio, y + dy * 14 * ratio);
    }
    ctx.stroke();
  }
}
