/** A year as a table that spreadsheets read: one line per date (RFC 4180, with a byte order mark for UTF-8). */

import { t } from '../i18n.js';
import { weekdayOf, weekdayText } from './dates.js';
import { whyText } from './words.js';

/** One cell; text that a spreadsheet would take for a formula gets an apostrophe before it. */
function cell(value) {
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

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
  return `\ufeff${[head, ...lines].map((line) => `${line.map(cell).join(',')}\r\n`).join('')}`;
}
