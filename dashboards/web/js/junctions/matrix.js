/** Conflicts and intergreens as a table of groups by groups: arrows walk it, keys and the form below write a cell, findings mark it. */

import { el, fill } from '../dom.js';
import { t } from '../i18n.js';
import { findingList } from './findings.js';
import { conflicting, findingsOfPairs, intergreen, setConflict, setIntergreen, setYielding, yielding } from './pairs.js';

const MOST = 60; // s of an intergreen
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

export class Matrix {
  /** `change(act, field)` changes the plan set by `act(body)`; changes in one field are undone together. */
  constructor(change) {
    this.change = change;
    this.chosen = [0, 1]; // row: who ends; column: who starts
    this.typed = ''; // digits that were pressed in the chosen cell
    this.table = el('table', { class: 'matrix', role: 'grid', 'aria-label': t('matrix.title') });
    this.form = el('div', { class: 'cellform', 'data-testid': 'cell-form' });
    this.node = el('div', { 'data-testid': 'matrix' }, [
      el('p', { class: 'muted' }, t('matrix.about')),
      el('p', { class: 'muted keys' }, t('matrix.keys')),
      el('div', { class: 'matrixbox' }, this.table),
      this.form,
    ]);
    this.table.addEventListener('keydown', (event) => this.#key(event));
  }

  /** Show the intersection of a plan set, with what the linter found of its pairs. */
  show(intersection, findings) {
    this.intersection = intersection;
    this.ids = (intersection?.groups ?? []).map(({ id }) => id);
    this.found = findingsOfPairs(findings);
    this.rows = new Map(findings.filter((each) => each.groups?.length === 1 && !each.program).map((each) => [each.groups[0], each]));
    this.chosen = this.chosen.map((at) => Math.min(at, Math.max(0, this.ids.length - 1)));
    const focused = this.table.contains(document.activeElement);
    const { ids } = this;
    const head = (id) => el('th', { scope: 'col' }, el('span', {}, id));
    const row = (id, at) => el('tr', {}, el('th', { scope: 'row', class: this.rows.get(id)?.severity ?? '' }, id), ids.map((other, column) => this.#cell(id, other, at, column)));
    fill(this.table, el('thead', {}, el('tr', {}, el('td', { class: 'corner' }, t('matrix.corner')), ids.map(head))), el('tbody', {}, ids.map(row)));
    if (focused) this.#focus();
    this.#form();
  }

  /** Lead the eye to the pair of a finding. */
  point({ groups }) {
    const [row, column] = groups.map((id) => this.ids.indexOf(id));
    if (row < 0 || column < 0) return;
    this.#choose(row, column);
    this.#focus();
    this.node.scrollIntoView({ block: 'nearest' });
  }

  #worst(one, other) {
    const found = this.found.get(`${one} ${other}`) ?? [];
    return ['error', 'warning', 'note'].find((severity) => found.some((each) => each.severity === severity)) ?? '';
  }

  /** What a cell says, for those who cannot see it. */
  #says(one, other) {
    const pair = t('matrix.pair', { ends: one, starts: other });
    if (!conflicting(this.intersection, one, other)) return t('matrix.says.free', { pair });
    const seconds = intergreen(this.intersection, one, other);
    const said = seconds === null ? t('matrix.says.missing', { pair }) : t('matrix.says.conflict', { pair, s: seconds });
    const way = yielding(this.intersection, one, other) ? `, ${t('matrix.yields')}` : '';
    return said + way + (this.#worst(one, other) ? `, ${t('matrix.found')}` : '');
  }

  #cell(one, other, row, column) {
    if (one === other) return el('td', { class: 'self', 'aria-hidden': 'true' });
    const is = conflicting(this.intersection, one, other);
    const seconds = intergreen(this.intersection, one, other);
    const text = is ? `${yielding(this.intersection, one, other) ? 'g ' : ''}${seconds ?? '?'}` : '';
    const chosen = row === this.chosen[0] && column === this.chosen[1];
    const node = el(
      'td',
      { class: [is ? 'conflict' : '', chosen ? 'chosen' : '', this.#worst(one, other)].filter(Boolean).join(' '), role: 'gridcell', tabindex: chosen ? 0 : -1, 'aria-selected': String(chosen), 'aria-label': this.#says(one, other), 'data-cell': `${row} ${column}`, 'data-testid': `cell-${one}-${other}` },
      text,
    );
    node.addEventListener('click', () => {
      this.#choose(row, column);
      this.#focus();
    });
    return node;
  }

  #choose(row, column) {
    this.chosen = [row, column];
    this.typed = '';
    for (const cell of this.table.querySelectorAll('[data-cell]')) {
      const is = cell.dataset.cell === `${row} ${column}`;
      cell.classList.toggle('chosen', is);
      cell.tabIndex = is ? 0 : -1;
      cell.setAttribute('aria-selected', String(is));
    }
    this.#form();
  }

  #focus() {
    this.table.querySelector(`[data-cell="${this.chosen.join(' ')}"]`)?.focus();
  }

  #pair() {
    return this.chosen.map((at) => this.ids[at]);
  }

