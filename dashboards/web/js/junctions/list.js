/** The list of junctions: how each runs, by which program, what its clock is off and what is wrong; filtered, searched, as a file. */

import { csv } from '../csv.js';
import { el, fill, paced } from '../dom.js';
import { t, word } from '../i18n.js';
import { plain } from '../format.js';
import { rowKeys } from '../rowkeys.js';
import { saveAs } from '../refused.js';
import { junctions } from './calls.js';
import { ageText, clockText, faultsText, isFresh, modeText, MODES, orderText, whyText } from './words.js';

const EVERY = 30_000; // ms between two looks at all of them: changes come by themselves
const WORST = { fault: 0, dark: 1, flash: 2, manual: 3, local: 4, never: 5, old: 6 };
const FILTERS = ['all', 'wrong', 'ordered'];

/** Whether the clock of a junction is further off than the city's `limits` allow: coordination dies of it. */
function clockOff(item, limits) {
  return Math.abs(item.state?.clock_error ?? 0) > limits?.junction_clock_seconds;
}

/** How urgent a junction is, the least number first; 9 for one that runs as it should. */
export function urgency(item, now, limits) {
  if (!item.state) return WORST.never;
  if (item.state.mode in WORST) return WORST[item.state.mode];
  if (!isFresh(item.state, now)) return WORST.old;
  if (clockOff(item, limits) || item.state.faults?.length || item.available === false) return 7;
  return item.order ? 8 : 9;
}

/** What is not as it should be, in words; empty when all is. */
export function wrongText(item, now, limits) {
  const { state } = item;
  const said = [
    whyText(item.why_not),
    state?.faults?.length ? faultsText(state) : '',
    state && !isFresh(state, now) ? t('junctions.old') : '',
    clockOff(item, limits) ? t('junctions.clock-off', { by: clockText(state.clock_error) }) : '',
    item.active?.followed === false ? t('junctions.not-followed') : '',
  ];
  return said.filter(Boolean).join(' · ');
}

/** The list as a table that spreadsheets read; moments in UTC. */
export function junctionsCsv(items, now, limits) {
  const head = ['id', 'name', 'zone', 'mode', 'program', 'stage', 'clock_error', 'faults', 'available', 'wrong', 'active_plan', 'order', 'order_until', 'said'];
  const line = (item) => [
    item.id, item.name ?? '', item.zone ?? '', item.state?.mode ?? '', item.state?.program ?? '', item.state?.stage ?? '', item.state?.clock_error ?? '',
    (item.state?.faults ?? []).join(' '), String(item.available ?? ''), wrongText(item, now, limits), item.active?.id ?? '', item.order?.kind ?? '', item.order?.until ?? '', item.state?.time ?? '',
  ]; // prettier-ignore
  return csv(head, items.map(line));
}

