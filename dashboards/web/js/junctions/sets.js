/** The plan sets of one junction: every version with its state, and the ways to a new one. */

import { el, fill } from '../dom.js';
import { t, word } from '../i18n.js';
import { holds } from '../permission.js';
import { addPlan, junction, onePlan, plansOf, readPlan } from './calls.js';
import { EMPTY_SET } from './planset.js';

const LARGEST = 1024 * 1024; // bytes that the hub takes
const EVERY = 30_000;

/** The view of the plan sets of a junction: `place` {id, name, intersection}. */
export function setsPage(room, place, life) {
  const { context } = room;
  const { api, store, times } = context;
  const list = el('ul', { class: 'alarmlist', tabindex: -1, 'data-testid': 'sets-list' }, el('li', { class: 'empty' }, t('loading')));
  const error = el('p', { class: 'error', role: 'alert', hidden: true, 'data-testid': 'sets-error' });
  const may = holds(store, 'configure-signals');
  const from = el('div', { class: 'acts' });
  const fail = (problem) => {
    error.hidden = false;
    fill(error, problem.message);
  };
  const edit = (body, note) => room.visit('editor', place, { planSet: body, note, plan: null });
  const fromPlan = async (plan) => {
    try {
      const made = await addPlan(api, place.id, { from: plan.id, note: '' });
      room.visit('set', place, made.id);
    } catch (problem) {
      fail(problem);
    }
  };
  const input = el('input', { type: 'file', accept: '.json,.yaml,.yml,.xml', hidden: true, 'data-testid': 'sets-file' });
  input.addEventListener('change', async () => {
    const [file] = input.files;
    input.value = ''; // the same file may be chosen again, once it was mended
    if (!file) return;
    if (file.size > LARGEST) {
      fail({ message: t('sets.large', { file: file.name }) });
      return;
    }
    try {
      const read = await readPlan(api, place.id, file);
      edit({ ...read.plan_set, junction: place.id }, [file.name, ...read.notes.map((note) => word('sets.note', note))].join(' · '));
    } catch (problem) {
      fail(problem);
    }
  });
  const load = async () => {
    try {
      const items = await plansOf(api, place.id);
      if (life.ended) return;
      error.hidden = true;
      const source = items.find((each) => each.state === 'active') ?? items[0];
      const press = (name, act) => el('button', { type: 'button', 'data-testid': `sets-${name}`, onclick: act }, t(`sets.new.${name}`));
      if (may)
        fill(from, [
          input,
          source ? press('copy', () => fromPlan(source)) : press('empty', () => edit({ ...structuredClone(EMPTY_SET), junction: place.id, ...(place.intersection ? { intersection: place.intersection } : {}) }, '')),
          press('import', () => input.click()),
        ]);
      fill(list, items.length ? items.map(row) : el('li', { class: 'empty' }, t('sets.none')));
    } catch (problem) {
      if (!life.ended) fail(problem);
    }
  };
  const row = (item) => {
    const open = () => room.visit('set', place, item.id);
    const counts = item.errors ? t('sets.errors', { n: item.errors }) : item.warnings ? t('sets.warnings', { n: item.warnings }) : t('sets.clean');
    return el('li', { class: `alarm planset ${item.state === 'active' ? 'low' : ''}`, 'data-testid': `set-${item.version}` }, [
      el('p', { class: 'head' }, [
        el('button', { type: 'button', class: 'link', onclick: open, 'data-testid': `set-open-${item.version}` }, t('sets.version', { version: item.version })),
        el('span', { class: `planstate ${item.state}` }, word('planstate', item.state)),
        el('span', { class: item.errors ? 'bad' : 'muted' }, counts),
        el('time', { class: 'muted' }, times.short(item.changed ?? item.created)),
      ]),
      el('p', { class: 'muted' }, [t('junctions.by', { by: item.by }), item.note].filter(Boolean).join(' · ')),
    ]);
  };
  life.on(store, 'signalplans', (items) => items.some((each) => each.junction === place.id) && load());
  life.every(EVERY, load);
  load();
  const node = el('div', { class: 'setsview' }, error, from, list);
  return { title: t('sets.title', { name: place.name || place.id }), node };
}

/** The plan set that runs at a junction now, with its id, to compare with; null when none does. */
export async function activeSet(api, id) {
  const { active } = await junction(api, id);
  return active && onePlan(api, active.id);
}
