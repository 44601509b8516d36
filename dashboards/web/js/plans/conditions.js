/** The conditions of a rule as fields: range, dates, weekdays, public holidays, lunar dates. */

import { el } from '../dom.js';
import { t } from '../i18n.js';
import { choice, labelled, numberField, textField, tick, toggle } from './controls.js';
import { dateText, monthText, plusDays, weekdayText } from './dates.js';
import { countryText, lunarText, WEEKDAYS } from './words.js';

const NTH = [1, 2, 3, 4, 5, -1];
const KEYS = {
  range: ['from', 'to'],
  dates: ['dates'],
  weekdays: ['weekdays', 'nth'],
  holidays: ['holidays'],
  lunar: ['lunar'],
};
const BEGIN = {
  range: (today) => ({ from: today, to: plusDays(today, 30) }),
  dates: (today) => ({ dates: [today] }),
  weekdays: () => ({ weekdays: ['sat', 'sun'] }),
  holidays: () => ({ holidays: { country: 'VN' } }),
  lunar: () => ({ lunar: { from: '12-23', to: '01-07' } }),
};
const FIELDS = { range, dates, weekdays, holidays, lunar };

export const KINDS = Object.keys(KEYS);

/** The kinds of condition that a rule has. */
export function kindsOf(rule) {
  return KINDS.filter((kind) => KEYS[kind].some((key) => rule[key] !== undefined));
}

/** Give a rule a condition of that kind to begin with. */
export function addCondition(rule, kind, today) {
  Object.assign(rule, BEGIN[kind](today));
}

export function dropCondition(rule, kind) {
  for (const key of KEYS[kind]) delete rule[key];
}

/**
 * The fields of one condition. `edit(field, act)` changes the rule while somebody types, `reshape(act)` changes which
 * fields there are; `id(name)` names a field for tests; `today` is the city's date.
 */
export function conditionFields(kind, rule, edit, reshape, id, today) {
  return el('div', { class: `condition ${kind}` }, FIELDS[kind](rule, edit, reshape, id, today));
}

function set(holder, key, value) {
  if (value === '' || value === null || value?.length === 0) delete holder[key];
  else holder[key] = value;
}

/** A day and a month, "12-23"; of `days` days at most. */
function monthDay(value, days, months, label, act) {
  let [month, day] = value.split('-');
  const two = (number) => String(number).padStart(2, '0');
  const say = () => act(`${month}-${day}`);
  const numbers = Array.from({ length: days }, (_, at) => [two(at + 1), String(at + 1)]);
  const named = Array.from({ length: 12 }, (_, at) => [two(at + 1), months(at + 1)]);
  return el('span', { class: 'monthday', role: 'group', 'aria-label': label }, [
    choice(numbers, day, (chosen) => say((day = chosen)), { 'aria-label': `${label}, ${t('rule.day')}` }),
    choice(named, month, (chosen) => say((month = chosen)), { 'aria-label': `${label}, ${t('rule.month')}` }),
  ]);
}

function date(value, act, attributes) {
  const input = el('input', { type: 'date', value: value ?? '', ...attributes });
  input.addEventListener('input', () => act(input.value));
  return input;
}

function range(rule, edit, reshape, id, today) {
  const yearly = (rule.from ?? rule.to).length === 5;
  const every = tick(
    t('rule.every-year'),
    yearly,
    (on) =>
      reshape((one) => {
        if (!one.from && !one.to) Object.assign(one, BEGIN.range(today)); // both fields were emptied
        const year = today.slice(0, 4);
        for (const key of ['from', 'to']) {
          const value = one[key] || one.from || one.to;
          one[key] = on ? value.slice(-5) : `${year}-${value}`;
        }
      }),
    id('every-year'),
  );
  const field = (key) => {
    const label = t(`rule.${key}`);
    if (yearly) return el('div', { class: 'field' }, el('span', {}, label), monthDay(rule[key], 31, monthText, label, (value) => edit(key, (one) => (one[key] = value))));
    return labelled(label, date(rule[key], (value) => edit(key, (one) => set(one, key, value)), id(key)));
  };
  return [field('from'), field('to'), every];
}

