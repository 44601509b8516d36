/** Rules, steps and notes of the hub as sentences in the page's language, built from their data. */

import { locale, t, word } from '../i18n.js';
import { dateText, weekdayText, yearlyText } from './dates.js';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

function list(items) {
  return new Intl.ListFormat(locale(), { type: 'conjunction' }).format(items);
}

/** "VN" -> "Vietnam"; what is no country stays as it is. */
export function countryText(code) {
  try {
    return new Intl.DisplayNames(locale(), { type: 'region' }).of(code);
  } catch {
    return code;
  }
}

/** "12-23" of the lunar calendar -> "23/12" */
export function lunarText(monthDay) {
  const [month, day] = monthDay.split('-').map(Number);
  return `${day}/${month}`;
}

function rangeText({ from, to }) {
  const yearly = (from ?? to).length === 5;
  const show = yearly ? yearlyText : dateText;
  if (yearly) return t('rule.says.yearly', { from: show(from), to: show(to ?? from) });
  if (!to) return t('rule.says.since', { from: show(from) });
  return from ? t('rule.says.range', { from: show(from), to: show(to) }) : t('rule.says.until', { to: show(to) });
}

function weekdaysText({ weekdays, nth }) {
  const days = list([...weekdays].sort((a, b) => WEEKDAYS.indexOf(a) - WEEKDAYS.indexOf(b)).map((day) => weekdayText(WEEKDAYS.indexOf(day), 'long')));
  if (!nth?.length) return t('rule.says.weekdays', { days });
  return t('rule.says.nth', { days, nth: list(nth.map((each) => t(`rule.nth.${each === -1 ? 'last' : each}`))) });
}

function holidaysText({ country, subdivision, names, before, after }) {
  const place = [countryText(country), subdivision].filter(Boolean).join(', ');
  const said = [t('rule.says.holidays', { place }) + (names?.length ? ` (${names.join(', ')})` : '')];
  if (before) said.push(t('rule.says.before', { n: before }));
  if (after) said.push(t('rule.says.after', { n: after }));
  return said.join(', ');
}

/** When a rule holds, without its note; empty while it has no condition. */
export function ruleText(rule) {
  const said = [];
  if (rule.from || rule.to) said.push(rangeText(rule));
  if (rule.dates?.length) said.push(t('rule.says.dates', { dates: list(rule.dates.map(dateText)) }));
  if (rule.weekdays?.length) said.push(weekdaysText(rule));
  if (rule.holidays?.country) said.push(holidaysText(rule.holidays));
  if (rule.lunar?.dates?.length) said.push(t('rule.says.lunar', { dates: list(rule.lunar.dates.map(lunarText)) }));
  if (rule.lunar?.from && rule.lunar.to)
    said.push(t('rule.says.lunar-range', { from: lunarText(rule.lunar.from), to: lunarText(rule.lunar.to) }));
  return list(said);
}

/** Why a program runs: rule `number` (from 1) of `calendar`, or its default for null. */
export function whyText(calendar, number) {
  if (number === null) return t(calendar?.rules?.length ? 'rule.says.default' : 'rule.says.always');
  const rule = calendar?.rules?.[number - 1];
  if (!rule) return t('rule.number', { number }); // changed meanwhile
  const says = t('rule.says.number', { number, says: ruleText(rule) });
  return rule.note ? `${rule.note} – ${says}` : says;
}

/** What became of a step. */
export function noteText({ code, text, values }) {
  const said = { ...values };
  if (values.sun) said.sun = word('sun.stays', values.sun);
  const found = t(`note.${code}`, said);
  return found === `note.${code}` ? text : found;
}

/** The row (from 1) that a problem of the hub is about, and its words: "step 2: ..." or the place in the body. */
export function rowOf(problem, name) {
  for (const { loc = [], msg = '' } of problem.errors ?? []) {
    const said = new RegExp(`^${name} (\\d+): (.*)$`, 's').exec(msg);
    if (said) return { row: Number(said[1]), text: said[2] };
    const place = loc.indexOf(`${name}s`);
    if (place >= 0 && Number.isInteger(loc[place + 1]))
      return { row: loc[place + 1] + 1, text: `${loc.slice(place + 2).join('.')}: ${msg}` };
  }
  return null;
}
