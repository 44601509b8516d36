/** Numbers, units, times and durations in the page's language and the city's time zone. */

import { locale, t } from './i18n.js';

const UNITS = { Cel: '°C', 'ug/m3': 'µg/m³', '%RH': '%', deg: '°', count: '', '1/h': '/h', '/': '', dB: 'dB(A)' };
const KNOWN = { Wh: 1000, W: 10_000 }; // from here on shown as kilo

/** 61.234 -> "61.2"; null -> "–". */
export function number(value, digits = 1) {
  if (value === null || value === undefined) return '–';
  return value.toLocaleString(locale(), { maximumFractionDigits: digits });
}

/** A level or share: 60 -> "60 %". */
export function percent(value) {
  return value === null || value === undefined ? '–' : `${number(value, 0)} %`;
}

/** A reading with its unit as people write it: (12300, "Wh") -> "12.3 kWh". */
export function quantity(value, unit) {
  if (value === null || value === undefined) return '–';
  if (Math.abs(value) >= (KNOWN[unit] ?? Infinity)) return `${number(value / 1000, 2)} k${unit}`;
  const shown = UNITS[unit] ?? unit ?? '';
  const digits = Math.abs(value) < 10 ? 2 : 1;
  return shown ? `${number(value, digits)} ${shown}` : number(value, digits);
}

/** Formats moments (ms or RFC 3339) as the city's clocks show them. */
export class Times {
  constructor(clock) {
    this.clock = clock;
  }

  #show(moment, options) {
    const at = new Date(moment);
    if (Number.isNaN(at.getTime())) return '–';
    return new Intl.DateTimeFormat(locale(), { timeZone: this.clock.zone, hourCycle: 'h23', ...options }).format(at);
  }

  /** 21:05 */
  minute(moment) {
    return this.#show(moment, { hour: '2-digit', minute: '2-digit' });
  }

  /** 21:05:09 */
  second(moment) {
    return this.#show(moment, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  }

  /** Time of day today, with the day otherwise. */
  short(moment) {
    if (moment === null || moment === undefined) return '–';
    const day = { year: 'numeric', month: 'numeric', day: 'numeric' };
    if (this.#show(moment, day) === this.#show(this.clock.now(), day)) return this.minute(moment);
    return this.#show(moment, {
      weekday: 'short',
      day: 'numeric',
      month: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
    });
  }

  /** Day and time in full. */
  full(moment) {
    return this.#show(moment, { dateStyle: 'medium', timeStyle: 'short' });
  }

  /** The same with seconds, for proofs. */
  exact(moment) {
    return this.#show(moment, { dateStyle: 'medium', timeStyle: 'medium' });
  }

  /** How long ago `moment` was, in words. */
  ago(moment) {
    const seconds = Math.max(0, (this.clock.now() - new Date(moment).getTime()) / 1000);
    return seconds < 10 ? t('ago.now') : t('ago.before', { duration: duration(seconds) });
  }
}

/** 7500 s -> "2 h 5 min"; below a minute in seconds. */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return t('duration.s', { s: whole });
  const minutes = Math.round(whole / 60);
  const h = Math.floor(minutes / 60);
  const m = minutes % 60;
  if (h >= 48) return t('duration.d', { d: Math.round(h / 24) });
  if (h === 0) return t('duration.m', { m });
  return m === 0 ? t('duration.h', { h }) : t('duration.hm', { h, m });
}

/** Lower case without Vietnamese marks, for searching: "Lê Lợi" -> "le loi". */
export function plain(text) {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase();
}
