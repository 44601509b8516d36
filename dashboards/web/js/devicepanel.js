/** The panel of one device: a lamp with its three levels and its order, or any other with what it measures. */

import { cabinetPart } from './cabinet.js';
import { conditionLines } from './conditions.js';
import { keyPart } from './devicekey.js';
import { debounce, el, fill, setText } from './dom.js';
import { duration } from './format.js';
import { icon } from './icons.js';
import { t, word } from './i18n.js';
import { markLines } from './incidents/cards.js';
import { junctionPart } from './junctions/onmap.js';
import { levels } from './levels.js';
import { heldPart, Ordering } from './ordering.js';
import { touchingDevice } from './overrides.js';
import { history, readings } from './readings.js';
import { lampWhy } from './why.js';
import { breadcrumb, heading } from './zonepanel.js';

const RENEW = 30_000;
const USUAL = 'default'; // the id of the calendar that the hub makes of its settings
const FED = 'feed'; // the profile of lights without a controller

/** Build the panel of device `id`; it follows changes until `life` ends. */
export function devicePanel(context, id, life) {
  const { store, api } = context;
  const box = el(
    'div',
    { class: 'devicepanel', 'data-testid': 'device-panel', 'data-device': id },
    heading(context, id),
    el('p', { class: 'muted' }, t('loading')),
  );
  let shown = null;
  const load = async () => {
    try {
      const device = await api.device(id);
      if (life.ended) return;
      if (shown) shown.update(device);
      else shown = build(context, device, life, box);
    } catch (problem) {
      const gone = shown && problem.status === 404;
      if (life.ended || (shown && !gone)) return;
      const text = gone ? t('device.deleted') : problem.message;
      if (gone) life.end(); // nothing of it may go on
      fill(box, heading(context, id), el('p', { class: 'error', role: 'alert', 'data-testid': 'device-problem' }, text));
    }
  };
  const soon = debounce(1_500, () => life.ended || load());
  life.on(store, 'devices', (items) => {
    const item = items.findLast((one) => one.id === id);
    if (!item) return;
    shown?.update(item);
    soon();
  });
  life.every(RENEW, load);
  load();
  return box;
}

function build(context, first, life, box) {
  const { store } = context;
  let device = first;
  const light = device.kind === 'light';
  const parts = {
    state: el('p', { class: 'online', 'data-testid': 'device-online' }),
    clock: el('p', { class: 'clockoff', 'data-testid': 'clock-off' }),
    plan: el('p', { class: 'muted', 'data-testid': 'device-plan' }),
    marks: el('div', {}),
    conditions: el('ul', { class: 'conditions', 'data-testid': 'conditions' }),
    levels: el('div', {}),
    readings: el('div', {}),
  };
  const target = { type: 'device', id: device.id, zone: device.zone, name: device.name, lights: () => (light ? 1 : 0) };
  const touching = touchingDevice(store, device.id, device.zone);
  const alone = light && device.profile !== FED;
  const ordering = alone ? new Ordering(context, target, life, touching).node : light && fedPart(context, device, touching, life);
  const cabinet = device.kind === 'cabinet' ? cabinetPart(context, device, life) : null;
  const toMap = el(
    'button',
    {
      type: 'button',
      class: 'quiet square',
      'aria-label': t('panel.show'),
      title: t('panel.show'),
      onclick: () => context.map.show(device.id),
    },
    icon('focus'),
  );
  const charts = history(context, device, life);
  const key = keyPart(context, device);

  const show = () => {
    setText(parts.state, onlineText(context, device));
    parts.state.classList.toggle('away', !device.online);
    setText(parts.clock, clockText(context, device.clock));
    parts.clock.hidden = !device.clock;
    setText(parts.plan, planText(context, device.plan));
    parts.plan.hidden = !device.plan;
    fill(parts.conditions, conditionLines(context, device.conditions ?? []));
    fill(parts.marks, markLines(store, device.id));
    cabinet?.show(device);
    key?.show(device);
    if (light) fill(parts.levels, levels(context, device));
    fill(parts.readings, readings(context, device));
  };
  fill(
    box,
    breadcrumb(context, store.tree.path(device.zone)),
    heading(context, device.name || device.id, [store.city.places.has(device.id) ? toMap : null]),
    el(
      'p',
      { class: 'muted id' },
      [device.id, word('kind', device.kind), device.status === 'active' ? null : word('status', device.status)]
        .filter(Boolean)
        .join(' · '),
    ),
    parts.state,
    parts.clock,
    parts.plan,
    parts.marks,
    parts.conditions,
    device.kind === 'junction' ? junctionPart(context, device.id, life) : null,
    el('p', {}, el('button', { type: 'button', 'data-testid': 'device-alarms', onclick: () => context.alarms.open({ device: device.id }) }, t('device.alarms'))),
    parts.levels,
    light ? lampWhy(context, device.id, life) : null,
    cabinet?.node,
    charts.node,
    ordering,
    el('section', {}, el('h3', {}, t('device.latest')), parts.readings),
    facts(context, device),
    key?.node,
  );
  show();
  life.on(store, 'incidents', show);
  life.every(10_000, show);
  return {
    /** Take over a newer state: of GET /devices/{id}, or an item of a `device` event. */
    update(change) {
      device = { ...device, ...change };
      show();
      if (change.latest) charts.renew();
    },
  };
}

