/** A year as a table that spreadsheets read: one line per date. */

import { csv } from '../csv.js';
import { t } from '../i18n.js';
import { weekdayOf, weekdayText } from './dates.js';
import { whyText } from './words.js';

/** `runs` is a Map from every date to its run in the year of `calendar`; `name(id)` names a program. */
export function yearCsv(runs, calendar, name) {
  const head = ['date', 'weekday', 'program', 'name', 'rule', 'why'].map((column) => t(`year.csv.${column}`));
  const lines = [...runs].map(([date, { program, rule_number: number }]) => [
    date,
    weekdayText(weekdayOf(date), 'long'),
    program,
    name(program),
    number === null ? '' : String(number),
    whyText(calendar, number),
  ]);
  return csv(head, lines);
}
