/** The lower layer of the map: streets as lines, the chosen zone lifted out, names where there is room. */

import { lampRadius } from './lights.js';
import { claim, freeSpot, longestPiece, namePiece, straightRuns } from './names.js';
import { Box, worldX, worldY } from './projection.js';

const STREET_WIDTH = 11; // m
const STREET_NAMES_FROM = 3.5; // metres a pixel
const NAME_FITS = 15; // px: a street so wide holds its name
const FONT = 'system-ui, "Segoe UI", Roboto, sans-serif';

/** A zone prepared for drawing: its line and box in world units, or the place of its name. */
function prepare(zone) {
  const box = new Box();
  const line = (zone.path ?? []).map(([lat, lon]) => [worldX(lon), worldY(lat)]);
  for (const [x, y] of line) box.add(x, y);
  const place = zone.location ? [worldX(zone.location.lon), worldY(zone.location.lat)] : null;
  const runs = line.length > 1 ? straightRuns(line) : [];
  const pieces = line.slice(1).map((end, at) => [line[at], end]);
  return { id: zone.id, name: zone.name, line, runs, pieces, box, place };
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
    const runs = streets.map((street) => longestPiece(street.runs, view));
    const pieces = streets.map((street) => namePiece(street, ctx.measureText(street.name).width + 8, view));
    streets.forEach((street, at) => {
      const piece = pieces[at];
      const width = ctx.measureText(street.name).width;
      if (!piece || width + 8 > piece.length) return;
      const reach = width / 2 + 4;
      const others = runs.filter((other, index) => other && index !== at);
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

function seen(box, view) {
  const screen = view.box(20);
  return box.right >= screen.left && box.left <= screen.right && box.bottom >= screen.top && box.top <= screen.bottom;
}
