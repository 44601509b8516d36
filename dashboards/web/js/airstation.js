/** One station of the air: its index as a badge, its sub-indices with what is missing and why, and its last 48 hours. */

import { airLimits } from './airlimits.js';
import { dayChart } from './chart.js';
import { el, fill } from './dom.js';
import { number, quantity } from './format.js';
import { language, t, word } from './i18n.js';

const HOURS = 48;
const HOUR = 3_600_000;
const GAP = 90 * 60; // s between two hours from which on the line breaks

/** Whether dark letters are read better on a colour #rrggbb (relative luminance, WCAG 2). */
export function darkLetters(colour) {
  const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const [r, g, b] = parts.map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179;
}

/** The index in its colour; without one a dash. */
export function badge(index) {
  const node = el('span', { class: 'badge' }, index.index === null ? '–' : number(index.index, 0));
  if (index.colour) {
    node.style.setProperty('background', index.colour);
    node.style.setProperty('color', darkLetters(index.colour) ? '#000' : '#fff');
  }
  return node;
}

/** Why there is no index: what is missing of the particles. */
export function why(index) {
  const reasons = new Set(['pm2_5', 'pm10'].map((metric) => index.missing[metric]).filter(Boolean));
  return [...reasons].map((reason) => word('air.missing', reason)).join(', ');
}

/** The details of a station below its line. */
export function airStation({ api, store, times }, item, scales, life) {
  const { vn, us, faults } = item.hourly.at(-1);
  const chart = el('div', { 'data-testid': 'air-chart' }, el('p', { class: 'muted' }, t('loading')));
  const day = item.daily.at(-1);
  const band = scales.vn.bands.find((each) => each.name === vn.band);
  const node = el('div', { class: 'details', 'data-testid': 'air-details' }, [
    band ? el('p', {}, band[`effect_${language()}`]) : null,
    day && day.vn.index !== null ? el('p', {}, t('air.yesterday', { index: day.vn.index, us: day.us.index ?? '–' })) : null,
    el('h3', {}, t('air.hours', { n: HOURS })),
    chart,
    parts(vn, us, faults),
    airLimits({ api, store, times }, item.station.id, life),
  ]);
  const now = store.clock.now();
  const end = now - (now % HOUR);
  const load = async () => {
    try {
      const found = await api.airHours(item.station.id, new Date(end - HOURS * HOUR).toISOString());
      if (life.ended) return;
      const points = (found.items[0]?.hourly ?? []).filter((point) => point.vn.index !== null);
      const line = {
        label: 'VN_AQI',
        unit: '',
        colour: 'chart-1',
        how: 'hourly',
        points: points.map((point) => [point.end, point.vn.index]),
      };
      const drawn = dayChart({ lines: [line], start: end - HOURS * HOUR, end, times, gap: GAP });
      life.finally(() => drawn.destroy());
      fill(chart, drawn.node);
    } catch (problem) {
      if (!life.ended) fill(chart, el('p', { class: 'error', role: 'alert' }, problem.message));
    }
  };
  load();
  return node;
}

/** A row a pollutant: what it was made of, both sub-indices, and what is against it. */
function parts(vn, us, faults) {
  const metrics = [...Object.keys(vn.sub), ...Object.keys(vn.missing)];
  const row = (metric) => {
    const part = vn.sub[metric];
    const told = (faults[metric] ?? []).map((fault) => word('air.fault', fault));
    if (!part) told.unshift(word('air.missing', vn.missing[metric]));
    return el('tr', { 'data-testid': `air-part-${metric}` }, [
      el('th', { scope: 'row' }, word('metric', metric)),
      el('td', {}, part ? quantity(part.value, 'ug/m3') : '–'),
      el('td', {}, part ? number(part.index, 0) : '–'),
      el('td', {}, us.sub[metric] ? number(us.sub[metric].index, 0) : '–'),
      el('td', { class: 'muted' }, told.join(', ')),
    ]);
  };
  const heads = ['metric', 'value', 'vn', 'us', 'told'];
  return el('table', { class: 'parts' }, [
    el('thead', {}, el('tr', {}, heads.map((head) => el('th', { scope: 'col' }, t(`air.column.${head}`))))),
    el('tbody', {}, metrics.map(row)),
  ]);
}
