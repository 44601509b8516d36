/** The lower layer of the map: streets as lines, the chosen zone lifted out, names where there is room. */

import { lampRadius } from './lights.js';
import { Box, worldX, worldY } from './projection.js';

const STREET_WIDTH = 11; // m
const STREET_NAMES_FROM = 3.5; // metres a pixel
const NAME_FITS = 15; // px: a street so wide holds its name
const STRAIGHT = Math.cos(0.15); // a street that turns by less is still one run for its name
const FONT = 'system-ui, "Segoe UI", Roboto, sans-serif';

/** A zone prepared for drawing: its line and box in world units, or the place of its name. */
function prepare(zone) {
  const box = new Box();
  const line = (zone.path ?? []).map(([lat, lon]) => [worldX(lon), worldY(lat)]);
  for (const [x, y] of line) box.add(x, y);
  const place = zone.location ? [worldX(zone.location.lon), worldY(zone.location.lat)] : null;
  const runs = line.length > 1 ? straightRuns(line) : [];
  return { id: zone.id, name: zone.name, line, runs, box, place };
}

export class StreetLayer {
  constructor(canvas) {
    this.ctx = canvas.getContext('2d');
    this.streets = [];
    this.places = [];
  }

  /** Take over the zones of a ZoneTree. */
  setZones(tree) {
    const zones = [...tree.zones.values()].map((zone) => ({ ...prepare(zone), depth: tree.path(zone.id).length }));
    this.streets = zones.filter((zone) => zone.line.length > 1);
    const lines = new Set(this.streets.map((street) => street.id));
    const alongStreet = (zone) => tree.path(zone.id).some((above) => lines.has(above.id));
    this.places = zones
      .filter((zone) => zone.depth > 1 && zone.place && !alongStreet(zone))
      .sort((a, b) => a.depth - b.depth);
  }

  /** Box of the lines of `zones` (a Set of ids); empty when none of them has a line. */
  boxOf(zones) {
    const box = new Box();
    for (const { id, line, place } of [...this.streets, ...this.places]) {
      if (!zones.has(id)) continue;
      for (const [x, y] of line) box.add(x, y);
      if (place && !line.length) box.add(...place);
    }
    return box;
  }

  /** Draw as `view` shows it; `chosen` is a Set of zone ids or null, `area` the hull of the chosen zone's lights. */
  draw({ view, palette, ratio, chosen, area }) {
    const { ctx } = this;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.fillStyle = palette.ground;
    ctx.fillRect(0, 0, view.width, view.height);
    ctx.lineCap = 'round';
    ctx.lineJoin = 'round';
    const metres = view.metresPerPixel;
    if (area?.length) this.#area(view, palette, area);
    const width = Math.min(22, Math.max(1.5, STREET_WIDTH / metres));
    const visible = this.streets.filter(({ box }) => seen(box, view));
    this.#stroke(visible, view, palette['street-edge'], width + 2);
    this.#stroke(visible, view, palette.street, width);
    if (chosen) {
      const inside = visible.filter(({ id }) => chosen.has(id));
      this.#stroke(inside, view, palette['street-chosen'], width + 1);
    }
    const taken = [];
    if (metres > 0.9) this.#placeNames(view, palette, taken);
    if (metres < STREET_NAMES_FROM) this.#streetNames(visible, view, palette, taken);
  }

  #stroke(streets, view, colour, width) {
    const { ctx } = this;
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.beginPath();
    for (const { line } of streets) {
      line.forEach(([x, y], at) => {
        if (at) ctx.lineTo(view.screenX(x), view.screenY(y));
        else ctx.moveTo(view.screenX(x), view.screenY(y));
      });
    }
    ctx.stroke();
  }

  /** A soft field under the lights of the chosen zone. */
  #area(view, palette, points) {
    const { ctx } = this;
    ctx.beginPath();
    for (const [x, y] of points) ctx.lineTo(view.screenX(x), view.screenY(y));
    ctx.closePath();
    ctx.fillStyle = ctx.strokeStyle = palette.area;
    ctx.lineWidth = 36;
    ctx.stroke();
    ctx.fill();
  }

  #write(text, palette, colour) {
    const { ctx } = this;
    ctx.lineWidth = 3;
    ctx.strokeStyle = palette.halo;
    ctx.strokeText(text, 0, 0);
    ctx.fillStyle = colour;
    ctx.fillText(text, 0, 0);
  }

  #placeNames(view, palette, taken) {
    const { ctx } = this;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    for (const { name, place, depth } of this.places) {
      const x = view.screenX(place[0]);
      const y = view.screenY(place[1]);
      if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
      const size = Math.max(11, 16 - depth);
      ctx.font = `600 ${size}px ${FONT}`;
      if (!claim(taken, x, y, ctx.measureText(name).width / 2 + 22, size / 2 + 14)) continue;
      ctx.save();
      ctx.translate(x, y);
      this.#write(name, palette, palette.label);
      ctx.restore();
    }
  }

  #streetNames(streets, view, palette, taken) {
    const { ctx } = this;
    ctx.font = `500 12px ${FONT}`;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    const inside = STREET_WIDTH / view.metresPerPixel >= NAME_FITS;
    const pieces = streets.map((street) => longestPiece(street.runs, view));
    streets.forEach((street, at) => {
      const piece = pieces[at];
      const width = ctx.measureText(street.name).width;
      if (!piece || width + 8 > piece.length) return;
      const reach = width / 2 + 4;
      const others = pieces.filter((other) => other && other !== piece);
      const spot = freeSpot(piece, reach, others);
      const wide = Math.abs(Math.cos(piece.angle)) * reach + 8;
      const high = Math.abs(Math.sin(piece.angle)) * reach + 8;
      if (!claim(taken, spot.x, spot.y, wide, high)) return;
      ctx.save();
      ctx.translate(spot.x, spot.y);
      ctx.rotate(piece.angle);
      if (!inside) ctx.translate(0, -nameOffset(view.metresPerPixel));
      this.#write(street.name, palette, palette['label-street']);
      ctx.restore();
    });
  }
}

