/** Green waves: prepared programs along the way of a fire engine or convoy; asked for with reason and end, followed junction by junction. */

import { el, fill, paced, setText } from '../dom.js';
import { t, word } from '../i18n.js';
import { holds } from '../permission.js';
import { problemText } from '../problem.js';
import { endRoute, junctions, previewRoute, removeRoute, requestRoute, routes, saveRoute } from './calls.js';
import { EndAndReason } from './ends.js';
import { modeText, whoText, whyText } from './words.js';

const EVERY = 10_000;

/** The view of all routes. */
export function routesPage(room, life) {
  const { context } = room;
  const { api, store } = context;
  const error = el('p', { class: 'error', role: 'alert', hidden: true, 'data-testid': 'routes-error' });
  const list = el('div', { class: 'routelist', 'data-testid': 'routes-list' }, el('p', { class: 'muted' }, t('loading')));
  const cards = new Map();
  const fresh = el('div', {});
  const fail = (problem) => {
    error.hidden = false;
    fill(error, problem.message);
  };
  const load = async () => {
    try {
      const [found, all] = await Promise.all([routes(api), junctions(api)]);
      if (life.ended) return;
      error.hidden = true;
      const byId = new Map(all.map((item) => [item.id, item]));
      for (const item of found) {
        if (!cards.has(item.id)) cards.set(item.id, routeCard(room, item.id, load, fail));
        cards.get(item.id).show(item, byId);
      }
      const nodes = found.map((item) => cards.get(item.id).node);
      if (nodes.some((node, at) => list.children[at] !== node) || nodes.length !== list.children.length) fill(list, nodes.length ? nodes : el('p', { class: 'empty' }, t('routes.none')));
      if (holds(store, 'configure-signals') && !fresh.hasChildNodes()) fill(fresh, routeForm(room, { id: '', name: '', legs: [] }, true, load));
    } catch (problem) {
      if (!life.ended) fail(problem);
    }
  };
  life.on(store, 'junctions', paced(300, load));
  life.every(EVERY, load);
  load();
  return { title: t('routes.title'), node: el('div', { class: 'routesview' }, error, list, fresh) };
}

function routeCard(room, id, changed, failed) {
  const { api, store, times } = room.context;
  const head = el('p', { class: 'head' });
  const legs = el('ol', { class: 'legs' });
  const box = el('div', {});
  const foreseen = el('div', { role: 'status', 'data-testid': `route-foreseen-${id}` });
  let item = null;
  const press = (name, kind, act) => el('button', { type: 'button', class: kind, 'data-testid': `route-${name}-${id}`, onclick: act }, t(`routes.${name}`));
  const shut = () => fill(box);
  const form = (name, ends, send) => {
    const why = new EndAndReason(store, { ends, name: 'route' });
    const button = el('button', { type: 'submit', class: 'primary', 'data-testid': `route-${name}-send` }, t(`routes.${name}-send`));
    const node = el('form', { class: 'operation', novalidate: true }, el('p', {}, t(`routes.${name}-about`)), why.node, el('div', { class: 'acts' }, button, el('button', { type: 'button', class: 'quiet', onclick: () => room.leave(shut) }, t('junctions.cancel'))));
    node.addEventListener('submit', async (event) => {
      event.preventDefault();
      const asked = why.fields();
      if (!asked || button.disabled) return;
      button.disabled = true;
      why.well();
      try {
        const answer = await send(asked);
        shut();
        fill(foreseen, refusedPart(answer?.refused));
        changed();
      } catch (problem) {
        why.fail([problem.message, whyText(problem.body?.why_not)].filter(Boolean).join(' '));
      }
      button.disabled = false;
    });
    fill(box, node);
    node.querySelector('input').focus();
  };
  const request = () => form('request', true, (asked) => requestRoute(api, id, asked));
  const end = () => form('end', false, ({ reason }) => endRoute(api, id, reason));
  const preview = async () => {
    try {
      const { orders, refused } = await previewRoute(api, id);
      const line = ({ junction, program }) => el('li', {}, [el('b', {}, junction), ' ', t('routes.would', { program })]);
      fill(foreseen, orders.length ? el('ul', { class: 'journal' }, orders.map(line)) : null, refusedPart(refused));
    } catch (problem) {
      failed(problem);
    }
  };
  const remove = async () => {
    try {
      await removeRoute(api, id);
      changed();
    } catch (problem) {
      failed(problem);
    }
  };
  const acts = { preview: press('preview', '', preview), request: press('request', 'primary', request), end: press('end', 'primary', end), delete: press('delete', 'quiet', remove) };
  const node = el('section', { class: 'alarm route', 'data-testid': `route-${id}` }, head, legs, el('div', { class: 'operationkeys' }, Object.values(acts)), foreseen, box);
  return {
    node,
    show(next, byId) {
      item = next;
      const runs = Boolean(next.running);
      node.classList.toggle('medium', runs);
      fill(head, el('b', {}, next.name || id), el('span', { class: runs ? 'mode plan' : 'muted', 'data-testid': `route-state-${id}` }, t(runs ? 'routes.runs' : 'routes.rests')), next.until ? el('span', { class: 'muted' }, [t('junctions.until', { end: times.short(next.until) }), whoText(next.requested_by), next.reason].join(' · ')) : null);
      fill(legs, next.legs.map((leg) => el('li', { 'data-testid': `leg-${leg.junction}` }, legText(leg, byId.get(leg.junction), id))));
      const may = holds(store, 'signals');
      acts.request.hidden = runs || !may;
      acts.end.hidden = !runs || !may;
      acts.delete.hidden = runs || !holds(store, 'configure-signals');
    },
  };
}

