/** The steps of a program as rows: when, how bright, how fast, which lamps; with what becomes of each on the shown day. */

import { el, fill } from '../dom.js';
import { t } from '../i18n.js';
import { choice, fieldProblem, labelled, numberField, rearrange, rowButtons, tick } from './controls.js';
import { clockTime } from './levelchart.js';
import { noteText } from './words.js';

const SUN = ['sunset', 'dusk', 'dawn', 'sunrise'];
const CLOCK = '22:00';
const SKIP = { off: 1, of: 3, alternate: true };
const MOST = 48;

export class StepRows {
  /** Rows over `draft.body.steps`; `changed()` after every change. `fixed`: nothing can be changed. */
  constructor(draft, fixed, times, changed) {
    Object.assign(this, { draft, fixed, times, changed });
    this.list = el('ol', { class: 'planrows', 'data-testid': 'steps' });
    this.more = el(
      'button',
      { type: 'button', 'data-testid': 'step-add', onclick: () => this.#add() },
      t('step.add'),
    );
    this.node = el('section', {}, [el('h3', {}, t('step.title')), this.list, this.more]);
    this.show();
  }

  show(focus = null) {
    const { steps } = this.draft.body;
    this.rows = steps.map((step, at) => this.#row(step, at, steps.length));
    fill(this.list, this.rows.map(({ node }) => node));
    this.more.disabled = this.fixed || steps.length >= MOST;
    if (focus) this.list.querySelector(`[data-testid="${focus}"]`)?.focus();
  }

  /** What a timeline of the hub says of each step: when it happens, or its note. */
  happened(day) {
    const start = Date.parse(day.start);
    const happens = new Map(day.steps.filter(({ time }) => Date.parse(time) > start).map(({ step, time }) => [step, time]));
    const notes = new Map(day.notes.map((note) => [note.step, note]));
    this.rows.forEach(({ when, note, node, error }, at) => {
      const time = happens.get(at + 1);
      fill(when, time ? t('step.at-time', { time: clockTime(this.times, time) }) : '');
      const said = notes.get(at + 1);
      fill(note, said ? noteText(said) : '');
      node.classList.toggle('noted', said !== undefined);
      fill(error);
    });
  }

  /** Say what is wrong with row `row` (from 1): with one of its fields, else `text`. Returns it as a sentence of its own. */
  failed({ row, text }) {
    const { node, error } = this.rows[row - 1] ?? {};
    const said = (node && fieldProblem(node)) ?? text;
    for (const each of this.rows) fill(each.error, each.error === error ? said : '');
    node?.scrollIntoView({ block: 'nearest' });
    return t('plans.wrong', { row: t('step.number', { number: row }), said });
  }

  #edit(at, field, act) {
    this.draft.change(({ steps }) => act(steps[at]), `${at}.${field}`);
    this.changed();
  }

  /** A change of which fields there are. */
  #reshape(act, focus) {
    this.draft.change(({ steps }) => act(steps));
    this.show(focus);
    this.changed();
  }

  #add() {
    const at = this.draft.body.steps.length;
    this.#reshape((steps) => steps.push({ at: CLOCK, level: 50, ramp: 30 }), `step-${at + 1}-at`);
  }

  #row(step, at, count) {
    const edit = (field, act) => this.#edit(at, field, act);
    const id = (name) => ({ 'data-testid': `step-${at + 1}-${name}` });
    const event = SUN.includes(step.at);
    const kinds = [['clock', t('step.clock')], ...SUN.map((name) => [name, t(`sun.${name}`)])];
    const kind = choice(
      kinds,
      event ? step.at : 'clock',
      (value) =>
        this.#reshape((steps) => {
          if (value === 'clock' || !event) delete steps[at].offset;
          steps[at].at = value === 'clock' ? CLOCK : value;
        }, `step-${at + 1}-at`),
      id('at'),
    );
    const clock = el('input', { type: 'time', value: event ? CLOCK : step.at, required: true, ...id('time') });
    clock.addEventListener('input', () => edit('at', (one) => (one.at = clock.value)));
    const offset = numberField(step.offset ?? 0, (value) => edit('offset', (one) => (one.offset = value)), {
      min: -720,
      max: 720,
      ...id('offset'),
    });
    const level = numberField(step.level, (value) => edit('level', (one) => (one.level = value)), {
      min: 0,
      max: 100,
      required: true,
      ...id('level'),
    });
    const ramp = numberField(step.ramp ?? 0, (value) => edit('ramp', (one) => (one.ramp = value)), {
      min: 0,
      max: 3600,
      ...id('ramp'),
    });
    const skips = tick(
      t('step.skip'),
      Boolean(step.skip),
      (on) =>
        this.#reshape((steps) => {
          if (on) steps[at].skip = { ...SKIP };
          else delete steps[at].skip;
        }, `step-${at + 1}-skip`),
      id('skip'),
    );
    const when = el('span', { class: 'when', 'data-testid': `step-${at + 1}-when` });
    const note = el('p', { class: 'note', 'data-testid': `step-${at + 1}-note` });
    const error = el('p', { class: 'error', role: 'alert', 'data-testid': `step-${at + 1}-error` });
    const move = (what) => {
      const next = rearrange(structuredClone(this.draft.body.steps), at, what);
      this.#reshape((steps) => rearrange(steps, at, what), `step-${next}-${what === 'remove' ? 'at' : what}`);
    };
    const node = el('li', { class: 'planrow' }, [
      el('fieldset', { class: 'bare', disabled: this.fixed }, [
        el('legend', { class: 'unseen' }, t('step.number', { number: at + 1 })),
        el('b', { class: 'rownumber', 'aria-hidden': 'true' }, String(at + 1)),
        labelled(t('step.at'), kind),
        event ? labelled(t('step.offset'), offset) : labelled(t('step.time'), clock),
        !event && step.offset ? labelled(t('step.offset'), offset) : null,
        labelled(t('step.level'), level),
        labelled(t('step.ramp'), ramp),
        rowButtons('step', at, count, move),
        el('div', { class: 'skipline' }, [skips, step.skip ? this.#skip(step.skip, at, edit) : null, when]),
      ]),
      note,
      error,
    ]);
    return { node, when, note, error };
  }

  #skip(skip, at, edit) {
    const field = (name, min, max) =>
      numberField(skip[name], (value) => edit(`skip.${name}`, (one) => (one.skip[name] = value)), {
        min,
        max,
        step: 1,
        required: true,
        'aria-label': t(`step.skip.${name}`),
        'data-testid': `step-${at + 1}-skip-${name}`,
      });
    return el('span', { class: 'skip-of' }, [
      field('off', 1, 11),
      t('step.skip.joint'),
      field('of', 2, 12),
      tick(t('step.skip.alternate'), skip.alternate ?? false, (on) => edit('alternate', (one) => (one.skip.alternate = on))),
    ]);
  }
}
