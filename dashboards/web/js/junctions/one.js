/** One junction: how it runs this second, what holds it, what may be ordered, and the way to its plan sets. */

import { el, fill, paced, setText } from '../dom.js';
import { duration } from '../format.js';
import { t, word } from '../i18n.js';
import { Bars } from './bars.js';
import { junction, onePlan, watch } from './calls.js';
import { handOf, stageAt } from './cycle.js';
import { dayPart, factRows } from './facts.js';
import { operations } from './operations.js';
import { Ring } from './ring.js';
import { ageOf, faultsText, isFresh, modeText, whyText } from './words.js';

const WATCHED = 120; // s that the controller is asked to say its state each second
const AGAIN = 100_000; // ms until it is asked again
const LOOK = 10_000; // ms between two looks at everything: what it says comes by itself
const TURN = 200; // ms between two places of the hand

/** The view of junction `id`. */
export function onePage(room, id, life) {
  const { api, store } = room.context;
  const view = new OneView(room, id, life);
  const look = async () => {
    try {
      const item = await junction(api, id);
      const plan = (item.active ?? item.next)?.id ?? null;
      if (plan !== view.plan) view.take(plan, plan ? (await onePlan(api, plan)).plan_set : null);
      if (!life.ended) view.show(item);
    } catch (problem) {
      if (!life.ended) view.fail(problem);
    }
  };
  const soon = paced(300, look);
  const ask = () => !document.hidden && watch(api, id, WATCHED).then(() => view.watched(''), (problem) => view.watched(problem.message));
  life.on(store, 'junctions', (items) => {
    const said = items.findLast((each) => each.id === id);
    if (!said) return;
    if (view.hear(said)) soon();
  });
  life.every(LOOK, look);
  life.every(AGAIN, ask);
  life.every(TURN, () => view.turn(store.clock.now()));
  look();
  ask();
  return { title: id, node: view.node };
}

/** The program that the controller says it runs: a held stage's, or as `planSet` has it; null when it is none of them as they are written there. */
export function running(item, planSet) {
  const { state, order } = item;
  if (state?.mode === 'plan' && order?.body && order.stage_of === 'running') return order.body;
  const name = state?.mode === 'plan' ? state.program : null;
  const known = (item.programs ?? []).find((each) => each.id === name);
  const program = (name && planSet?.programs?.[name]) || null;
  return program && known?.checksum === state.checksum ? program : null;
}

class OneView {
  constructor(room, id, life) {
    Object.assign(this, { room, id, plan: undefined, planSet: null, item: null, drawn: '' });
    const { context } = room;
    this.ring = new Ring();
    this.bars = new Bars(life);
    this.head = el('div', { class: 'junctionhead', role: 'status', 'data-testid': 'junction-mode' });
    this.wrong = el('p', { class: 'flags', role: 'alert', 'data-testid': 'junction-wrong', hidden: true });
    this.old = el('p', { class: 'oldstate', 'data-testid': 'junction-old', hidden: true });
    this.unwatched = el('p', { class: 'muted', hidden: true });
    this.picture = el('div', { class: 'junctionlive', 'data-testid': 'junction-live' }, this.ring.node, this.bars.node);
    this.unknown = el('p', { class: 'notice', hidden: true, 'data-testid': 'junction-unknown' });
    this.error = el('p', { class: 'error', role: 'alert', hidden: true });
    this.facts = el('dl', { class: 'facts', 'data-testid': 'junction-facts' });
    this.day = el('div', { 'data-testid': 'junction-day' });
    this.acts = operations(room, id, life);
    const sets = el('button', { type: 'button', 'data-testid': 'sets-open', onclick: () => room.visit('sets', this.item ?? { id }) }, t('sets.open'));
    const wave = () => room.visit('wave', this.planSet.coordination.group);
    this.wave = el('button', { type: 'button', hidden: true, 'data-testid': 'junction-wave', onclick: wave }, t('waves.title'));
    const onMap = () =>
      room.leave(() => {
        room.close();
        context.store.select('device', id);
      });
    this.node = el('div', { class: 'junctionone', 'data-testid': 'junction-one', 'data-junction': id }, [
      this.error,
      this.head,
      this.wrong,
      this.old,
      this.acts.node,
      this.picture,
      this.unknown,
      el('div', { class: 'acts' }, sets, this.wave, el('button', { type: 'button', 'data-testid': 'junction-map', onclick: onMap }, t('junctions.on-map'))),
      this.day,
      this.facts,
      this.unwatched,
      this.acts.keys,
    ]);
  }

