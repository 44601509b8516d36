/** Web Mercator (EPSG:3857) on a square world of side 1, and the part of it that the screen shows. */

export const EQUATOR = 40_075_016.686; // m

export function worldX(lon) {
  return lon / 360 + 0.5;
}

export function worldY(lat) {
  const sine = Math.sin((Math.max(-85, Math.min(85, lat)) * Math.PI) / 180);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
}

/** Latitude of a world y, in degrees. */
export function latitude(y) {
  return (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
}

/** The smallest box around points: {left, top, right, bottom} in world units; null without points. */
export class Box {
  constructor() {
    this.left = this.top = Infinity;
    this.right = this.bottom = -Infinity;
  }

  add(x, y) {
    if (x < this.left) this.left = x;
    if (x > this.right) this.right = x;
    if (y < this.top) this.top = y;
    if (y > this.bottom) this.bottom = y;
    return this;
  }

  get empty() {
    return this.left > this.right;
  }
}

const NEAREST = 0.05; // metres a pixel
const FARTHEST = 2_000;

/** Which part of the world the screen shows: centre in world units, `scale` in pixels per world. */
export class View {
  constructor() {
    this.x = 0.5;
    this.y = 0.5;
    this.scale = 1e6;
    this.width = 1;
    this.height = 1;
  }

  get metresPerPixel() {
    return (EQUATOR * Math.cos((latitude(this.y) * Math.PI) / 180)) / this.scale;
  }

  screenX(x) {
    return (x - this.x) * this.scale + this.width / 2;
  }

  screenY(y) {
    return (y - this.y) * this.scale + this.height / 2;
  }

  /** World box of the screen, `margin` pixels wider on every side. */
  box(margin = 0) {
    const halfWidth = (this.width / 2 + margin) / this.scale;
    const halfHeight = (this.height / 2 + margin) / this.scale;
    const box = new Box();
    box.add(this.x - halfWidth, this.y - halfHeight);
    return box.add(this.x + halfWidth, this.y + halfHeight);
  }

  panBy(dx, dy) {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
  }

  /** Zoom by `factor` with the world under pixel (px, py) staying there. */
  zoomAt(px, py, factor) {
    const metres = this.metresPerPixel;
    const bounded = Math.min(Math.max(factor, metres / FARTHEST), metres / NEAREST);
    const dx = px - this.width / 2;
    const dy = py - this.height / 2;
    this.x += dx / this.scale - dx / (this.scale * bounded);
    this.y += dy / this.scale - dy / (this.scale * bounded);
    this.scale *= bounded;
  }

  /**
   * The centre and scale that show `box` with `padding` pixels around (`above`: and so many more at the top), never
   * nearer than `nearest` metres a pixel.
   */
  fitted(box, padding, { nearest = 0.4, above = 0 } = {}) {
    const y = (box.top + box.bottom) / 2;
    const ground = EQUATOR * Math.cos((latitude(y) * Math.PI) / 180);
    const room = (side) => Math.max(40, side - 2 * padding);
    const scale = Math.min(
      room(this.width) / Math.max(box.right - box.left, 1e-12),
      room(this.height - above) / Math.max(box.bottom - box.top, 1e-12),
      ground / nearest,
    );
    return { x: (box.left + box.right) / 2, y: y - above / 2 / scale, scale };
  }
}
