/** The panel of a zone: counts, its order, what holds there, its power over the last day. */

import { dayChart } from './chart.js';
import { el, fill, setText } from './dom.js';
import { icon } from './icons.js';
import { t } from './i18n.js';
import { countTiles, updateTiles } from './zones.js';
import { zonePlan } from './plans/zone.js';
import { Ordering } from './ordering.js';
import { touchingZone } from './overrides.js';
import { troubledPart } from './troubled.js';
import { zoneWhy } from './why.js';
import { sensingOfZone } from './sensing.js';

const DAY = 86_400_000;
const QUARTER = 900_000;

/** The way down to a zone as buttons. */
export function breadcrumb(context, zones) {
  return el(
    'nav',
    { class: 'crumbs', 'aria-label': t('panel.path') },
    zones.map((zone) =>
      el('button', { type: 'button', class: 'link', onclick: () => context.store.select('zone', zone.id) }, zone.name),
    ),
  );
}

/** Title line of a panel with its close button. */
export function heading(context, title, extra = []) {
  return el('header', { class: 'heading' }, [
    el('h2', { tabindex: -1 }, title),
    extra,
    el(
      'button',
      {
        type: 'button',
        class: 'quiet square',
        'aria-label': t('panel.close'),
        onclick: () => context.store.select(null),
      },
      icon('close'),
    ),
  ]);
}

/** Build the panel of zone `id`; it follows changes until `life` ends. */
export function zonePanel(context, id, life) {
  const { store, api, times } = context;
  const zone = () => store.tree.get(id);
  const tiles = countTiles(zone().counts);
  const ordering = new Ordering(
    context,
    { type: 'zone', id, zone: id, name: zone().name, lights: () => zone()?.counts?.lights ?? 0 },
    life,
    touchingZone(store, id),
  );
  const byHub = el('p', { class: 'muted', 'data-testid': 'count-by-hub' });
  const showByHub = () => {
    const n = zone().counts?.by_hub ?? 0;
    setText(byHub, n ? t('zone.by-hub', { n }) : '');
    byHub.hidden = !n;
  };
  showByHub();
  life.on(store, 'counts', (ids) => {
    if (!ids.has(id)) return;
    updateTiles(tiles, zone().counts);
    showByHub();
    ordering.refresh();
  });
  const toZone = el(
    'button',
    {
      type: 'button',
      class: 'quiet square',
      'aria-label': t('panel.zoom'),
      title: t('panel.zoom'),
      onclick: () => context.map.fitZone(id),
    },
    icon('focus'),
  );
  return el('div', { class: 'zonepanel', 'data-testid': 'zone-panel' }, [
    breadcrumb(context, store.tree.path(id).slice(0, -1)),
    heading(context, zone().name, [toZone]),
    tiles,
    byHub,
    troubledPart(context, id, life),
    zoneWhy(context, id, life),
    sensingOfZone(context, id, life),
    ordering.node,
    zonePlan(context, id, life),
    powerOfZone(id, api, times, store.clock, life),
  ]);
}

/** The zone's power over the last day, fetched when opened. */
function powerOfZone(id, api, times, clock, life) {
  const box = el('div', {});
  const details = el(
    'details',
    { class: 'fold', 'data-testid': 'zone-power' },
    el('summary', {}, t('zone.power')),
    box,
  );
  let chart = null;
  const load = async () => {
    if (!details.open) return;
    if (!chart) fill(box, el('p', { class: 'muted' }, t('loading')));
    const end = clock.now();
    const begun = end - (end % QUARTER); // the quarter-hour that is not over: only some of the lights have reported in it
    const start = begun - DAY;
    try {
      const query = {
        zone: id,
        metric: 'power',
        agg: 'sum',
        every: '15m',
        start: new Date(start).toISOString(),
        end: new Date(end).toISOString(),
      };
      const answer = await api.zoneTelemetry(query);
      if (life.ended) return;
      chart?.destroy();
      const over = answer.points.filter(([time]) => Date.parse(time) < begun);
      const shown = over.length ? over : answer.points;
      const kilo = shown.some(([, value]) => value >= 10_000);
      const points = shown.map(([time, value]) => [time, kilo ? value / 1000 : value]);
      const unit = kilo ? 'kW' : 'W';
      const line = { label: t('metric.power'), unit, colour: 'chart-power', how: 'sum', minutes: 15, points };
      chart = dayChart({ lines: [line], start, end, times });
      fill(box, chart.node);
    } catch (problem) {
      fill(box, el('p', { class: 'error', role: 'alert' }, problem.message));
    }
  };
  details.addEventListener('toggle', load);
  life.every(60_000, load);
  life.finally(() => chart?.destroy());
  return details;
}