  /** The plan set `plan` is the one that counts there now. */
  take(plan, planSet) {
    Object.assign(this, { plan, planSet });
  }

  /** Why its state does not come each second; empty when it does. */
  watched(text) {
    this.unwatched.hidden = !text;
    setText(this.unwatched, text);
  }

  /** Take over what an event says of it. True when everything has to be read anew. */
  hear(said) {
    if (!this.item || said.deleted) return true;
    const other = said.active?.id !== this.item.active?.id || said.next?.id !== this.item.next?.id || said.due !== this.item.due;
    this.show({ ...this.item, ...said });
    return other;
  }

  show(item) {
    this.item = item;
    const { context } = this.room;
    this.error.hidden = true;
    this.room.title(item.name || item.id);
    this.wave.hidden = !this.planSet?.coordination?.group;
    this.#draw(running(item, this.planSet));
    const why = whyText(item.why_not);
    this.wrong.hidden = !why;
    setText(this.wrong, why || faultsText(item.state));
    fill(this.facts, factRows(context, item));
    fill(this.day, dayPart(context, item));
    this.acts.show(item, this.planSet);
    this.turn(context.store.clock.now());
  }

  #draw(program) {
    const { item, ring, bars } = this;
    const groups = program?.groups?.map((id) => ({ id })) ?? this.planSet?.intersection?.groups ?? item.intersection?.groups ?? [];
    const cycle = item.state?.mode === 'plan' && item.state.cycle;
    const text = JSON.stringify([program, groups, cycle]);
    if (text !== this.drawn) {
      this.drawn = text;
      ring.show(program ?? (cycle ? { cycle } : null));
      bars.node.hidden = !program;
      if (program) bars.show(program, groups);
    }
    this.unknown.hidden = Boolean(program) || item.state?.mode !== 'plan';
    const values = { program: item.state?.program ?? '–' };
    setText(this.unknown, item.active ? t('junctions.own-program', values) : t('junctions.no-set', values));
  }

  /** Bring to `now` what moves by itself: the hand, how old what is shown is. */
  turn(now) {
    const { item } = this;
    if (!item) return;
    const { state } = item;
    const cut = this.room.context.store.connection.state === 'cut';
    const { second, live } = state ? hand(state, now, this.room.context.store.clock.rate) : { second: null, live: false };
    const moving = live && !cut;
    const program = running(item, this.planSet);
    const stage = second === null ? null : program?.stages ? stageAt(program.stages, second, program.cycle) : state.stage;
    this.ring.turn({ second, live: moving, stage, under: state && !program ? word('signalmode', state.mode) : '' });
    this.bars.turn(second, moving);
    this.picture.classList.toggle('stale', !moving);
    this.old.hidden = Boolean(moving);
    setText(this.old, state ? t('junctions.as-of', { duration: duration(ageOf(state, now)) }) : t('junctions.never-said'));
    const fresh = isFresh(state, now) && !cut;
    this.head.className = `junctionhead ${fresh ? state.mode : 'old'}`;
    const before = state && { mode: modeText(state), duration: duration(ageOf(state, now)) };
    setText(this.head, fresh ? modeText(state) : before ? t('junctions.last-said', before) : t('junctions.never'));
  }

  fail(problem) {
    this.error.hidden = false;
    fill(this.error, problem.message);
  }
}

/** The second hand after the hub's view of a state, whose moments are RFC 3339. */
function hand(state, now, rate) {
  const seconds = (moment) => (moment ? Date.parse(moment) / 1000 : undefined);
  return handOf({ ...state, time: seconds(state.time), received: seconds(state.received) }, now / 1000, rate);
}