  #edit(act, field) {
    const [one, other] = this.#pair();
    this.change((body) => act(body.intersection, one, other), `${field} ${one} ${other}`);
  }

  #key(event) {
    const step = STEPS[event.key];
    const { ids } = this;
    if (!event.target.matches('[data-cell]') || event.ctrlKey || event.metaKey || event.altKey) return;
    const [one, other] = this.#pair();
    const is = conflicting(this.intersection, one, other);
    if (step) {
      let [row, column] = this.chosen;
      do {
        row += step[0];
        column += step[1];
      } while (row === column);
      if (!ids[row] || !ids[column]) return;
      this.#choose(row, column);
      this.#focus();
    } else if (event.key === ' ' || event.key === 'Enter') {
      this.typed = '';
      this.#edit((body, a, b) => setConflict(body, a, b, !is), 'conflict');
    } else if (event.key === 'g' && is) this.#edit((body, a, b) => setYielding(body, a, b, !yielding(body, a, b)), 'yields');
    else if (/^\d$/.test(event.key) && is) {
      const next = Number(this.typed + event.key);
      this.typed = next > MOST ? event.key : this.typed + event.key;
      this.#edit((body, a, b) => setIntergreen(body, a, b, Number(this.typed)), 'intergreen');
    } else if ((event.key === 'Delete' || event.key === 'Backspace') && is) {
      this.typed = '';
      this.#edit((body, a, b) => setIntergreen(body, a, b, null), 'intergreen');
    } else return;
    event.preventDefault();
  }

  /** The chosen cell in fields, for a thumb; a field that somebody writes in is left alone. */
  #form() {
    const [one, other] = this.#pair();
    const key = JSON.stringify([one, other, conflicting(this.intersection, one, other), this.found.get(`${one} ${other}`)]);
    if (this.form.contains(document.activeElement) && this.formed === key) return;
    const kept = this.form.contains(document.activeElement) ? document.activeElement.dataset.testid : null;
    this.formed = key;
    if (!one || !other || one === other) {
      fill(this.form);
      return;
    }
    const is = conflicting(this.intersection, one, other);
    const tick = (name, checked, act, disabled = false) => {
      const input = el('input', { type: 'checkbox', checked, disabled, 'data-testid': `cell-${name}`, onchange: () => this.#edit((body, a, b) => act(body, a, b, input.checked), name) });
      return el('label', { class: 'tick' }, input, el('span', {}, t(`matrix.${name}`)));
    };
    const seconds = (a, b, name) => {
      const input = el('input', { type: 'number', inputmode: 'numeric', min: 0, max: MOST, step: 1, disabled: !is, value: intergreen(this.intersection, a, b) ?? '', 'data-testid': `cell-${name}` });
      const write = () => {
        if (!input.validity.valid) return;
        this.#edit((body) => setIntergreen(body, a, b, input.value === '' ? null : Number(input.value)), name);
      };
      input.addEventListener('input', write);
      return el('label', {}, el('span', {}, t('matrix.seconds', { ends: a, starts: b })), input);
    };
    const found = this.found.get(`${one} ${other}`) ?? [];
    fill(this.form, [
      el('b', {}, t('matrix.pair', { ends: one, starts: other })),
      tick('conflict', is, setConflict),
      tick('yields', yielding(this.intersection, one, other), setYielding, !is),
      seconds(one, other, 'there'),
      seconds(other, one, 'back'),
      found.length ? findingList(found, null) : null,
    ]);
    if (kept) this.form.querySelector(`[data-testid="${kept}"]`)?.focus();
  }
}