/** Those that do not follow, each with what the hub says of it. */
function refusedPart(refused) {
  if (!refused?.length) return null;
  return el('ul', { class: 'error', role: 'alert', 'data-testid': 'route-refused' }, refused.map((each) => el('li', {}, t('routes.refused', { who: each.junction, why: problemText(each.code, each.detail) }))));
}

/** One junction of a route: what it is to run, and what it says it does. */
function legText(leg, junction, route) {
  const order = junction?.order?.route === route ? junction.order : null;
  const progress = order ? ` · ${word('junctions.progress', order.stage_of)}` : '';
  const why = junction?.available === false ? ` · ${whyText(junction.why_not)}` : '';
  return [el('b', {}, junction?.name || leg.junction), ` → ${leg.program} · ${junction ? modeText(junction.state) : t('junctions.never')}${progress}${why}`];
}

/** The form of a new route: its name, and one line a junction. */
function routeForm(room, item, isNew, changed) {
  const { api } = room.context;
  const field = (name, value, attributes = {}) => el('input', { type: 'text', value, autocomplete: 'off', 'data-typed': true, 'data-testid': `newroute-${name}`, ...attributes });
  const id = field('id', item.id, { required: true, pattern: '[a-z0-9][a-z0-9-]*' });
  const name = field('name', item.name, { required: true });
  const legs = el('textarea', { rows: 4, 'data-typed': true, 'data-testid': 'newroute-legs', placeholder: 'j-1 fire' });
  const error = el('p', { class: 'error', role: 'alert', hidden: true });
  const label = (key, input) => el('label', { class: 'field' }, el('span', {}, t(`routes.field.${key}`)), input);
  const form = el('form', { class: 'operation', novalidate: true }, label('id', id), label('name', name), label('legs', legs), error, el('div', { class: 'acts' }, el('button', { type: 'submit', 'data-testid': 'newroute-save' }, t('routes.save'))));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const written = legs.value.split('\n').map((line) => line.trim().split(/\s+/)).filter(([junction]) => junction);
    try {
      await saveRoute(api, { id: id.value.trim(), name: name.value.trim(), legs: written.map(([junction, program = '']) => ({ junction, program })) }, isNew);
      for (const input of [id, name, legs]) input.value = '';
      error.hidden = true;
      setText(error, '');
      changed();
    } catch (problem) {
      error.hidden = false;
      fill(error, problem.message);
    }
  });
  return el('details', { class: 'fold', 'data-testid': 'newroute' }, el('summary', {}, t('routes.new')), form);
}
