/** The editor of a calendar: its rules, its default program, and the year that follows from them. */

import { debounce, el, fill } from '../dom.js';
import { t } from '../i18n.js';
import { choice, labelled } from './controls.js';
import { nameFields } from './program.js';
import { RuleRows } from './rules.js';
import { SaveBar } from './savebar.js';
import { rowOf } from './words.js';
import { YearView } from './year.js';

const WAIT = 400; // ms without a change before the hub is asked

class CalendarEditor {
  constructor(plans, page, life) {
    Object.assign(this, { plans, page, life });
    const { store } = plans.context;
    this.asked = 0;
    this.bar = new SaveBar(plans, page, { changed: () => this.#redraw(), failed: (row) => this.rows.failed(row) });
    this.fixed = this.bar.denied !== null;
    this.programs = plans.known.programs.map(({ id }) => [id, plans.programName(id)]);
    this.soon = debounce(WAIT, () => this.#preview());
    this.year = new YearView(plans, page, life, () => this.#preview());
    this.rows = new RuleRows(page.draft, this.fixed, this.programs, store.clock, () => this.#changed());
    this.names = el('div', {});
    this.node = el('div', { class: 'calendareditor', 'data-testid': 'calendar-editor' }, [
      this.fixed ? el('p', { class: 'notice', 'data-testid': 'plans-denied' }, this.bar.denied) : null,
      this.names,
      this.rows.node,
      this.bar.node,
      this.year.node,
    ]);
    this.#redraw();
  }

  #redraw() {
    const { draft } = this.page;
    const usual = choice(
      this.programs,
      draft.body.default,
      (value) => {
        draft.change((body) => (body.default = value), 'default');
        this.#changed();
      },
      { 'data-testid': 'calendar-default' },
    );
    fill(
      this.names,
      nameFields(this.page, this.fixed, () => this.bar.typed(), this.page.id && this.plans.calendarName(this.page.id)),
      el('fieldset', { class: 'bare names', disabled: this.fixed }, labelled(t('calendar.default'), usual)),
    );
    this.rows.show();
    this.#preview();
  }

  #changed() {
    this.bar.typed();
    this.soon();
  }

  async #preview() {
    const asked = (this.asked += 1);
    const current = () => asked === this.asked && !this.life.ended;
    this.year.node.classList.add('stale');
    try {
      const { body } = this.page.draft;
      const found = await this.plans.calls.calendarYear(body, this.plans.zone ?? undefined, this.year.year);
      if (!current()) return;
      this.rows.clear();
      this.year.show(structuredClone(body), found);
    } catch (problem) {
      if (!current()) return;
      const row = rowOf(problem, 'rule');
      if (row) this.rows.failed(row);
      else this.bar.fail(problem.message);
    }
  }
}

/** Build the editor of `page`; it asks the hub until `life` ends. */
export function calendarEditor(plans, page, life) {
  return new CalendarEditor(plans, page, life).node;
}
