/** Bars that can be edited: every change of a signal is a handle for the pointer and the arrow keys; a bar that is chosen can be repainted. */

import { el, fill, svg } from '../dom.js';
import { number } from '../format.js';
import { t } from '../i18n.js';
import { Bars } from './bars.js';
import { moved, onCircle, painted, pieces, runsOf, statesOf } from './cycle.js';
import { LETTERS, letterText } from './letters.js';

const ROW = 34;
const WIDE = 5; // px a second at least: fingers
const KEYS = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -5, PageUp: 5 };

export class EditBars {
  /** `changed(states, drag)` is called with the states of the program after every change; those of one `drag` are undone together. */
  constructor(life, { changed }) {
    this.changed = changed;
    this.bars = new Bars(life, { row: ROW, wide: WIDE, testid: 'edit-bars' });
    this.bars.node.setAttribute('role', 'group');
    this.bars.node.removeAttribute('tabindex');
    this.bars.drawn = () => this.#handles();
    this.form = el('div', { class: 'runform', 'data-testid': 'run-form' });
    this.chosen = null; // {row, run}
    this.drags = 0;
    this.focus = null; // the handle that is to have the focus after the next drawing
    this.node = el('div', { class: 'editbars' }, el('p', { class: 'muted keys' }, t('editor.keys')), this.bars.node, this.form);
  }

  show(program, groups, { finds }) {
    Object.assign(this, { program, groups });
    this.rows = groups.map((_, place) => runsOf(program, place));
    this.bars.show(program, groups, { finds });
    this.#form();
  }

  /** Lead the eye to a second of a row. */
  point(row, second) {
    const at = Math.max(0, row);
    const run = this.rows[at]?.findIndex(({ from, length }) => onCircle(second - from, this.program.cycle) < length) ?? -1;
    if (run < 0) return;
    this.chosen = { row: at, run };
    this.#form();
    this.#handles();
    this.node.querySelector(`[data-handle="${at}-${run}"]`)?.focus();
    this.node.scrollIntoView({ block: 'nearest' });
  }

  /** Handles lie over the drawing, so that they take the focus and say what they are. */
  #handles() {
    const { bars, program } = this;
    if (!bars.drawing || !this.rows) return;
    const holder = document.activeElement?.closest?.('[data-handle]');
    const wanted = this.focus ?? (this.node.contains(holder) ? holder.dataset.handle : null);
    this.focus = null;
    const layer = svg('g', {});
    this.rows.forEach((runs, row) => {
      for (const { from, to, run } of pieces(runs, program.cycle)) {
        const face = svg('rect', { class: this.chosen?.row === row && this.chosen.run === run ? 'face chosen' : 'face', x: bars.x(from), width: Math.max(1, bars.x(to) - bars.x(from)), y: bars.y(row) + 2, height: ROW - 4, rx: 3, 'data-testid': `face-${row}-${run}` });
        face.addEventListener('click', () => this.#choose(row, run));
        layer.append(face);
      }
      if (runs.length > 1) runs.forEach((_, run) => layer.append(this.#handle(row, run)));
    });
    bars.drawing.querySelector('.handles')?.remove();
    layer.setAttribute('class', 'handles');
    bars.drawing.removeAttribute('aria-hidden');
    bars.drawing.append(layer);
    if (wanted) layer.querySelector(`[data-handle="${wanted}"]`)?.focus();
  }

  #handle(row, run) {
    const { bars, program, groups } = this;
    const { from, letter } = this.rows[row][run];
    const label = t('editor.handle', { group: groups[row].id, signal: letterText(letter), s: number(from, 0) });
    const x = bars.x(from);
    const node = svg(
      'g',
      { class: 'handle', role: 'slider', tabindex: 0, 'aria-label': label, 'aria-valuemin': 0, 'aria-valuemax': program.cycle - 1, 'aria-valuenow': from, 'data-handle': `${row}-${run}`, 'data-testid': `handle-${groups[row].id}-${from}` },
      svg('rect', { class: 'grip', x: x - 9, y: bars.y(row), width: 18, height: ROW }),
      svg('line', { x1: x, x2: x, y1: bars.y(row) + 1, y2: bars.y(row) + ROW - 1 }),
    );
    node.addEventListener('keydown', (event) => {
      const by = KEYS[event.key];
      if (event.key === 'Enter' || event.key === ' ') this.#choose(row, run);
      else if (!by) return;
      else this.#move(row, run, by, event.altKey || event.shiftKey);
      event.preventDefault();
    });
    node.addEventListener('pointerdown', (event) => this.#drag(event, row, run));
    return node;
  }

  #move(row, run, by, alone) {
    const next = moved(this.rows[row], run, by, this.program.cycle, alone);
    if (!next) return false;
    const from = onCircle(this.rows[row][run].from + by, this.program.cycle);
    const at = next.findIndex((each) => each.from === from);
    this.focus = `${row}-${at}`;
    if (this.chosen?.row === row) this.chosen = { row, run: at };
    this.#put(row, next);
    return true;
  }

  /** Follow the pointer in whole seconds until it is let go; the drawing is made anew meanwhile, so the window is what listens. */
  #drag(event, row, run) {
    event.preventDefault();
    const began = this.rows[row];
    const start = this.bars.secondAt(event.clientX);
    const drag = `drag ${(this.drags += 1)}`;
    let by = 0;
    const move = (each) => {
      const wanted = Math.round(this.bars.secondAt(each.clientX) - start);
      if (wanted === by) return;
      const next = moved(began, run, wanted, this.program.cycle, each.altKey || each.shiftKey);
      if (!next) return;
      by = wanted;
      const from = onCircle(began[run].from + by, this.program.cycle);
      this.focus = `${row}-${next.findIndex((one) => one.from === from)}`;
      this.#put(row, next, drag);
    };
    const stop = () => {
      removeEventListener('pointermove', move);
      removeEventListener('pointerup', stop);
      removeEventListener('pointercancel', stop);
    };
    addEventListener('pointermove', move);
    addEventListener('pointerup', stop);
    addEventListener('pointercancel', stop);
    this.node.querySelector(`[data-handle="${row}-${run}"]`)?.focus();
  }

