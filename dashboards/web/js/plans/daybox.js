/** One day of the year view: its program, the rule that chose it in words, and its levels. */

import { el, fill } from '../dom.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { dayText } from './dates.js';
import { bodyOf } from './draft.js';
import { LevelChart } from './levelchart.js';
import { noteText, whyText } from './words.js';

export class DayBox {
  constructor(plans, life) {
    Object.assign(this, { plans, life });
    this.asked = 0;
    this.chart = new LevelChart(plans.context.times, life, 170);
    this.head = el('div', {});
    this.notes = el('ul', { class: 'notes' });
    const close = el(
      'button',
      { type: 'button', class: 'quiet square', 'aria-label': t('panel.close'), onclick: () => this.clear() },
      icon('close'),
    );
    this.shown = el('div', { class: 'dayshown', hidden: true }, close, this.head, this.chart.node, this.notes);
    this.hint = el('p', { class: 'muted' }, t('year.hint'));
    this.node = el('aside', { class: 'daybox', 'aria-live': 'polite', 'data-testid': 'day-box' }, this.hint, this.shown);
  }

  clear() {
    this.shown.hidden = true;
    this.hint.hidden = false;
  }

  /** Show `date`, on which `run` of the year is, by the calendar `body`. */
  async show(date, run, body, { letter, colour }) {
    const asked = (this.asked += 1);
    const { plans } = this;
    this.hint.hidden = true;
    this.shown.hidden = false;
    fill(this.head, [
      el('h4', {}, dayText(date)),
      el('p', {}, el('i', { class: `sign ${colour}` }, letter), el('b', {}, plans.programName(run.program))),
      el('p', { 'data-testid': 'day-why' }, whyText(body, run.rule_number)),
    ]);
    const program = plans.known.programs.find(({ id }) => id === run.program);
    try {
      const day = await plans.calls.programDay(bodyOf('programs', program), plans.zone ?? undefined, date);
      if (asked !== this.asked || this.life.ended) return;
      this.chart.show(day);
      fill(this.notes, day.notes.map((note) => el('li', {}, `${t('step.number', { number: note.step })}: ${noteText(note)}`)));
    } catch (problem) {
      if (asked === this.asked) fill(this.notes, el('li', { class: 'error' }, problem.message));
    }
  }
}
