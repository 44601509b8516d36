/** The stage diagram: what every group shows over the cycle, as bars; with the second hand, findings and a plan to compare with. */

import { el, fill, svg } from '../dom.js';
import { number } from '../format.js';
import { t } from '../i18n.js';
import { pieces, runsOf } from './cycle.js';
import { letterText, nameOf } from './letters.js';

const RIGHT = 10;
const TOP = 36;
const STEPS = [5, 10, 20, 30, 60];
const APART = 34; // px that two numbers of the axis are apart at least
/** How much of a row a signal fills, so that nobody needs to tell colours apart. */
const SHARE = { G: 1, g: 1, f: 1, y: 0.7, u: 0.7, r: 0.22, o: 0.7, O: 0.08 };

/** What every group shows, in words: for those who cannot see the bars. */
export function barsInWords(program, groups) {
  const words = ({ from, length, letter }) =>
    t('junctions.run', { signal: letterText(letter), from: number(from, 0), to: number((from + length) % program.cycle || program.cycle, 0) });
  return groups.map((group, place) => `${group.id}: ${runsOf(program, place).map(words).join(', ')}`).join('; ');
}

export class Bars {
  /** `life` of the part that shows it; `row` height of a bar, `wide` px a second at least (then it scrolls). */
  constructor(life, { row = 24, wide = 0, testid = 'junction-bars' } = {}) {
    Object.assign(this, { row, wide });
    this.node = el('div', { class: 'bars', role: 'img', tabindex: 0, 'data-testid': testid });
    this.hand = null;
    this.program = null;
    const watch = new ResizeObserver(() => this.#draw());
    watch.observe(this.node);
    life.finally(() => watch.disconnect());
  }

  /** Draw `program` for `groups` of the intersection; `finds` are marked at their second, `before` is drawn thin below each bar. */
  show(program, groups, { finds = [], before = null } = {}) {
    Object.assign(this, { program, groups, finds, before });
    this.node.setAttribute('aria-label', barsInWords(program, groups));
    this.#draw();
  }

  /** The second hand; null: none. */
  turn(second, live) {
    this.second = second;
    this.live = live;
    this.#place();
  }

  /** px of a second of the cycle, within the drawing. */
  x(second) {
    return this.left + (second / this.program.cycle) * this.span;
  }

  /** The second under a place of the pointer on the screen, not rounded. */
  secondAt(clientX) {
    const box = this.drawing.getBoundingClientRect();
    return ((clientX - box.left - this.left) / this.span) * this.program.cycle;
  }

  #draw() {
    const { program, groups, node } = this;
    if (!program || !node.clientWidth) return;
    this.left = Math.min(96, 18 + 8 * Math.max(...groups.map(({ id }) => id.length), 2));
    const width = Math.max(node.clientWidth, this.wide * program.cycle + this.left + RIGHT);
    this.span = width - this.left - RIGHT;
    this.height = TOP + groups.length * this.row + 4;
    const rows = groups.flatMap((group, place) => this.#row(group, place));
    this.hand = svg('line', { class: 'hand', y1: TOP - 6, y2: this.height - 2 });
    this.drawing = svg('svg', { viewBox: `0 0 ${width} ${this.height}`, width, height: this.height, 'aria-hidden': 'true' }, ...this.#axis(), ...this.#hatches(), ...rows, ...this.#finds(), this.hand);
    fill(node, this.drawing, this.over ?? null);
    this.drawn?.();
    this.#place();
  }

  /** Where row `place` begins, in px. */
  y(place) {
    return TOP + place * this.row;
  }

  #hatches() {
    const line = (id, kind) =>
      svg('pattern', { id, width: 6, height: 6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' }, svg('rect', { width: 6, height: 6, class: kind }), svg('rect', { width: 2.4, height: 6, class: 'hatch' }));
    return [svg('defs', {}, line('signal-permitted', 'green'), line('signal-flashgreen', 'green'), line('signal-flashamber', 'amber'), line('signal-redamber', 'amber'))];
  }

  #row(group, place) {
    const y = this.y(place);
    const full = this.row - 6;
    const bar = (row, share, kind) => ({ from, to, letter }) => {
      const height = Math.max(2, full * (SHARE[letter] ?? 0.4) * share);
      const attributes = { x: this.x(from), width: Math.max(0.5, this.x(to) - this.x(from)), y: row + (full * share - height) / 2, height, class: `${kind} ${nameOf(letter)}` };
      return svg('rect', attributes);
    };
    const { cycle } = this.program;
    const shown = pieces(runsOf(this.program, place), cycle).map(bar(y + 3, this.before ? 0.68 : 1, 'run'));
    const old = this.before ? pieces(runsOf(this.before, place), this.before.cycle).filter(({ from }) => from < cycle).map((each) => ({ ...each, to: Math.min(each.to, cycle) })).map(bar(y + 3 + full * 0.74, 0.26, 'run old')) : [];
    return [svg('text', { class: 'group', x: this.left - 8, y: y + this.row / 2 + 4, 'text-anchor': 'end' }, group.id), ...shown, ...old];
  }

  #axis() {
    const { cycle, stages, switch: switches } = this.program;
    const step = STEPS.find((each) => (each / cycle) * this.span >= APART) ?? cycle;
    const lines = [];
    for (let second = 0; second <= cycle; second += step) {
      const x = this.x(second);
      lines.push(svg('line', { class: 'grid', x1: x, x2: x, y1: TOP - 4, y2: this.height - 2 }));
      lines.push(svg('text', { class: 'axis', x, y: TOP - 8, 'text-anchor': 'middle' }, number(second, 0)));
    }
    for (const { id, from, to } of stages ?? []) {
      const length = to > from ? to - from : to - from + cycle;
      for (const piece of pieces([{ from, length, letter: '' }], cycle)) {
        const [x1, x2] = [this.x(piece.from), this.x(piece.to)];
        lines.push(svg('rect', { class: 'stageband', x: x1 + 1, width: Math.max(1, x2 - x1 - 2), y: 2, height: 14, rx: 3 }));
        if (x2 - x1 > 12) lines.push(svg('text', { class: 'axis', x: (x1 + x2) / 2, y: 13, 'text-anchor': 'middle' }, String(id)));
      }
    }
    for (const second of switches ?? []) {
      const x = this.x(second);
      lines.push(svg('path', { class: 'switchpoint', d: `M${x - 4} ${TOP - 6}h8l-4 6z` }));
    }
    return lines;
  }

  #finds() {
    return this.finds
      .filter(({ second }) => Number.isFinite(second) && second <= this.program.cycle)
      .map(({ second, severity, row }) => {
        const x = this.x(second);
        const [y1, y2] = row === undefined || row < 0 ? [TOP - 4, this.height - 2] : [this.y(row), this.y(row + 1)];
        return svg('line', { class: `find ${severity}`, x1: x, x2: x, y1, y2 });
      });
  }

  #place() {
    if (!this.hand) return;
    const none = this.second === null || this.second === undefined;
    this.hand.toggleAttribute('hidden', none);
    if (none) return;
    const x = this.x(this.second);
    this.hand.setAttribute('x1', x);
    this.hand.setAttribute('x2', x);
    this.hand.setAttribute('class', this.live ? 'hand' : 'hand old');
  }
}
