/** The time-space diagram of a corridor: the greens of every junction over two cycles, and the green bands both ways. */

import { el, fill, svg } from '../dom.js';
import { number } from '../format.js';
import { bandsInWords } from './wavesaid.js';
import { saidText } from './words.js';

const CYCLES = 2;
const UNKNOWN = 60; // s drawn where nobody keeps to a cycle
const MARGIN = { right: 12, top: 14, bottom: 34 };
const BAR = 5; // px: half of what a junction's two rows of greens are high
const LEAST = 34; // px between two junctions at least
const WAYS = ['outbound', 'inbound'];

/** A band as closed shapes within `until` seconds, one for each cycle: lists of [second, metres]. */
export function shapesOf(band, cycle, until) {
  const { at } = band;
  if (!at?.length) return [];
  const first = Math.min(...at.map((each) => each.from));
  const last = Math.max(...at.map((each) => each.to));
  const shapes = [];
  for (let shift = -Math.ceil(last / cycle) * cycle; first + shift < until; shift += cycle) {
    if (last + shift <= 0) continue;
    const there = at.map((each) => [each.from + shift, each.position]);
    const back = at.toReversed().map((each) => [each.to + shift, each.position]);
    shapes.push([...there, ...back]);
  }
  return shapes;
}

/** The spans of greens within `until` seconds, repeated each cycle: [[from, to]] in order. */
export function repeated(spans, cycle, until) {
  const found = [];
  for (let shift = -cycle; shift < until; shift += cycle) {
    for (const [from, to] of spans) {
      const [a, b] = [Math.max(0, from + shift), Math.min(until, to + shift)];
      if (b > a) found.push([a, b]);
    }
  }
  return found.sort((one, other) => one[0] - other[0]);
}

/** Names without the words that all of them begin with: of "Lê Lợi x A" and "Lê Lợi x B" nobody needs the first. */
export function apart(names) {
  const words = names.map((name) => name.split(' '));
  const shared = words[0]?.findIndex((word, at) => words.some((each) => each[at] !== word || each.length === at + 1)) ?? 0;
  return shared > 0 && names.length > 1 ? words.map((each) => `… ${each.slice(shared).join(' ')}`) : names;
}

/** Places of junctions on the drawing, from the bottom up as the outbound way goes, no two nearer than can be read. */
export function heights(positions, room, least = LEAST) {
  const span = positions.at(-1) - positions[0] || 1;
  const gaps = positions.slice(1).map((each, at) => Math.max(least, ((each - positions[at]) / span) * room));
  const whole = gaps.reduce((sum, gap) => sum + gap, 0);
  const found = [whole];
  for (const gap of gaps) found.push(found.at(-1) - gap);
  return { places: found, whole };
}

export class TimeSpace {
  /** `names` of junctions by id, where they have any. */
  constructor(life, names = new Map()) {
    Object.assign(this, { names, now: null, hand: null });
    this.picture = el('div', { class: 'timespace', role: 'img', tabindex: 0, 'data-testid': 'timespace' });
    this.words = el('ul', { class: 'bandwords', 'data-testid': 'bandwords' });
    this.node = el('div', {}, this.words, this.picture);
    const watch = new ResizeObserver(() => this.#draw());
    watch.observe(this.picture);
    life.finally(() => watch.disconnect());
  }

  /** Show `corridor` as docs/signals-evaluation.md has it; a junction with `in_step` false has no greens, and says why (`out`). */
  show(corridor) {
    this.corridor = corridor;
    const said = bandsInWords(corridor, this.names);
    const ways = WAYS.filter((way) => corridor[way]);
    fill(this.words, said.map((each, at) => el('li', { class: ways[at] }, each)));
    const out = corridor.signals.filter((each) => each.in_step === false).map((each) => `${this.#name(each)}: ${saidText(each.out)}`);
    this.picture.setAttribute('aria-label', [...said, ...out].join('; '));
    this.#draw();
  }

  /** The line of the present at `now` (s since 1970); null: there is none. */
  turn(now) {
    this.now = now;
    this.#place();
  }

  #name({ junction }) {
    return this.names.get(junction) ?? junction;
  }