/** How far above the middle of its street a name stands: clear of the lamps along it. */
function nameOffset(metresPerPixel) {
  return STREET_WIDTH / metresPerPixel + lampRadius(metresPerPixel) + 7;
}

/** Where along a piece a name of half length `reach` crosses no other street; the middle when there is no such place. */
function freeSpot(piece, reach, others) {
  const spare = (piece.length - 2 * reach) / 2;
  const dx = Math.cos(piece.angle);
  const dy = Math.sin(piece.angle);
  for (const share of [0, 0.5, -0.5, 0.25, -0.25, 0.9, -0.9]) {
    const spot = { x: piece.x + dx * spare * share, y: piece.y + dy * spare * share };
    if (others.every((other) => distance(spot, other) > reach)) return spot;
  }
  return piece;
}

/** From a spot to the nearest point of a piece. */
function distance({ x, y }, piece) {
  const along = (x - piece.x) * Math.cos(piece.angle) + (y - piece.y) * Math.sin(piece.angle);
  const bounded = Math.min(Math.max(along, -piece.length / 2), piece.length / 2);
  return Math.hypot(x - piece.x - bounded * Math.cos(piece.angle), y - piece.y - bounded * Math.sin(piece.angle));
}

function seen(box, view) {
  const screen = view.box(20);
  return box.right >= screen.left && box.left <= screen.right && box.bottom >= screen.top && box.top <= screen.bottom;
}

/** Take the room for a name when it is free. */
function claim(taken, x, y, wide, high) {
  if (taken.some((other) => Math.abs(other.x - x) < other.wide + wide && Math.abs(other.y - y) < other.high + high)) {
    return false;
  }
  taken.push({ x, y, wide, high });
  return true;
}

/** The nearly straight runs of a line, as pairs of ends. */
function straightRuns(line) {
  const runs = [];
  let start = line[0];
  let heading = null;
  for (let at = 1; at < line.length; at += 1) {
    const next = Math.atan2(line[at][1] - line[at - 1][1], line[at][0] - line[at - 1][0]);
    if (heading !== null && Math.cos(next - heading) < STRAIGHT) {
      runs.push([start, line[at - 1]]);
      start = line[at - 1];
      heading = null;
    }
    heading ??= next;
  }
  runs.push([start, line.at(-1)]);
  return runs;
}

/** Middle, length and angle (readable, never upside down) of the longest run that is on the screen. */
function longestPiece(runs, view) {
  let best = null;
  for (const run of runs) {
    const ends = run.map(([x, y]) => [view.screenX(x), view.screenY(y)]);
    const [from, to] = clip(ends, view);
    if (!from) continue;
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    if (best && length <= best.length) continue;
    let angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
    if (Math.abs(angle) > Math.PI / 2) angle += Math.PI;
    best = { x: (from[0] + to[0]) / 2, y: (from[1] + to[1]) / 2, length, angle };
  }
  return best;
}

/** The part of a piece inside the screen (Liang-Barsky); an empty list when there is none. */
function clip([[x0, y0], [x1, y1]], view) {
  let enter = 0;
  let leave = 1;
  const dx = x1 - x0;
  const dy = y1 - y0;
  for (const [move, room] of [[-dx, x0], [dx, view.width - x0], [-dy, y0], [dy, view.height - y0]]) {
    if (move === 0 && room < 0) return [];
    if (move < 0) enter = Math.max(enter, room / move);
    if (move > 0) leave = Math.min(leave, room / move);
  }
  if (enter > leave) return [];
  return [[x0 + enter * dx, y0 + enter * dy], [x0 + leave * dx, y0 + leave * dy]];
}
