/** What a junction says of itself besides its signals, and its day by the calendar. */

import { el } from '../dom.js';
import { number } from '../format.js';
import { t, word } from '../i18n.js';
import { clockText, faultsText } from './words.js';

/** Lines of a list of terms. */
export function factRows({ times, store }, item) {
  const { state, active, next } = item;
  const off = Math.abs(state?.clock_error ?? 0) > store.limits?.junction_clock_seconds;
  const rows = [
    ['clock', state && clockText(state.clock_error), off],
    ['correction', state?.correction ? t('junctions.correction', { s: number(state.correction, 0) }) : ''],
    ['faults', state && (state.faults.length ? faultsText(state) : t('junctions.no-faults')), state?.faults.length],
    ['by', state?.by && word('signalby', state.by)],
    ['until', state?.until && times.short(state.until)],
    ['selected', state?.selected !== state?.program && state?.selected],
    ['active', active ? t('junctions.set-since', { version: active.version, since: times.short(active.since) }) : t('junctions.no-active'), active?.followed === false],
    ['next', next && `${t('sets.version', { version: next.version })} · ${word('planstate', next.state)}`],
    ['due', item.due],
    ['checksum', state?.checksum?.slice(0, 12)],
    ['detectors', detectorsText(item.detectors)],
  ];
  return rows
    .filter(([, value]) => value)
    .map(([name, value, bad]) => el('div', { 'data-testid': `fact-${name}` }, el('dt', {}, t(`junctions.fact.${name}`)), el('dd', { class: bad ? 'wrong' : '' }, value)));
}

/** What the detectors say: how many were counted, whether something stands there, which are broken. */
export function detectorsText(detectors) {
  const one = ([id, { count = null, occupied = null, broken = false }]) => {
    const said = [count === null ? '' : number(count), occupied ? t('junctions.occupied') : '', broken ? t('junctions.broken') : ''];
    return [id, ...said].filter(Boolean).join(' ');
  };
  return Object.entries(detectors ?? {}).map(one).join(', ');
}

/** The programs of today with their times, the present one marked; null when no calendar decides. */
export function dayPart({ store, times }, { day }) {
  if (!day?.length) return null;
  const now = store.clock.now();
  const step = (each) => {
    const present = Date.parse(each.from) <= now && now < Date.parse(each.to);
    return el('li', { class: present ? 'present' : '', 'aria-current': present ? 'time' : null }, [el('time', {}, times.minute(each.from)), ' ', el('b', {}, each.program)]);
  };
  return [el('h3', {}, t('junctions.today')), el('ol', { class: 'dayplan' }, day.map(step))];
}