  #draw() {
    const { corridor, picture } = this;
    if (!corridor?.signals?.length || !picture.clientWidth) return;
    const names = corridor.signals.map((each) => this.#name(each));
    const labels = apart(names);
    const left = Math.min(170, 14 + 7 * Math.max(...labels.map((name) => name.length)), picture.clientWidth * 0.34);
    const width = Math.max(picture.clientWidth, 300);
    const cycle = corridor.cycle ?? UNKNOWN;
    const until = cycle * CYCLES;
    const x = (second) => left + (Math.min(Math.max(second, 0), until) / until) * (width - left - MARGIN.right);
    const { places, whole } = heights(corridor.signals.map(({ position }) => position), 60 * corridor.signals.length);
    const height = MARGIN.top + whole + MARGIN.bottom;
    const y = (position) => MARGIN.top + this.#height(position, places);
    const bands = WAYS.flatMap((way) => this.#bands(way, x, y, until));
    const rows = corridor.signals.flatMap((signal, at) => this.#row(signal, [names[at], labels[at]], MARGIN.top + places[at], x, left, until));
    const clip = svg('clipPath', { id: 'timespace-clip' }, svg('rect', { x: left, y: 0, width: width - left - MARGIN.right, height }));
    this.hand = svg('line', { class: 'hand', y1: 2, y2: height - 22 });
    this.x = x;
    this.drawing = svg('svg', { viewBox: `0 0 ${width} ${height}`, width, height, 'aria-hidden': 'true' }, svg('defs', {}, clip), ...this.#axis(x, height, until), svg('g', { 'clip-path': 'url(#timespace-clip)' }, ...bands), ...rows, this.hand);
    fill(picture, this.drawing);
    this.#place();
  }

  /** px from the top of a place of the corridor; between two junctions in proportion. */
  #height(position, places) {
    const at = this.corridor.signals.map((each) => each.position);
    const above = at.findIndex((each) => each >= position);
    if (above <= 0) return places[Math.max(0, above)];
    const share = (position - at[above - 1]) / (at[above] - at[above - 1] || 1);
    return places[above - 1] + share * (places[above] - places[above - 1]);
  }

  #bands(way, x, y, until) {
    const { corridor } = this;
    // Not through x(): a corner outside the picture must stay outside, or the slope of its side would change.
    const raw = (second) => x(0) + (second / until) * (x(until) - x(0));
    return (corridor[way]?.bands ?? []).flatMap((band) =>
      shapesOf(band, corridor.cycle, until).map((shape) =>
        svg('polygon', { class: `band ${way}`, points: shape.map(([second, position]) => `${raw(second).toFixed(1)},${y(position).toFixed(1)}`).join(' ') }),
      ),
    );
  }

  #row(signal, [name, short], middle, x, left, until) {
    const out = signal.in_step === false;
    const green = (way, top) =>
      repeated((out ? null : signal.greens?.[way]) ?? [], this.corridor.cycle ?? UNKNOWN, until).map(([from, to]) => svg('rect', { class: `green ${way}`, x: x(from), width: Math.max(0.5, x(to) - x(from)), y: top, height: BAR }));
    const label = short.length * 7 > left - 10 ? `${short.slice(0, Math.max(3, Math.floor((left - 16) / 7)))}…` : short;
    return [
      svg('rect', { class: out ? 'outline' : 'redline', x: left, width: x(until) - left, y: middle - BAR, height: 2 * BAR }),
      ...green('outbound', middle - BAR),
      ...green('inbound', middle),
      svg('text', { x: left - 8, y: middle + 4, 'text-anchor': 'end' }, svg('title', {}, name), label),
      ...(out ? [svg('text', { class: 'why', x: left + 4, y: middle - BAR - 4 }, saidText(signal.out))] : []),
    ];
  }

  #axis(x, height, until) {
    const step = until > 200 ? 30 : 20;
    const lines = [];
    for (let second = 0; second <= until; second += step) {
      lines.push(svg('line', { class: 'grid', x1: x(second), x2: x(second), y1: 4, y2: height - 22 }));
      lines.push(svg('text', { class: 'axis', x: x(second), y: height - 8, 'text-anchor': 'middle' }, number(second, 0)));
    }
    return lines;
  }

  #place() {
    const { hand, now, corridor } = this;
    if (!hand) return;
    hand.toggleAttribute('hidden', now === null || !corridor.cycle);
    if (now === null || !corridor.cycle) return;
    const at = this.x(now % corridor.cycle);
    hand.setAttribute('x1', at);
    hand.setAttribute('x2', at);
  }
}
