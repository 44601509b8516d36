/** The editor of a program: its 24 hours as a chart for any place and date, its steps, saving. */

import { debounce, el, fill, setText } from '../dom.js';
import { t } from '../i18n.js';
import { choice, labelled, numberField, textField, zoneChoice } from './controls.js';
import { dayOfYear, dayText, plusDays, today, yearlyText } from './dates.js';
import { chartKey, dayInWords, LevelChart } from './levelchart.js';
import { SaveBar } from './savebar.js';
import { slug } from './slug.js';
import { StepRows } from './steps.js';
import { rowOf } from './words.js';

const WAIT = 200; // ms without a change before the hub is asked
const SOLSTICES = ['06-21', '12-21'];

/** Name and, of a new one, id; the id follows the name until somebody writes it. `placeholder`: how it is called without. */
export function nameFields(page, fixed, changed, placeholder) {
  const { draft } = page;
  const id = textField(page.newId, (value) => (page.newId = value.trim()), {
    'data-testid': 'plan-id',
    autocapitalize: 'none',
    spellcheck: false,
    maxlength: 63,
  });
  const name = textField(
    draft.body.name,
    (value) => {
      const follows = page.newId === slug(draft.body.name ?? '');
      draft.change((body) => {
        if (value) body.name = value;
        else delete body.name;
      }, 'name');
      if (page.id === null && follows) {
        page.newId = slug(value);
        id.value = page.newId;
      }
      changed();
    },
    { 'data-testid': 'plan-name', maxlength: 200, placeholder },
  );
  return el('fieldset', { class: 'bare names', disabled: fixed }, [
    labelled(t('plans.name'), name),
    page.id === null ? labelled(t('plans.id'), id) : null,
  ]);
}

class ProgramEditor {
  constructor(plans, page, life) {
    Object.assign(this, { plans, page, life });
    const { times, store } = plans.context;
    this.date = page.date ?? today(store.clock);
    this.asked = 0;
    this.chart = new LevelChart(times, life);
    this.words = el('p', { class: 'unseen', 'aria-live': 'polite' });
    this.bar = new SaveBar(plans, page, {
      changed: () => this.#redraw(),
      failed: (row) => this.rows.failed(row),
    });
    this.fixed = this.bar.denied !== null;
    this.rows = new StepRows(page.draft, this.fixed, times, () => this.#changed());
    this.soon = debounce(WAIT, () => this.#preview());
    this.names = el('div', {});
    this.further = el('div', {});
    this.node = el('div', { class: 'programeditor', 'data-testid': 'program-editor' }, [
      this.fixed ? el('p', { class: 'notice', 'data-testid': 'plans-denied' }, this.bar.denied) : null,
      this.names,
      el('div', { class: 'chartbox' }, this.chart.node),
      chartKey('day', 'twilight', 'night', 'skip'),
      this.#when(),
      this.rows.node,
      this.further,
      this.bar.node,
      this.words,
    ]);
    this.#redraw();
  }

  /** Everything that shows the draft, anew. */
  #redraw() {
    fill(this.names, nameFields(this.page, this.fixed, () => this.#changed(), this.page.id));
    fill(this.further, this.#details());
    this.rows.show();
    this.#preview();
  }

  #changed() {
    this.bar.typed();
    this.soon();
  }

  /** Where and when: the zone, the day of the year. */
  #when() {
    const { plans } = this;
    const { store } = plans.context;
    const year = this.date.slice(0, 4);
    const label = el('output', { 'data-testid': 'preview-date' });
    const slider = el('input', {
      type: 'range',
      min: 1,
      max: dayOfYear(`${year}-12-31`),
      'aria-label': t('program.day-of-year'),
      'data-testid': 'preview-day',
    });
    const turn = (date) => {
      this.date = date;
      this.page.date = date;
      slider.value = dayOfYear(date);
      slider.setAttribute('aria-valuetext', dayText(date));
      setText(label, dayText(date));
      this.soon();
    };
    slider.addEventListener('input', () => turn(plusDays(`${year}-01-01`, Number(slider.value) - 1)));
    const chip = (name, date, text) =>
      el('button', { type: 'button', class: 'chip', 'data-testid': `preview-${name}`, onclick: () => turn(date) }, text);
    const chips = [
      chip('today', today(store.clock), t('program.today')),
      ...SOLSTICES.map((day) => chip(day, `${year}-${day}`, yearlyText(day))),
    ];
    const zone = zoneChoice(
      store.tree,
      plans.zone,
      (id) => {
        plans.zone = id;
        this.soon();
      },
      { 'data-testid': 'preview-zone' },
    );
    turn(this.date);
    return el('div', { class: 'when-where' }, [
      labelled(t('program.at-place'), zone),
      el('div', { class: 'dateline' }, el('div', { class: 'levelline' }, el('span', {}, t('program.on-day')), label), slider),
      el('div', { class: 'chips' }, chips),
    ]);
  }

  /** What few need: where the day begins, the gap. */
  #details() {
    const { draft } = this.page;
    const days = ['noon', 'midnight'].map((day) => [day, t(`program.day.${day}`)]);
    const change = (name) => (value) => {
      draft.change((body) => (body[name] = value), name);
      this.#changed();
    };
    return el('details', { class: 'fold' }, [
      el('summary', {}, t('program.further')),
      el('fieldset', { class: 'bare names', disabled: this.fixed }, [
        labelled(t('program.day'), choice(days, draft.body.day ?? 'noon', change('day'), { 'data-testid': 'program-day' })),
        labelled(t('program.gap'), numberField(draft.body.gap ?? 60, change('gap'), { min: 0, max: 3600 })),
      ]),
    ]);
  }

  async #preview() {
    const asked = (this.asked += 1);
    const current = () => asked === this.asked && !this.life.ended;
    try {
      const day = await this.plans.calls.programDay(this.page.draft.body, this.plans.zone ?? undefined, this.date);
      if (!current()) return;
      this.chart.node.classList.remove('stale');
      this.chart.show(day);
      this.rows.happened(day);
      setText(this.words, dayInWords(day, this.plans.context.times));
    } catch (problem) {
      if (!current()) return;
      this.chart.node.classList.add('stale');
      const row = rowOf(problem, 'step');
      if (row) this.rows.failed(row);
      else this.bar.fail(problem.message);
    }
  }
}

/** Build the editor of `page`; it asks the hub until `life` ends. */
export function programEditor(plans, page, life) {
  return new ProgramEditor(plans, page, life).node;
}
