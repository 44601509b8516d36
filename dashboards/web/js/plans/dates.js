/** Dates without a time of day: "2026-11-21", and "11-21" of every year. */

import { locale } from '../i18n.js';

const DAY = 86_400_000;
const moment = (date) => Date.parse(`${date}T00:00:00Z`);
const text = (at) => new Date(at).toISOString().slice(0, 10);

/** What is no date (31 February) is shown as it is written, not as the day that it would run over to. */
function show(date, options) {
  const at = moment(date);
  return Number.isNaN(at) || text(at) !== date ? String(date) : new Intl.DateTimeFormat(locale(), { timeZone: 'UTC', ...options }).format(at);
}

/** "Saturday 21 November 2026" */
export function dayText(date) {
  return show(date, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
}

/** "21/11/2026" */
export function dateText(date) {
  return show(date, { day: '2-digit', month: '2-digit', year: 'numeric' });
}

/** "11-21" -> "21 November" */
export function yearlyText(monthDay) {
  const found = show(`2000-${monthDay}`, { day: 'numeric', month: 'long' });
  return found.startsWith('2000-') ? monthDay.split('-').reverse().join('/') : found;
}

/** The name of month 1 to 12. */
export function monthText(month) {
  return show(`2000-${String(month).padStart(2, '0')}-01`, { month: 'long' });
}

/** The name of a day of the week, 0 for Monday. */
export function weekdayText(day, weekday = 'short') {
  return show(`2024-01-0${day + 1}`, { weekday });
}

/** 0 for Monday. */
export function weekdayOf(date) {
  return (new Date(moment(date)).getUTCDay() + 6) % 7;
}

export function plusDays(date, days) {
  return text(moment(date) + days * DAY);
}

/** All dates from `first` to `last`. */
export function datesBetween(first, last) {
  const count = Math.round((moment(last) - moment(first)) / DAY) + 1;
  return Array.from({ length: count }, (_, day) => plusDays(first, day));
}

/** The number of a date in its year, from 1. */
export function dayOfYear(date) {
  return Math.round((moment(date) - moment(`${date.slice(0, 4)}-01-01`)) / DAY) + 1;
}

/** Today by the city's clock. */
export function today(clock) {
  return clock.toLocal(clock.now()).slice(0, 10);
}
