/** Charts of the last day, drawn by uPlot in the page's colours, language and time zone. */

import uPlot from '../vendor/uplot/uPlot.esm.js';
import { el, fill } from './dom.js';
import { number } from './format.js';
import { t } from './i18n.js';

const SHORTEST = 3600; // s that a chart shows at least; it begins where the readings do
const GAP = 45 * 60; // s without a reading before the line breaks

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Points [[RFC 3339, value], ...] as [seconds, value], oldest first. */
function seconds(points) {
  return points.map(([time, value]) => [Date.parse(time) / 1000, value]).sort((a, b) => a[0] - b[0]);
}

/**
 * One time axis for several series [[seconds, value], ...], oldest first: `undefined` where a series has no reading,
 * null all through a gap, where its line must break.
 */
export function align(series, gap = GAP) {
  const times = new Set();
  for (const points of series) {
    points.forEach(([at], index) => {
      times.add(at);
      if (points[index + 1]?.[0] - at > gap) times.add(at + 1);
    });
  }
  const axis = [...times].sort((a, b) => a - b);
  return [axis, ...series.map((points) => column(axis, points, gap))];
}

function column(axis, points, gap) {
  let next = 0; // index of the first reading at or after the slot
  return axis.map((at) => {
    while (next < points.length && points[next][0] < at) next += 1;
    if (points[next]?.[0] === at) return points[next][1];
    const inGap = next > 0 && next < points.length && points[next][0] - points[next - 1][0] > gap;
    return inGap ? null : undefined;
  });
}

/** Series in words, for those who cannot see the lines. */
function spoken(lines) {
  return lines
    .filter(({ points }) => points.length)
    .map(({ label, unit, points }) => {
      const values = points.map(([, value]) => value);
      return t('chart.spoken', {
        label,
        unit,
        low: number(Math.min(...values)),
        high: number(Math.max(...values)),
        last: number(values.at(-1)),
      });
    })
    .join(' ');
}

/** What the lines show, in which unit, how it was brought together, and over which time. */
function caption(lines, from, to, times) {
  const shown = lines.filter(({ points }) => points.length);
  const said = shown.map(({ label, unit, how, minutes }) => t(`chart.how.${how}`, { label, unit, n: minutes }));
  return [...said, t('chart.period', { from: times.short(from), to: times.short(to) })].join(' ');
}

/** From where to where the scale of a line runs when its readings do from `low` to `high`. */
function span({ top, floating }, low, high) {
  if (!floating) return [Math.min(0, low), (top ?? Math.max(high, 1)) * 1.08];
  const margin = Math.max((high - low) * 0.15, 0.5);
  return [low - margin, high + margin];
}

/**
 * A chart of `lines` [{label, unit, colour (a custom property's name), how (mean, raw, hourly or sum: of `minutes`), points,
 * step?, top?, floating? (the scale need not begin at 0)}] between `start` and `end` (ms); lines break after `gap` s.
 * Returns {node, destroy}. Without any reading it says so instead.
 */
export function dayChart({ lines, start, end, times, height = 170, gap = GAP }) {
  const series = lines.map(({ points }) => seconds(points));
  const first = Math.min(...series.map((points) => points[0]?.[0] ?? Infinity));
  const from = Math.min(Math.max(start / 1000, first - 300), end / 1000 - SHORTEST);
  if (series.every((points) => points.length === 0)) {
    return { node: el('p', { class: 'empty', 'data-testid': 'no-readings' }, t('chart.empty')), destroy() {} };
  }
  const node = el('div', { class: 'chart', role: 'img', 'aria-label': spoken(lines), 'data-testid': 'chart' });
  const legend = el('div', { class: 'chartlegend' });
  const told = caption(lines, from * 1000, end, times);
  const axis = {
    stroke: colour('muted'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  };
  const options = {
    width: 320,
    height,
    padding: [8, lines.length > 1 ? 0 : 18, 0, 0], // so that the last time is not cut off
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: {
      x: { range: () => [from, end / 1000] },
      ...Object.fromEntries(
        lines.map((line, at) => [`y${at}`, { range: (u, low, high) => span(line, low ?? 0, high ?? 1) }]),
      ),
    },
    axes: [
      { ...axis, space: 54, size: 24, values: (u, splits) => splits.map((at) => times.minute(at * 1000)) },
      ...lines.map(({ colour: name, top }, at) => ({
        ...axis,
        scale: `y${at}`,
        side: at ? 1 : 3,
        stroke: colour(name),
        grid: at ? { show: false } : axis.grid,
        size: 42,
        values: (u, splits) => splits.map((value) => (top && value > top ? '' : number(value, 1))),
      })),
    ],
    series: [
      {},
      ...lines.map(({ label, colour: name, step }, at) => ({
        label,
        scale: `y${at}`,
        stroke: colour(name),
        width: 2,
        points: { show: series[at].length < 3, size: 5 },
        paths: step ? uPlot.paths.stepped({ align: 1 }) : undefined,
      })),
    ],
    hooks: { setCursor: [(u) => show(u.cursor.idx)] },
  };

  function show(index) {
    const last = (points) => points.at(-1);
    fill(
      legend,
      lines.map(({ label, unit, colour: name }, at) => {
        const reading =
          index === null || index === undefined ? last(series[at]) : nearest(series[at], chart.data[0][index]);
        const mark = el('i', {});
        mark.style.setProperty('background', `var(--${name})`);
        const value = reading ? `${number(reading[1])} ${unit}` : '–';
        return el(
          'span',
          {},
          mark,
          label,
          ' ',
          el('b', {}, value),
          reading ? el('time', {}, times.minute(reading[0] * 1000)) : null,
        );
      }),
    );
  }

  const chart = new uPlot(options, align(series, gap), node);
  show(null);
  const watch = new ResizeObserver(() => node.clientWidth && chart.setSize({ width: node.clientWidth, height }));
  watch.observe(node);
  return {
    node: el('div', {}, legend, node, el('p', { class: 'muted', 'data-testid': 'chart-caption' }, el('small', {}, told))),
    destroy() {
      watch.disconnect();
      chart.destroy();
    },
  };
}

/** The reading at or before `at`, else the first. */
function nearest(points, at) {
  let found = points[0];
  for (const point of points) if (point[0] <= at) found = point;
  return found;
}
