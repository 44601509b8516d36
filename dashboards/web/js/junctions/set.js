/** One plan set: how far it is, what the linter says, what it changes, its evaluations, and the steps that somebody may take with it. */

import { el, fill } from '../dom.js';
import { t, word } from '../i18n.js';
import { holds } from '../permission.js';
import { saveAs } from '../refused.js';
import { Bars } from './bars.js';
import { addPlan, onePlan, planFile, removePlan } from './calls.js';
import { changePart } from './change.js';
import { evaluationPart } from './evaluations.js';
import { findingList, placed } from './findings.js';
import { activeSet } from './sets.js';
import { stepForms } from './steps.js';

const EVERY = 15_000;

/** The view of plan set `id` of `junction`. */
export function setPage(room, junction, id, life) {
  const { context } = room;
  const { api, store } = context;
  const error = el('p', { class: 'error', role: 'alert', hidden: true, 'data-testid': 'set-error' });
  const state = el('div', { class: 'setstate', role: 'status', 'data-testid': 'set-state' });
  const forms = el('div', {});
  const programs = el('div', { 'data-testid': 'set-programs' });
  const finds = el('div', {});
  const change = el('div', { 'data-testid': 'set-change' });
  const history = el('div', {});
  const files = el('div', { class: 'acts' });
  const evaluations = evaluationPart(room, id, life);
  let shown = null;
  let seen = ''; // content and state that were drawn
  let before = null;
  const fail = (problem) => {
    error.hidden = false;
    fill(error, problem.message);
  };
  const run = async (act) => {
    error.hidden = true;
    try {
      await act();
    } catch (problem) {
      fail(problem);
    }
  };
  const load = async () => {
    try {
      const plan = await onePlan(api, id);
      if (life.ended) return;
      if (`${plan.digest} ${plan.state}` !== seen) {
        const active = await activeSet(api, junction.id).catch(() => null);
        before = active && active.id !== id ? active.plan_set : null;
      }
      if (!life.ended) show(plan);
    } catch (problem) {
      if (!life.ended) fail(problem);
    }
  };
  const steps = stepForms(room, junction, life, { changed: (said) => load().then(() => room.say(said)) });
  const buttons = (plan) => {
    const can = plan.can ?? [];
    const press = (name, act) => el('button', { type: 'button', 'data-testid': `set-${name}`, onclick: () => run(act) }, t(`sets.act.${name}`));
    const file = (format) => press(`export-${format}`, async () => saveAs(await planFile(api, id, format), `${junction.id}-${plan.version}.${format}`));
    const may = holds(store, 'configure-signals');
    const editable = can.includes('edit') && may;
    const copy = async () => {
      const made = await addPlan(api, junction.id, { from: id, note: '' });
      room.visit('set', junction, made.id);
    };
    const remove = async () => {
      await removePlan(api, id, plan.etag);
      room.back(t('sets.deleted', { version: plan.version }));
    };
    return [
      editable ? press('edit', () => room.visit('editor', junction, { planSet: plan.plan_set, note: plan.note, plan })) : null,
      may && !editable ? press('copy', copy) : null,
      editable ? press('delete', remove) : null,
      file('json'),
      file('yaml'),
    ];
  };
  const show = (plan) => {
    const text = JSON.stringify(plan);
    if (text === shown) return;
    shown = text;
    error.hidden = true;
    room.title(`${junction.name || junction.id} · ${t('sets.version', { version: plan.version })}`);
    fill(state, stateLines(context, plan));
    steps.show(plan);
    fill(forms, steps.node);
    fill(files, buttons(plan));
    fill(history, historyPart(context, plan));
    if (seen === `${plan.digest} ${plan.state}`) return;
    seen = `${plan.digest} ${plan.state}`;
    const found = plan.findings ?? [];
    fill(finds, el('h3', {}, t('findings.title')), findingList(found, null));
    drawPrograms(plan.plan_set, found);
    fill(change, before ? changePart(before, plan.plan_set) : null);
  };
  let charts = life.child();
  const drawPrograms = (planSet, found) => {
    charts.end();
    charts = life.child();
    const groups = planSet.intersection?.groups ?? [];
    const one = ([name, program]) => {
      const bars = new Bars(charts, { row: 18, testid: `bars-${name}` });
      bars.show(program, groups, { finds: placed(found, name, groups), before: before?.programs?.[name] ?? null });
      return [el('h3', {}, `${name} · ${t('sets.cycle', { cycle: program.cycle, offset: program.offset ?? 0 })}`), bars.node];
    };
    fill(programs, Object.entries(planSet.programs ?? {}).flatMap(one));
  };
  life.on(store, 'signalplans', (items) => items.some((each) => each.id === id) && load());
  life.every(EVERY, load);
  load();
  const node = el('div', { class: 'setview', 'data-testid': 'set-view', 'data-plan': id }, error, state, forms, files, finds, programs, change, evaluations, history);
  return { title: t('loading'), node };
}

function stateLines({ times }, plan) {
  const said = [
    plan.submitted && t('sets.submitted', { by: plan.submitted.by, time: times.short(plan.submitted.time) }),
    plan.approved && t('sets.approved', { by: plan.approved.by, time: times.short(plan.approved.time) }),
    plan.state === 'downloading' && t('sets.loaded', { n: plan.stored.length, all: plan.programs.length }),
    plan.state === 'approved' && plan.lapses && t('sets.lapses', { time: times.short(plan.lapses) }),
    plan.active_since && t('sets.active-since', { time: times.short(plan.active_since) }),
    plan.active_until && t('sets.active-until', { time: times.short(plan.active_until) }),
  ];
  return [
    el('p', {}, el('b', { class: `planstate ${plan.state}`, 'data-testid': 'set-word', 'data-state': plan.state }, word('planstate', plan.state)), ' ', t(`planabout.${plan.state}`)),
    said.filter(Boolean).map((each) => el('p', { class: 'muted' }, each)),
    plan.note ? el('p', {}, plan.note) : null,
  ];
}

function historyPart({ times }, plan) {
  const steps = plan.history ?? [];
  if (!steps.length) return null;
  const line = (each) => el('li', {}, [times.exact(each.time), word('planstep', each.what), each.who || t('sets.hub'), each.text].filter(Boolean).join(' · '));
  return el('details', { class: 'fold' }, el('summary', {}, t('sets.history', { n: steps.length })), el('ul', { class: 'journal', 'data-testid': 'set-history' }, steps.map(line)));
}
