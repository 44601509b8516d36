/** A calendar's year: twelve months in which every day has the colour and the letter of its program; hours; export. */

import { el, fill, setText } from '../dom.js';
import { number } from '../format.js';
import { t } from '../i18n.js';
import { saveAs } from '../refused.js';
import { labelled, zoneChoice } from './controls.js';
import { datesBetween, dayText, monthText, plusDays, today, weekdayOf, weekdayText } from './dates.js';
import { DayBox } from './daybox.js';
import { yearCsv } from './yearcsv.js';

const COLOURS = 8;
const [FIRST, LAST] = [1970, 2099];
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

export class YearView {
  /** `ask()` has the hub asked for `year` at `plans.zone`; its answer comes by `show`. */
  constructor(plans, page, life, ask) {
    Object.assign(this, { plans, page, ask });
    const { store } = plans.context;
    this.year = page.year ?? Number(today(store.clock).slice(0, 4));
    this.built = null;
    this.chosen = null;
    this.box = new DayBox(plans, life);
    this.label = el('b', { 'data-testid': 'year', 'aria-live': 'polite' });
    this.legend = el('ul', { class: 'yearlegend', 'data-testid': 'year-legend' });
    this.months = el('div', { class: 'months', 'data-testid': 'year-months' });
    this.months.addEventListener('keydown', (event) => this.#walk(event));
    this.months.addEventListener('click', (event) => {
      const day = event.target.closest('[data-date]');
      if (day) this.#choose(day.dataset.date);
    });
    const turn = (by) =>
      el(
        'button',
        {
          type: 'button',
          class: 'square',
          'aria-label': t(by < 0 ? 'year.before' : 'year.after'),
          'data-testid': by < 0 ? 'year-before' : 'year-after',
          onclick: () => this.#turn(by),
        },
        by < 0 ? '‹' : '›',
      );
    const zone = zoneChoice(
      store.tree,
      plans.zone,
      (id) => {
        plans.zone = id;
        ask();
      },
      { 'data-testid': 'year-zone' },
    );
    this.save = el('button', { type: 'button', 'data-testid': 'year-csv', onclick: () => this.#export() }, t('year.csv'));
    this.node = el('section', { class: 'yearview', 'data-testid': 'year-view' }, [
      el('h3', {}, t('year.title')),
      el('div', { class: 'yearhead' }, [
        el('div', { class: 'yearturn' }, turn(-1), this.label, turn(1)),
        labelled(t('program.at-place'), zone),
        this.save,
      ]),
      this.legend,
      el('div', { class: 'yearbody' }, this.months, this.box.node),
    ]);
    this.#build();
  }

  #turn(by) {
    this.year = Math.min(Math.max(this.year + by, FIRST), LAST);
    this.page.year = this.year;
    this.chosen = null;
    this.box.clear();
    this.#build();
    this.ask();
  }

  /** The days of the year, without colours yet. */
  #build() {
    setText(this.label, String(this.year));
    this.days = new Map();
    this.hours = [];
    const month = (_, at) => {
      const two = String(at + 1).padStart(2, '0');
      const last = new Date(Date.UTC(this.year, at + 1, 0)).getUTCDate();
      const days = datesBetween(`${this.year}-${two}-01`, `${this.year}-${two}-${last}`).map((date) => this.#day(date));
      days[0].style.gridColumnStart = weekdayOf(days[0].dataset.date) + 1;
      const hours = el('p', { class: 'muted hours', 'data-testid': `hours-${two}` }, '\u00a0');
      this.hours.push(hours);
      return el('section', { class: 'month', 'aria-label': monthText(at + 1) }, [
        el('h4', {}, monthText(at + 1)),
        el('div', { class: 'weekdays', 'aria-hidden': 'true' }, Array.from({ length: 7 }, (__, day) => el('span', {}, weekdayText(day, 'narrow')))),
        el('div', { class: 'days' }, days),
        hours,
      ]);
    };
    fill(this.months, Array.from({ length: 12 }, month));
    this.#stop(`${this.year}-01-01`);
  }

  #day(date) {
    const letter = el('b', {});
    const node = el('button', { type: 'button', class: 'day', tabindex: -1, 'data-date': date }, el('span', {}, String(Number(date.slice(8)))), letter);
    this.days.set(date, { node, letter });
    return node;
  }

  /** One day is the way in by Tab; arrows walk from there. */
  #stop(date) {
    this.days.get(this.stop)?.node.setAttribute('tabindex', -1);
    this.stop = date;
    this.days.get(date).node.setAttribute('tabindex', 0);
  }

  #walk(event) {
    const date = event.target.dataset?.date;
    if (!date || !(event.key in STEPS)) return;
    event.preventDefault();
    const next = plusDays(date, STEPS[event.key]);
    if (!this.days.has(next)) return;
    this.#stop(next);
    this.days.get(next).node.focus();
  }

  /** Show the year `found` of the hub by the calendar `body`. */
  show(body, found) {
    if (found.year !== this.year) return;
    this.body = body;
    this.found = found;
    const programs = [...new Set([body.default, ...(body.rules ?? []).map((rule) => rule.program)])];
    this.signs = new Map(programs.map((id, at) => [id, { letter: String.fromCharCode(65 + (at % 26)), colour: `plan-${at % COLOURS}` }]));
    this.runs = new Map(found.runs.flatMap((run) => datesBetween(run.start, run.end).map((date) => [date, run])));
    for (const [date, { node, letter }] of this.days) {
      const { program } = this.runs.get(date);
      const sign = this.signs.get(program);
      node.className = `day ${sign.colour}`;
      setText(letter, sign.letter);
      node.setAttribute('aria-label', `${dayText(date)}, ${this.plans.programName(program)}`);
    }
    found.months.forEach((hours, at) => setText(this.hours[at], this.#hours(hours)));
    this.#legend(programs);
    this.node.classList.remove('stale');
    if (this.chosen) this.#choose(this.chosen);
  }

  #hours({ burning, full }) {
    return t('year.hours', { burning: number(burning, 0), full: number(full, 0) });
  }

  #legend(programs) {
    const shares = new Map(this.found.programs.map((share) => [share.program, share]));
    const nights = (id) => [...this.runs.values()].filter((run) => run.program === id).length;
    const item = (id) => {
      const { letter, colour } = this.signs.get(id);
      const says = [t('year.days', { n: nights(id) }), shares.has(id) ? this.#hours(shares.get(id)) : null];
      return el('li', {}, [
        el('i', { class: colour }, letter),
        el('b', {}, this.plans.programName(id)),
        el('span', { class: 'muted' }, says.filter(Boolean).join(' · ')),
      ]);
    };
    fill(this.legend, programs.map(item));
  }

  #choose(date) {
    if (!this.runs) return;
    this.days.get(this.chosen)?.node.removeAttribute('aria-current');
    this.chosen = date;
    this.days.get(date).node.setAttribute('aria-current', 'date');
    this.#stop(date);
    const run = this.runs.get(date);
    this.box.show(date, run, this.body, this.signs.get(run.program));
  }

  #export() {
    if (!this.runs) return;
    const name = (id) => this.plans.programName(id);
    const text = yearCsv(this.runs, this.body, name);
    saveAs(new Blob([text], { type: 'text/csv;charset=utf-8' }), `${this.page.id ?? 'calendar'}-${this.year}.csv`);
  }
}