/** Chosen values as chips that are taken away by a press, and a field to add one. */
function chips(values, show, remove, field, add, id) {
  const chip = (value) =>
    el(
      'button',
      { type: 'button', class: 'chip', 'aria-label': t('rule.take-away', { what: show(value) }), onclick: () => remove(value) },
      `${show(value)} ✕`,
    );
  const button = el('button', { type: 'button', onclick: add, ...id('date-add') }, t('rule.add-date'));
  return el('div', { class: 'field wide' }, el('div', { class: 'chips' }, values.map(chip)), el('div', { class: 'addline' }, field, button));
}

function dates(rule, edit, reshape, id) {
  const field = date('', () => {}, { 'aria-label': t('rule.add-date'), ...id('date') });
  const remove = (value) => reshape((one) => (one.dates = one.dates.filter((each) => each !== value)));
  const add = () => field.value && reshape((one) => (one.dates = [...new Set([...one.dates, field.value])].sort()));
  return [chips(rule.dates ?? [], dateText, remove, field, add, id)];
}

function weekdays(rule, edit, reshape, id) {
  const member = (key, value, on) =>
    edit(key, (one) => {
      const others = (one[key] ?? []).filter((each) => each !== value);
      const left = on ? [...others, value] : others;
      if (key === 'nth') set(one, key, left);
      else one[key] = left;
    });
  const days = WEEKDAYS.map((day, at) =>
    toggle(weekdayText(at), rule.weekdays?.includes(day), (on) => member('weekdays', day, on), id(day)),
  );
  const nth = NTH.map((each) =>
    toggle(t(`rule.nth.${each === -1 ? 'last' : each}`), rule.nth?.includes(each) ?? false, (on) => member('nth', each, on)),
  );
  return [
    el('div', { class: 'field wide' }, el('div', { class: 'chips' }, days)),
    el('div', { class: 'field wide' }, el('span', {}, t('rule.nth')), el('div', { class: 'chips' }, nth)),
  ];
}

function holidays(rule, edit, reshape, id) {
  const { holidays: found } = rule;
  const put = (key) => (value) => edit(`holidays.${key}`, (one) => set(one.holidays, key, value));
  const country = el('small', { class: 'muted' }, countryText(found.country));
  const code = textField(
    found.country,
    (value) => {
      const upper = value.toUpperCase();
      country.textContent = countryText(upper);
      edit('holidays.country', (one) => (one.holidays.country = upper));
    },
    { maxlength: 2, class: 'code', ...id('country') },
  );
  const names = (value) => put('names')(value.split(',').map((name) => name.trim()).filter(Boolean));
  return [
    labelled(t('rule.country'), el('span', { class: 'withnote' }, code, country)),
    labelled(t('rule.subdivision'), textField(found.subdivision, put('subdivision'), { maxlength: 10 })),
    labelled(t('rule.before'), numberField(found.before ?? 0, put('before'), { min: 0, max: 30, step: 1, ...id('before') })),
    labelled(t('rule.after'), numberField(found.after ?? 0, put('after'), { min: 0, max: 30, step: 1, ...id('after') })),
    labelled(t('rule.names'), textField(found.names?.join(', '), names, { placeholder: t('rule.names.all') }), 'wide'),
  ];
}

function lunar(rule, edit, reshape, id) {
  const months = (month) => t('rule.lunar-month', { month });
  const ranged = rule.lunar.dates === undefined;
  const kind = choice(
    [
      ['range', t('rule.lunar.range')],
      ['dates', t('rule.lunar.dates')],
    ],
    ranged ? 'range' : 'dates',
    (value) => reshape((one) => (one.lunar = value === 'range' ? { from: '12-23', to: '01-07' } : { dates: ['08-15'] })),
    { 'aria-label': t('rule.kind.lunar'), ...id('lunar-kind') },
  );
  if (ranged) {
    const field = (key) => {
      const act = (value) => edit(`lunar.${key}`, (one) => (one.lunar[key] = value));
      return el('div', { class: 'field' }, el('span', {}, t(`rule.${key}`)), monthDay(rule.lunar[key], 30, months, t(`rule.${key}`), act));
    };
    return [el('div', { class: 'field wide' }, kind), field('from'), field('to')];
  }
  let wanted = '01-01';
  const field = monthDay(wanted, 30, months, t('rule.add-date'), (value) => (wanted = value));
  const remove = (value) => reshape((one) => (one.lunar.dates = one.lunar.dates.filter((each) => each !== value)));
  const add = () => reshape((one) => (one.lunar.dates = [...new Set([...one.lunar.dates, wanted])].sort()));
  return [el('div', { class: 'field wide' }, kind), chips(rule.lunar.dates, lunarText, remove, field, add, id)];
}
