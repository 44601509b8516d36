/** A spatial grid over points, so that drawing and hit tests look only at what is near. */

import { Box } from './projection.js';

const POINTS_PER_CELL = 12;

export class Grid {
  /** Over columns `x` and `y`; they must not move afterwards. */
  constructor(x, y) {
    this.x = x;
    this.y = y;
    this.box = new Box();
    for (let place = 0; place < x.length; place += 1) this.box.add(x[place], y[place]);
    const { box } = this;
    const width = Math.max(box.right - box.left, 1e-12);
    const height = Math.max(box.bottom - box.top, 1e-12);
    const cells = Math.max(1, x.length / POINTS_PER_CELL);
    this.cell = x.length ? Math.max(Math.sqrt((width * height) / cells), Math.max(width, height) / 2048) : 1;
    this.columns = x.length ? Math.floor(width / this.cell) + 1 : 0;
    this.rows = x.length ? Math.floor(height / this.cell) + 1 : 0;
    this.#sort();
  }

  #cellOf(place) {
    const column = Math.floor((this.x[place] - this.box.left) / this.cell);
    const row = Math.floor((this.y[place] - this.box.top) / this.cell);
    return row * this.columns + column;
  }

  /** Counting sort: `order` holds the points cell by cell, `starts[cell]` where each cell begins. */
  #sort() {
    const count = this.x.length;
    this.starts = new Uint32Array(this.columns * this.rows + 1);
    const cells = new Uint32Array(count);
    for (let place = 0; place < count; place += 1) {
      cells[place] = this.#cellOf(place);
      this.starts[cells[place] + 1] += 1;
    }
    for (let cell = 1; cell < this.starts.length; cell += 1) this.starts[cell] += this.starts[cell - 1];
    const next = this.starts.slice();
    this.order = new Uint32Array(count);
    for (let place = 0; place < count; place += 1) {
      this.order[next[cells[place]]] = place;
      next[cells[place]] += 1;
    }
  }

  /** Call `visit(place)` for every point inside `box`. */
  each(box, visit) {
    const clamp = (value, most) => Math.min(Math.max(Math.floor(value), 0), most);
    if (!this.columns || box.left > this.box.right || box.right < this.box.left) return;
    if (box.top > this.box.bottom || box.bottom < this.box.top) return;
    const first = clamp((box.left - this.box.left) / this.cell, this.columns - 1);
    const last = clamp((box.right - this.box.left) / this.cell, this.columns - 1);
    const low = clamp((box.top - this.box.top) / this.cell, this.rows - 1);
    const high = clamp((box.bottom - this.box.top) / this.cell, this.rows - 1);
    for (let row = low; row <= high; row += 1) {
      const end = this.starts[row * this.columns + last + 1];
      for (let at = this.starts[row * this.columns + first]; at < end; at += 1) {
        const place = this.order[at];
        const x = this.x[place];
        const y = this.y[place];
        if (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom) visit(place);
      }
    }
  }

  /** The point nearest to (x, y) within `reach`, or -1. `weigh(place)` may shrink the distance of preferred ones. */
  nearest(x, y, reach, weigh = () => 1) {
    let best = -1;
    let least = Infinity;
    const box = new Box().add(x - reach, y - reach).add(x + reach, y + reach);
    this.each(box, (place) => {
      const distance = Math.hypot(this.x[place] - x, this.y[place] - y);
      if (distance > reach || distance * weigh(place) >= least) return;
      least = distance * weigh(place);
      best = place;
    });
    return best;
  }
}
