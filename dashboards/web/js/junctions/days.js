/** The day plans and the calendar of a plan set as rows: from when on which program runs, and on which days which plan counts. */

import { el, fill } from '../dom.js';
import { t } from '../i18n.js';
import { choice, labelled, textField } from '../plans/controls.js';
import { RuleRows } from '../plans/rules.js';
import { slug } from '../plans/slug.js';
import { findingList } from './findings.js';

const OF_DAYS = /^(day|calendar|entry|clock|neighbour-times|program-unused)/;
const MOST_ENTRIES = 24;
const MOST_PLANS = 16;

/** The findings that are about the days of a plan set. */
export function ofDays(findings) {
  return findings.filter(({ rule }) => OF_DAYS.test(rule));
}

export class Days {
  /** `change(act, field)` changes the plan set by `act(body)`; `clock` says what day it is. */
  constructor(clock, change) {
    Object.assign(this, { clock, change, drawn: '' });
    this.plans = el('div', { class: 'dayplans' });
    this.calendar = el('div', { 'data-testid': 'set-calendar' });
    this.found = el('div', { 'data-testid': 'days-found' });
    this.node = el('div', { 'data-testid': 'days' }, this.found, this.plans, this.calendar);
  }

  /** Show the days of a plan set; fields that somebody writes in stay while they say the same. */
  show(body, findings) {
    this.body = body;
    this.findings = ofDays(findings);
    fill(this.found, this.findings.length ? findingList(this.findings, null) : null);
    const text = JSON.stringify([body.day_plans, body.calendar, Object.keys(body.programs ?? {})]);
    if (text !== this.drawn) {
      this.drawn = text;
      this.#draw();
    }
    this.#mark();
  }

  #draw() {
    const kept = this.node.contains(document.activeElement) ? document.activeElement.dataset.testid : null;
    const names = Object.keys(this.body.day_plans ?? {});
    fill(this.plans, names.map((name) => this.#plan(name)), this.#more(names));
    this.#days(names);
    if (kept) this.node.querySelector(`[data-testid="${CSS.escape(kept)}"]`)?.focus();
  }

  /** Where the linter found something, the row says so. */
  #mark() {
    for (const row of this.plans.querySelectorAll('[data-entry]')) {
      const [day, from] = row.dataset.entry.split(' ');
      const mine = this.findings.filter(({ params, rule }) => params?.day === day && (params.time === from || (rule === 'day-program' && params.program === row.dataset.program)));
      row.classList.toggle('noted', mine.length > 0);
    }
  }

  #plan(name) {
    const entries = this.body.day_plans[name];
    const programs = [...new Set([...Object.keys(this.body.programs ?? {}), ...entries.map(({ program }) => program)])];
    const only = Object.keys(this.body.day_plans).length === 1;
    const row = (entry, at) => {
      const id = (what) => ({ 'data-testid': `day-${name}-${at + 1}-${what}` });
      const time = el('input', { type: 'time', required: true, value: entry.from, disabled: at === 0, 'aria-label': t('days.from', { day: name, row: at + 1 }), ...id('from') });
      // In their order only once the time is whole: a row must not run away under who types it.
      time.addEventListener('change', () => time.value && this.#entries(name, (list) => (list[at].from = time.value)));
      const program = choice(programs.map((each) => [each, each]), entry.program, (value) => this.#entries(name, (list) => (list[at].program = value)), { 'aria-label': t('days.program', { day: name, row: at + 1 }), ...id('program') });
      const drop = el('button', { type: 'button', class: 'quiet square', disabled: at === 0, 'aria-label': t('days.drop', { day: name, from: entry.from }), onclick: () => this.#entries(name, (list) => list.splice(at, 1)), ...id('drop') }, '✕');
      return el('li', { class: 'entry', 'data-entry': `${name} ${entry.from}`, 'data-program': entry.program }, time, program, drop);
    };
    const add = () => this.#entries(name, (list) => list.push({ from: later(list.at(-1).from), program: list.at(-1).program }));
    return el('section', { class: 'dayplanrows', 'data-testid': `dayplan-${name}` }, [
      el('header', {}, el('h3', {}, name), only ? null : el('button', { type: 'button', class: 'quiet', 'data-testid': `dayplan-${name}-drop`, onclick: () => this.change((body) => delete body.day_plans[name]) }, t('days.drop-plan'))),
      el('ol', {}, entries.map(row)),
      el('button', { type: 'button', class: 'quiet', disabled: entries.length >= MOST_ENTRIES, 'data-testid': `day-${name}-add`, onclick: add }, t('days.add')),
    ]);
  }

  #entries(name, act) {
    this.change((body) => {
      const list = body.day_plans[name];
      act(list);
      list.sort((one, other) => one.from.localeCompare(other.from));
    });
  }

  /** One more day plan, as the first is, under a name of its own. */
  #more(names) {
    const name = textField('', () => {}, { 'aria-label': t('days.name'), placeholder: t('days.name'), maxlength: 63, 'data-testid': 'dayplan-name' });
    const add = () => {
      const id = slug(name.value);
      if (!id || names.includes(id)) {
        name.focus();
        return;
      }
      this.change((body) => {
        body.day_plans = { ...body.day_plans, [id]: structuredClone(body.day_plans?.[names[0]] ?? [{ from: '00:00', program: Object.keys(body.programs ?? {})[0] ?? '' }]) };
        body.calendar ??= { id: 'week', default: names[0] ?? id, rules: [] };
      });
    };
    return el('div', { class: 'minirow' }, name, el('button', { type: 'button', disabled: names.length >= MOST_PLANS, 'data-testid': 'dayplan-add', onclick: add }, t('days.add-plan')));
  }

  #days(names) {
    const { calendar } = this.body;
    if (!calendar) {
      fill(this.calendar, el('p', { class: 'muted' }, t('days.every', { day: names[0] ?? '–' })));
      return;
    }
    const known = [...new Set([...names, calendar.default])].map((name) => [name, name]);
    const usual = choice(known, calendar.default, (value) => this.change((body) => (body.calendar.default = value)), { 'data-testid': 'set-calendar-default' });
    const days = this;
    const draft = {
      get body() {
        return days.body.calendar;
      },
      change: (act, field = null) => {
        this.change((body) => act(body.calendar), field === null ? null : `calendar ${field}`);
        this.drawn = JSON.stringify([this.body.day_plans, this.body.calendar, Object.keys(this.body.programs ?? {})]); // its rows draw themselves
      },
    };
    const rules = new RuleRows(draft, false, known, this.clock, () => {}, t('days.plan'));
    fill(this.calendar, el('h3', {}, t('days.calendar')), rules.node, el('div', { class: 'minirow' }, labelled(t('calendar.default'), usual)));
  }
}

/** An hour later, within the day. */
function later(from) {
  const minutes = Math.min(23 * 60 + 59, Number(from.slice(0, 2)) * 60 + Number(from.slice(3)) + 60);
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}