  #put(row, runs, drag = null) {
    this.rows[row] = runs;
    this.changed(statesOf(this.rows, this.program.cycle), drag);
  }

  #choose(row, run) {
    this.chosen = { row, run };
    this.#form();
    this.#handles();
    this.form.querySelector('select')?.focus();
  }

  /** What can be written of the bar that is chosen: its signal from one second to another. */
  #form() {
    const { chosen, program } = this;
    const run = chosen && this.rows[chosen.row]?.[chosen.run];
    const { cycle } = program;
    const about = run ? JSON.stringify([chosen, run, cycle]) : '';
    if (about === this.about) return; // somebody may be writing in it
    this.about = about;
    if (!run) {
      fill(this.form);
      return;
    }
    const second = (name, value) => el('input', { type: 'number', inputmode: 'numeric', min: 0, max: cycle, step: 1, value, 'aria-label': t(`editor.field.${name}`), 'data-testid': `run-${name}` });
    const from = second('from', run.from);
    const to = second('to', onCircle(run.from + run.length, cycle) || cycle);
    const letter = el('select', { 'aria-label': t('editor.field.signal'), 'data-testid': 'run-letter' }, LETTERS.map((each) => el('option', { value: each, selected: each === run.letter }, letterText(each))));
    const paint = () => {
      const [a, b] = [Number(from.value), Number(to.value)];
      if (![a, b].every((each) => Number.isInteger(each) && each >= 0 && each <= cycle)) return;
      const length = onCircle(b - a, cycle) || cycle;
      const next = painted(this.rows[chosen.row], onCircle(a, cycle), length, letter.value, cycle);
      this.chosen = { row: chosen.row, run: Math.max(0, next.findIndex((each) => onCircle(a - each.from, cycle) < each.length)) };
      this.#put(chosen.row, next);
    };
    const label = (key, field) => el('label', {}, el('span', {}, t(`editor.field.${key}`)), field);
    const shut = () => {
      this.chosen = null;
      this.#form();
      this.#handles();
    };
    fill(this.form, [
      el('b', {}, this.groups[chosen.row].id),
      label('signal', letter),
      label('from', from),
      label('to', to),
      el('button', { type: 'button', 'data-testid': 'run-paint', onclick: paint }, t('editor.paint')),
      el('button', { type: 'button', class: 'quiet', onclick: shut }, t('junctions.cancel')),
    ]);
  }
}
