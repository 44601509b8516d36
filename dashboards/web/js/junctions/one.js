/** One junction: how it runs this second, what holds it, what may be ordered, and the way to its plan sets. */

import { el, fill, setText } from '../dom.js';
import { duration, number } from '../format.js';
import { language, t, word } from '../i18n.js';
import { Bars } from './bars.js';
import { junction, watch } from './calls.js';
import { handOf, stageAt } from './cycle.js';
import { operations } from './operations.js';
import { setsPage } from './sets.js';
import { Ring } from './ring.js';
import { ageOf, clockText, faultsText, isFresh, modeText, whyText } from './words.js';

const WATCHED = 120; // s that the controller is asked to say its state each second
const LOOK = 1_000; // ms between two looks while it says so
const TURN = 200; // ms between two places of the hand

/** The view of junction `id`. */
export function onePage(room, id, life) {
  const { api, store } = room.context;
  const parts = pieces(room, id, life);
  let asked = 0;
  let busy = false;
  const look = async () => {
    if (busy || document.hidden) return;
    busy = true;
    try {
      if (performance.now() > asked) {
        asked = performance.now() + (WATCHED - 20) * 1000;
        watch(api, id, WATCHED).catch((problem) => setText(parts.watched, problem.message));
      }
      const item = await junction(api, id);
      if (!life.ended) parts.show(item);
    } catch (problem) {
      if (!life.ended) parts.fail(problem);
    }
    busy = false;
  };
  life.every(LOOK, look);
  life.every(TURN, () => parts.turn(store.clock.now()));
  look();
  return { title: id, node: parts.node };
}

/** The program that the controller says it runs, of those that the junction has; null when it is none of them. */
export function running(item) {
  const name = item.state?.mode === 'plan' ? item.state.program : null;
  const found = (name && item.programs?.[name]) || null;
  return found && found.cycle === item.state.cycle ? found : null;
}

function pieces(room, id, life) {
  const { context } = room;
  const ring = new Ring();
  const bars = new Bars(life);
  const head = el('div', { class: 'junctionhead', role: 'status', 'data-testid': 'junction-mode' });
  const wrong = el('p', { class: 'flags', role: 'alert', 'data-testid': 'junction-wrong', hidden: true });
  const old = el('p', { class: 'oldstate', 'data-testid': 'junction-old', hidden: true });
  const watched = el('p', { class: 'muted' });
  const picture = el('div', { class: 'junctionlive', 'data-testid': 'junction-live' }, ring.node, bars.node);
  const unknown = el('p', { class: 'notice', hidden: true, 'data-testid': 'junction-unknown' });
  const error = el('p', { class: 'error', role: 'alert', hidden: true });
  const facts = el('dl', { class: 'facts', 'data-testid': 'junction-facts' });
  const day = el('div', { 'data-testid': 'junction-day' });
  const acts = operations(room, id, life);
  let item = null;
  let drawn = '';
  const sets = el('button', { type: 'button', 'data-testid': 'sets-open', onclick: () => room.go((next) => setsPage(room, item ?? { id }, next)) }, t('sets.open'));
  const onMap = () => {
    room.leave(() => {
      room.close();
      context.store.select('device', id);
    });
  };
  const node = el('div', { class: 'junctionone', 'data-testid': 'junction-one', 'data-junction': id }, [
    error,
    head,
    wrong,
    old,
    picture,
    unknown,
    acts.node,
    el('div', { class: 'acts' }, sets, el('button', { type: 'button', 'data-testid': 'junction-map', onclick: onMap }, t('junctions.on-map'))),
    day,
    facts,
    watched,
  ]);

  const show = (next) => {
    item = next;
    error.hidden = true;
    room.title(item.name || item.id);
    const program = running(item);
    const groups = item.intersection?.groups ?? [];
    const text = JSON.stringify([program, groups]);
    if (text !== drawn) {
      drawn = text;
      ring.show(program ?? (item.state?.cycle ? { cycle: item.state.cycle } : null));
      bars.node.hidden = !program;
      if (program) bars.show(program, groups);
    }
    const why = whyText(item.why_not);
    wrong.hidden = !why;
    setText(wrong, why);
    unknown.hidden = Boolean(program) || item.state?.mode !== 'plan';
    setText(unknown, item.active ? t('junctions.own-program', { program: item.state?.program ?? '–' }) : t('junctions.no-set'));
    fill(facts, factRows(context, item));
    fill(day, dayPart(context, item));
    acts.show(item);
    turn(context.store.clock.now());
  };
  const turn = (now) => {
    if (!item) return;
    const { state } = item;
    const program = running(item);
    const cut = context.store.connection.state === 'cut';
    const { second, live } = state ? hand(state, now) : { second: null, live: false };
    const stage = second === null || !program ? null : stageAt(program.stages, second, program.cycle);
    ring.turn({ second, live: live && !cut, stage: live ? stage : null, under: state ? word('signalmode', state.mode) : '' });
    bars.turn(second, live && !cut);
    const stale = !state || !live || cut;
    picture.classList.toggle('stale', stale);
    old.hidden = !stale;
    setText(old, state ? t('junctions.as-of', { duration: duration(ageOf(state, now)) }) : t('junctions.never-said'));
    const fresh = isFresh(state, now) && !cut;
    head.className = `junctionhead ${fresh ? state.mode : 'old'}`;
    setText(head, fresh ? modeText(state) : state ? t('junctions.last-said', { mode: modeText(state), duration: duration(ageOf(state, now)) }) : t('junctions.never'));
  };
  const fail = (problem) => {
    error.hidden = false;
    fill(error, problem.message);
  };
  return { node, show, turn, fail, watched };
}