/** The view of the list. */
export function junctionList(room, life) {
  const { context } = room;
  const { api, store } = context;
  let items = null;
  let shown = '';
  const list = el('ul', { class: 'alarmlist junctionlist', tabindex: -1, 'data-testid': 'junctions-list' }, el('li', { class: 'empty' }, t('loading')));
  const count = el('p', { class: 'muted', role: 'status', 'data-testid': 'junctions-count' });
  const error = el('p', { class: 'error', role: 'alert', hidden: true });
  const soon = paced(150, () => show());
  const search = el('input', { type: 'search', 'data-testid': 'junctions-search', 'aria-label': t('junctions.search'), placeholder: t('junctions.search'), value: room.found ?? '', oninput: soon });
  const select = (name, options, text, value) =>
    el('select', { 'data-testid': `junctions-${name}`, 'aria-label': t(`junctions.filter.${name}`), onchange: () => show() }, options.map((each) => el('option', { value: each, selected: each === value }, text(each))));
  const which = select('which', FILTERS, (each) => t(`junctions.which.${each}`), room.which);
  const mode = select('mode', ['', ...MODES], (each) => (each ? word('signalmode', each) : t('junctions.every-mode')), room.mode);

  const chosen = () => {
    const now = store.clock.now();
    const wanted = plain(search.value.trim());
    const fits = (item) =>
      (!wanted || plain(`${item.id} ${item.name ?? ''}`).includes(wanted)) &&
      (!mode.value || item.state?.mode === mode.value) &&
      (which.value !== 'wrong' || urgency(item, now, store.limits) < 8) &&
      (which.value !== 'ordered' || item.order);
    return (items ?? []).filter(fits).sort((one, other) => urgency(one, now, store.limits) - urgency(other, now, store.limits) || (one.name || one.id).localeCompare(other.name || other.id));
  };
  const show = () => {
    Object.assign(room, { found: search.value, which: which.value, mode: mode.value });
    if (!items) return;
    const now = store.clock.now();
    const found = chosen();
    const text = JSON.stringify([found, Math.floor(now / 1000 / 5)]);
    if (text === shown) return;
    shown = text;
    const focused = list.contains(document.activeElement) ? document.activeElement.closest('li')?.dataset.testid : null;
    fill(count, t('junctions.count', { n: found.length, all: items.length }));
    fill(list, found.length ? found.map((item) => row(room, item, now)) : el('li', { class: 'empty' }, t(items.length ? 'junctions.none-such' : 'junctions.none')));
    if (focused) (list.querySelector(`[data-testid="${CSS.escape(focused)}"]`) ?? list).focus();
  };
  const load = async () => {
    try {
      const answer = await junctions(api);
      if (life.ended) return;
      items = answer;
      error.hidden = true;
      show();
    } catch (problem) {
      if (life.ended) return;
      error.hidden = false;
      fill(error, problem.message);
    }
  };
  const save = () => saveAs(new Blob([junctionsCsv(chosen(), store.clock.now(), store.limits)], { type: 'text/csv' }), `junctions-${new Date(store.clock.now()).toISOString().slice(0, 10)}.csv`);
  const node = el('div', { class: 'junctionsview' }, [
    el('div', { class: 'filters' }, which, mode, search),
    el('div', { class: 'acts' }, [
      el('button', { type: 'button', 'data-testid': 'waves-open', onclick: () => room.visit('waves') }, t('waves.title')),
      el('button', { type: 'button', 'data-testid': 'routes-open', onclick: () => room.visit('routes') }, t('routes.title')),
      el('button', { type: 'button', 'data-testid': 'junctions-csv', onclick: save }, t('junctions.csv')),
    ]),
    count,
    error,
    list,
  ]);
  rowKeys(node, () => list);
  life.on(store, 'junctions', (changed) => {
    const known = new Map(changed.map((item) => [item.id, item]));
    items = items?.map((item) => known.get(item.id) ?? item).filter((item) => !item.deleted) ?? null;
    soon();
  });
  life.every(EVERY, load);
  life.every(1_000, show);
  load();
  return { title: t('junctions.title'), node };
}

function row(room, item, now) {
  const { times } = room.context;
  const { limits } = room.context.store;
  const wrong = wrongText(item, now, limits);
  const urgent = urgency(item, now, limits);
  const fresh = isFresh(item.state, now);
  const open = () => room.visit('one', item.id);
  const worst = urgent === 0 ? 'critical' : urgent < 4 ? 'high' : urgent < 8 ? 'medium' : 'low';
  const key = (event) => {
    if (event.key !== 'Enter' || event.target !== event.currentTarget) return;
    event.preventDefault();
    open();
  };
  return el(
    'li',
    { class: `alarm junction ${worst}`, tabindex: 0, 'data-testid': `junction-${item.id}`, onkeydown: key, onclick: open },
    el('p', { class: 'head' }, [
      el('b', {}, item.name || item.id),
      item.name && item.name !== item.id ? el('span', { class: 'muted' }, item.id) : null,
      el('span', { class: `mode ${fresh ? item.state.mode : 'old'}` }, modeText(item.state)),
      item.state ? el('span', { class: fresh ? 'muted heardago' : 'bad heardago' }, ageText(item.state, now)) : null,
    ]),
    wrong ? el('p', { class: 'flags' }, wrong) : null,
    item.order ? el('p', { class: 'ordered' }, [el('b', {}, t(`junctions.progress.${item.order.stage_of}`)), ' ', orderText(item.order, times)]) : null,
    el('p', { class: 'muted' }, [item.active ? t('junctions.active', { version: item.active.version }) : t('junctions.no-active'), item.state ? t('junctions.clock', { by: clockText(item.state.clock_error) }) : ''].filter(Boolean).join(' · ')),
  );
}
