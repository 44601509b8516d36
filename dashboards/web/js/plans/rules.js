/** The rules of a calendar as rows, the one that wins first: a program, when it runs, a note. */

import { el, fill, setText } from '../dom.js';
import { t } from '../i18n.js';
import { addCondition, conditionFields, dropCondition, KINDS, kindsOf } from './conditions.js';
import { choice, fieldProblem, labelled, rearrange, rowButtons, textField } from './controls.js';
import { today } from './dates.js';
import { ruleText } from './words.js';

const MOST = 100;

export class RuleRows {
  /** Rows over `draft.body.rules`; `programs` are [id, name] to choose from, `what` they are called. */
  constructor(draft, fixed, programs, clock, changed, what = t('rule.program')) {
    Object.assign(this, { draft, fixed, programs, clock, changed, what });
    this.list = el('ol', { class: 'planrows', 'data-testid': 'rules' });
    this.more = choice(
      [['', t('rule.add')], ...KINDS.map((kind) => [kind, t(`rule.kind.${kind}`)])],
      '',
      (kind) => kind && this.#add(kind),
      { class: 'adder', 'data-testid': 'rule-add', 'aria-label': t('rule.add') },
    );
    this.node = el('section', {}, [
      el('h3', {}, t('rule.title')),
      el('p', { class: 'muted' }, t('rule.explain')),
      this.list,
      this.more,
    ]);
    this.show();
  }

  show(focus = null) {
    const rules = this.draft.body.rules ?? [];
    this.rows = rules.map((rule, at) => this.#row(rule, at, rules.length));
    fill(this.list, this.rows.map(({ node }) => node));
    this.more.value = '';
    this.more.disabled = this.fixed || rules.length >= MOST;
    if (focus) this.list.querySelector(`[data-testid="${focus}"]`)?.focus();
  }

  /** Say what is wrong with row `row` (from 1): with one of its fields, else `text`. Returns it as a sentence of its own. */
  failed({ row, text }) {
    const { node, error } = this.rows[row - 1] ?? {};
    const said = (node && fieldProblem(node)) ?? text;
    for (const each of this.rows) fill(each.error, each.error === error ? said : '');
    node?.scrollIntoView({ block: 'nearest' });
    return t('plans.wrong', { row: t('rule.number', { number: row }), said });
  }

  clear() {
    for (const { error } of this.rows) fill(error);
  }

  #add(kind) {
    const at = this.draft.body.rules?.length ?? 0;
    this.#reshape((rules) => {
      const rule = { program: this.draft.body.default };
      addCondition(rule, kind, today(this.clock));
      rules.push(rule);
    }, `rule-${at + 1}-program`);
  }

  #edit(at, field, act) {
    this.draft.change(({ rules }) => act(rules[at]), `${at}.${field}`);
    setText(this.rows[at].says, this.#says(this.draft.body.rules[at]));
    this.changed();
  }

  #says(rule) {
    return ruleText(rule) || t('rule.says.nothing');
  }

  #reshape(act, focus) {
    this.draft.change((body) => {
      body.rules ??= [];
      act(body.rules);
    });
    this.show(focus);
    this.changed();
  }

  #row(rule, at, count) {
    const edit = (field, act) => this.#edit(at, field, act);
    const id = (name) => ({ 'data-testid': `rule-${at + 1}-${name}` });
    const program = choice(this.programs, rule.program, (value) => edit('program', (one) => (one.program = value)), id('program'));
    const note = textField(
      rule.note,
      (value) =>
        edit('note', (one) => {
          if (value) one.note = value;
          else delete one.note;
        }),
      { maxlength: 200, ...id('note') },
    );
    const move = (what) => {
      const next = rearrange(structuredClone(this.draft.body.rules), at, what);
      this.#reshape((rules) => rearrange(rules, at, what), `rule-${next}-${what === 'remove' ? 'program' : what}`);
    };
    const there = kindsOf(rule);
    const conditions = there.map((kind) => this.#condition(kind, rule, at, edit, id));
    const left = KINDS.filter((kind) => !there.includes(kind)).map((kind) => [kind, t(`rule.kind.${kind}`)]);
    const add = choice(
      [['', t('rule.add-condition')], ...left],
      '',
      (kind) => kind && this.#reshape((rules) => addCondition(rules[at], kind, today(this.clock)), `rule-${at + 1}-condition`),
      { 'aria-label': t('rule.add-condition'), ...id('condition') },
    );
    const says = el('p', { class: 'says', ...id('says') }, this.#says(rule));
    const error = el('p', { class: 'error', role: 'alert', ...id('error') });
    const node = el('li', { class: 'planrow rule' }, [
      el('fieldset', { class: 'bare', disabled: this.fixed }, [
        el('legend', { class: 'unseen' }, t('rule.number', { number: at + 1 })),
        el('b', { class: 'rownumber', 'aria-hidden': 'true' }, String(at + 1)),
        labelled(this.what, program),
        labelled(t('rule.note'), note, 'grow'),
        rowButtons('rule', at, count, move),
        el('div', { class: 'conditions-of' }, conditions, left.length ? add : null),
      ]),
      says,
      error,
    ]);
    return { node, says, error };
  }

  #condition(kind, rule, at, edit, id) {
    const reshape = (act) => this.#reshape((rules) => act(rules[at]), `rule-${at + 1}-condition`);
    const drop = el(
      'button',
      {
        type: 'button',
        class: 'quiet square',
        'aria-label': t('rule.drop-condition', { kind: t(`rule.kind.${kind}`) }),
        onclick: () => reshape((one) => dropCondition(one, kind)),
      },
      '✕',
    );
    return el('div', { class: 'conditionbox', role: 'group', 'aria-label': t(`rule.kind.${kind}`) }, [
      el('header', {}, el('span', {}, t(`rule.kind.${kind}`)), drop),
      conditionFields(kind, rule, edit, reshape, id, today(this.clock)),
    ]);
  }
}