/** The second hand after the hub's view of a state, whose moments are RFC 3339. */
function hand(state, now) {
  const seconds = (moment) => (moment ? Date.parse(moment) / 1000 : undefined);
  return handOf({ ...state, time: seconds(state.time), received: seconds(state.received) }, now / 1000);
}

function factRows({ times }, item) {
  const { state, active, next } = item;
  const rows = [
    ['clock', state && clockText(state.clock_error), Math.abs(state?.clock_error ?? 0) > 1],
    ['faults', state && (state.faults?.length ? faultsText(state.faults) : t('junctions.no-faults')), Boolean(state?.faults?.length)],
    ['correction', state?.correction ? t('junctions.correction', { s: number(state.correction, 0) }) : ''],
    ['by', state?.by && word('signalby', state.by)],
    ['until', state?.until && times.short(state.until)],
    ['selected', state?.selected && state.selected !== state.program && state.selected],
    ['active', active ? t('junctions.set-since', { version: active.version, since: times.short(active.since) }) : t('junctions.no-active'), active?.followed === false],
    ['next', next && `${t('sets.version', { version: next.version })} · ${word('planstate', next.state)}`],
    ['due', programName(item.due)],
    ['checksum', state?.checksum && state.checksum.slice(0, 12)],
    ['detectors', detectorsText(item.detectors)],
  ];
  return rows
    .filter(([, value]) => value)
    .map(([key, value, bad]) => el('div', {}, el('dt', {}, t(`junctions.fact.${key}`)), el('dd', { class: bad ? 'wrong' : '' }, value)));
}

function programName(due) {
  return typeof due === 'string' ? due : due?.program;
}

/** What the detectors say: how many were counted, whether something stands there, which are broken. */
export function detectorsText(detectors) {
  const one = ([id, { count = null, occupied = null, broken = false }]) => {
    const said = [count === null ? '' : number(count), occupied ? t('junctions.occupied') : '', broken ? t('junctions.broken') : ''];
    return [id, ...said].filter(Boolean).join(' ');
  };
  return Object.entries(detectors ?? {}).map(one).join(', ');
}

/** The programs of today with their times, the present one marked. */
function dayPart({ store, times }, item) {
  const steps = item.day?.steps ?? item.day?.entries ?? (Array.isArray(item.day) ? item.day : []);
  if (!steps.length) return null;
  const now = store.clock.now();
  const starts = steps.map((each) => Date.parse(each.time ?? each.start));
  const at = starts.findLastIndex((start) => start <= now);
  return [
    el('h3', {}, t('junctions.today')),
    item.day.why?.[language()] ? el('p', { class: 'muted' }, item.day.why[language()]) : null,
    el('ol', { class: 'dayplan' }, steps.map((each, place) => el('li', { class: place === at ? 'present' : '', 'aria-current': place === at ? 'time' : null }, [el('time', {}, times.minute(starts[place])), ' ', el('b', {}, each.program ?? '–')]))),
  ];
}
