/** What a device measured: the newest values with their units, and the last day as charts. */

import { dayChart } from './chart.js';
import { el, fill } from './dom.js';
import { quantity } from './format.js';
import { t, word } from './i18n.js';

const DAY = 86_400_000;
const CHARTED = ['pm2_5', 'temperature', 'humidity', 'noise', 'illuminance', 'power', 'water_level', 'rain_rate'];
const MOST_CHARTS = 3;
const RENEW = 55_000; // ms between two fetches of the same charts
const APART = 60_000; // ms between measuring and receipt from which on both times are told

/** When it was measured by the device's clock, how long ago that was, and when it came if not then. */
function when(times, time, received) {
  const [measured, came] = [Date.parse(time), Date.parse(received ?? time)];
  const told = [times.short(time)];
  if (Math.abs(came - measured) > APART) told.push(t('device.received', { time: times.short(received) }));
  told.push(times.ago(Math.min(measured, came)));
  return told.map((text) => el('span', {}, text));
}

/** The newest value of every metric, with its age and its times. */
export function readings({ times }, device) {
  const latest = Object.entries(device.latest ?? {}).sort(([a], [b]) =>
    word('metric', a).localeCompare(word('metric', b)),
  );
  if (!latest.length) return el('p', { class: 'empty' }, t('chart.empty'));
  const row = ([metric, { value, unit, time, received }]) =>
    el(
      'div',
      { 'data-testid': `latest-${metric}` },
      el('dt', {}, word('metric', metric)),
      el('dd', {}, quantity(value, unit)),
      el('dd', { class: 'when muted' }, when(times, time, received)),
    );
  return el('dl', { class: 'latest' }, latest.map(row));
}

/** Which charts a device gets: [[{metric, query, line}], ...], one inner list a chart. */
function plan(device) {
  if (device.kind === 'light') {
    return [
      [
        {
          metric: 'power',
          query: { every: '5m', agg: 'mean' },
          line: { label: t('metric.power'), unit: 'W', colour: 'chart-power', how: 'mean', minutes: 5 },
        },
        {
          metric: 'level',
          query: {},
          line: { label: t('metric.level'), unit: '%', colour: 'chart-level', how: 'raw', step: true, top: 100 },
        },
      ],
    ];
  }
  return CHARTED.filter((metric) => metric in (device.latest ?? {}))
    .slice(0, MOST_CHARTS)
    .map((metric, at) => {
      const [value, ...unit] = quantity(device.latest[metric].value, device.latest[metric].unit).split(' ');
      return [
        {
          metric,
          query: { every: '15m', agg: 'mean' },
          line: {
            label: word('metric', metric),
            unit: value && unit.join(' '),
            colour: `chart-${at + 1}`,
            how: 'mean',
            minutes: 15,
            floating: true,
          },
        },
      ];
    });
}

/** The last day of a device as charts: {node, renew()}. */
export function history({ api, store, times }, device, life) {
  const box = el('div', { class: 'history' }, el('p', { class: 'muted' }, t('loading')));
  const charts = [];
  let taken = -Infinity;

  const fetchLine = async ({ metric, query, line }, start, end) => {
    const range = { start: new Date(start).toISOString(), end: new Date(end).toISOString() };
    const answer = await api.telemetry(device.id, { metric, ...query, ...range });
    return { ...line, points: answer.points };
  };

  const renew = async () => {
    if (Date.now() - taken < RENEW) return;
    taken = Date.now();
    const end = store.clock.now();
    const start = end - DAY;
    try {
      const drawn = await Promise.all(
        plan(device).map((lines) => Promise.all(lines.map((line) => fetchLine(line, start, end)))),
      );
      if (life.ended) return;
      for (const chart of charts.splice(0)) chart.destroy();
      charts.push(
        ...drawn.map((lines) => dayChart({ lines, start, end, times, height: device.kind === 'light' ? 170 : 120 })),
      );
      fill(box, charts.length ? charts.map((chart) => chart.node) : el('p', { class: 'empty' }, t('chart.empty')));
    } catch (problem) {
      if (!life.ended) fill(box, el('p', { class: 'error', role: 'alert' }, problem.message));
    }
  };
  life.finally(() => charts.splice(0).forEach((chart) => chart.destroy()));
  renew();
  return { node: el('section', {}, el('h3', {}, t('device.day')), box), renew };
}
