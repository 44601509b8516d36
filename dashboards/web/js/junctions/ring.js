/** The cycle as a ring: its stages, where plans may change, and the second hand. */

import { el, fill, setText, svg } from '../dom.js';
import { number } from '../format.js';
import { t } from '../i18n.js';
import { onCircle } from './cycle.js';

const SIDE = 220;
const MIDDLE = SIDE / 2;
const OUTER = 96;
const INNER = 74;
const EVERY = 10; // s between ticks

function spot(second, cycle, radius) {
  const angle = (2 * Math.PI * second) / cycle;
  return [MIDDLE + radius * Math.sin(angle), MIDDLE - radius * Math.cos(angle)];
}

/** The path of a piece of the ring from `from` for `length` seconds. */
export function arc(from, length, cycle, inner = INNER, outer = OUTER) {
  const share = Math.min(length, cycle * 0.99999); // an arc that ends where it begins is none
  const large = share * 2 > cycle ? 1 : 0;
  const point = (second, radius) => spot(second, cycle, radius).map((each) => each.toFixed(2)).join(' ');
  const to = from + share;
  return `M${point(from, outer)}A${outer} ${outer} 0 ${large} 1 ${point(to, outer)}L${point(to, inner)}A${inner} ${inner} 0 ${large} 0 ${point(from, inner)}Z`;
}

export class Ring {
  constructor() {
    this.hand = svg('line', { class: 'hand', x1: MIDDLE, y1: MIDDLE - INNER + 6, x2: MIDDLE, y2: MIDDLE - OUTER - 4 });
    this.said = el('div', { class: 'ringsaid' });
    this.drawing = svg('svg', { viewBox: `0 0 ${SIDE} ${SIDE}`, 'aria-hidden': 'true' });
    this.node = el('div', { class: 'ring', 'data-testid': 'junction-ring' }, this.drawing, this.said);
  }

  /** Draw a program; null: nothing is known of what turns. */
  show(program) {
    this.cycle = program?.cycle ?? null;
    if (!this.cycle) {
      fill(this.drawing, svg('circle', { class: 'rim', cx: MIDDLE, cy: MIDDLE, r: (OUTER + INNER) / 2 }));
      return;
    }
    const { cycle } = program;
    const stages = (program.stages ?? []).flatMap(({ id, from, to }, at) => {
      const length = onCircle(to - from, cycle) || cycle;
      const [x, y] = spot(from + length / 2, cycle, (OUTER + INNER) / 2);
      return [
        svg('path', { class: `stage kind-${at % 4}`, d: arc(from, length, cycle) }),
        svg('text', { x, y: y + 4, 'text-anchor': 'middle' }, String(id)),
      ];
    });
    const ticks = [];
    for (let second = 0; second < cycle; second += EVERY) {
      const [[x1, y1], [x2, y2]] = [spot(second, cycle, OUTER + 1), spot(second, cycle, OUTER + 6)];
      ticks.push(svg('line', { class: second ? 'tick' : 'tick zero', x1, y1, x2, y2 }));
    }
    const switches = (program.switch ?? []).map((second) => {
      const [x, y] = spot(second, cycle, INNER - 8);
      return svg('circle', { class: 'switchpoint', cx: x, cy: y, r: 3.5 });
    });
    fill(this.drawing, svg('path', { class: 'rim', d: arc(0, cycle, cycle) }), stages, ticks, switches, this.hand);
  }

  /** The hand at `second` (null: there is none); `live`: it moves; `stage` now, `under` is a sentence below. */
  turn({ second, live, stage = null, under = '' }) {
    const known = second !== null && this.cycle;
    this.hand.toggleAttribute('hidden', !known);
    this.hand.setAttribute('class', live ? 'hand' : 'hand old');
    if (known) this.hand.setAttribute('transform', `rotate(${((360 * second) / this.cycle).toFixed(1)} ${MIDDLE} ${MIDDLE})`);
    if (!this.said.firstChild) this.said.append(el('b', { 'data-testid': 'ring-second' }), el('span', {}), el('small', {}));
    const [shown, of, below] = this.said.children;
    setText(shown, known ? number(Math.floor(second), 0) : '–');
    setText(of, known ? t('junctions.of-cycle', { cycle: number(this.cycle, 0) }) : '');
    setText(below, stage === null ? under : [t('junctions.stage', { id: String(stage) }), under].filter(Boolean).join(' · '));
    this.node.classList.toggle('stale', !live);
  }
}
