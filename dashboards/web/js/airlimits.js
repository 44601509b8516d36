/** When a station was above a limit, and how its readings are calibrated. */

import { el, fill } from './dom.js';
import { duration, number, quantity } from './format.js';
import { t, word } from './i18n.js';

const DAYS = 30;
const DAY = 86_400_000;

/** A section that loads itself. */
export function airLimits({ api, store, times }, device, life) {
  const above = el('ul', { class: 'journal', 'data-testid': 'air-above' }, el('li', { class: 'muted' }, t('loading')));
  const calibrated = el('ul', { class: 'journal', 'data-testid': 'air-calibrated' });
  const node = el('div', {}, el('h3', {}, t('air.above', { n: DAYS })), above, el('h3', {}, t('air.calibrations')), calibrated);
  const exceeded = (each) =>
    el('li', {}, [
      el('b', {}, word('metric', each.metric)),
      ` ${t('air.mean', { average: word('air.average', each.average) })}: ${times.short(each.start)} – ${each.open ? t('air.still') : times.short(each.end)} (${duration(each.seconds)})`,
      ` · ${t('air.peak', { peak: quantity(each.peak, each.unit), limit: quantity(each.limit, each.unit) })}`,
      el('small', { class: 'muted' }, ` ${[each.source, each.note].filter(Boolean).join(' · ')}`),
    ]);
  const calibration = (each) =>
    el('li', {}, [
      el('b', {}, word('metric', each.metric)),
      ` × ${number(each.factor, 4)}${each.offset ? ` ${each.offset < 0 ? '−' : '+'} ${number(Math.abs(each.offset), 4)}` : ''} · ${t('air.since', { time: times.full(each.since), by: each.by })}`,
      each.note ? ` · ${each.note}` : '',
    ]);
  const load = async () => {
    const start = new Date(store.clock.now() - DAYS * DAY).toISOString();
    try {
      const [found, kept] = await Promise.all([api.airExceedances(device, start), api.airCalibrations(device)]);
      if (life.ended) return;
      const newest = [...found].sort((a, b) => Date.parse(b.start) - Date.parse(a.start));
      fill(above, newest.length ? newest.map(exceeded) : el('li', { class: 'muted' }, t('air.never-above')));
      fill(calibrated, kept.length ? kept.map(calibration) : el('li', { class: 'muted' }, t('air.as-read')));
    } catch (problem) {
      if (!life.ended) fill(above, el('li', { class: 'error', role: 'alert' }, problem.message));
    }
  };
  load();
  return node;
}