function onlineText({ times }, device) {
  const seen = device.last_seen ?? device.light?.last_seen;
  if (device.online) return seen ? t('device.online-seen', { ago: times.ago(seen) }) : t('device.online');
  if (!device.offline_since) return t('device.never');
  return t(seen ? 'device.offline-seen' : 'device.offline-since', {
    time: times.short(device.offline_since),
    because: word('offline', device.offline_because),
    seen: times.short(seen),
  });
}

function clockText({ times }, clock) {
  if (!clock) return '';
  const since = times.short(clock.since);
  if (clock.error === null) return t('device.clock-unset', { since });
  const by = duration(Math.abs(clock.error));
  return t(clock.error > 0 ? 'device.clock-ahead' : 'device.clock-behind', { by, since });
}

function planText({ times }, plan) {
  if (!plan) return '';
  const calendar = plan.calendar === USUAL ? t('plan.usual') : plan.calendar;
  return t(`plan.${plan.state}`, { calendar, since: plan.since ? times.short(plan.since) : '' });
}

/** In place of an order form: a lamp without a controller is switched with its whole segment, from its cabinet's panel. */
function fedPart(context, device, touching, life) {
  const [cabinet, segment] = device.feed.split('/');
  const open = () => context.store.select('device', cabinet);
  const button = { type: 'button', 'data-testid': 'to-cabinet', onclick: open };
  return el('div', { class: 'ordering' }, [
    el('p', { class: 'notice', 'data-testid': 'fed' }, t('device.fed', { cabinet, segment })),
    el('button', button, t('device.fed-open', { cabinet })),
    heldPart(context, life, touching, (answer) => context.follow(answer.command)),
  ]);
}

/** What feeds a device, as a way to its cabinet. */
function feedLink({ store }, feed) {
  if (!feed) return null;
  const open = () => store.select('device', feed.split('/')[0]);
  return el('button', { type: 'button', class: 'link', 'data-testid': 'device-feed', onclick: open }, feed);
}

function facts(context, device) {
  const rows = [
    ['device.rated', device.rated_power && `${device.rated_power} W`],
    ['device.address', device.address],
    ['device.feed', feedLink(context, device.feed)],
    ['device.profile', device.profile],
    ['device.place', device.location && `${device.location.lat.toFixed(5)}, ${device.location.lon.toFixed(5)}`],
  ].filter(([, value]) => value);
  const list = el(
    'dl',
    { class: 'facts' },
    rows.map(([key, value]) => el('div', {}, el('dt', {}, t(key)), el('dd', {}, value))),
  );
  return el('details', { class: 'fold' }, el('summary', {}, t('device.facts')), list);
}
