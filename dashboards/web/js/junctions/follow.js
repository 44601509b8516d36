/** An order to a junction on its way: given, read back, running; or what became of it instead. Only what the hub heard is said. */

import { el, fill } from '../dom.js';
import { t } from '../i18n.js';
import { Bars } from './bars.js';
import { orders } from './calls.js';
import { orderText } from './words.js';

const LATEST = 20; // orders of a junction that are looked through for one that holds it no more
const STEPS = ['ordered', 'confirmed', 'running'];
export const FINAL = ['refused', 'failed', 'timed-out', 'ended'];

/** How far an order is as steps: each {name, state: 'done', 'waits' or 'missed'}. */
export function stepsOf(order) {
  const at = STEPS.indexOf(order.stage_of);
  return STEPS.map((name, place) => ({ name, state: at >= place ? 'done' : at < 0 ? (place === 0 ? 'done' : 'missed') : 'waits' }));
}

/**
 * {node, begin(order), show(order, planSet)}: what holds junction `id` now, or what became of the order that was given here. The
 * temporary program of a held stage is drawn, with the plan's own thin below it.
 */
export function followPart({ api, times, announce }, id, life) {
  const bars = new Bars(life, { row: 18, testid: 'held-bars' });
  const temporary = el('div', { class: 'heldprogram' }, el('p', { class: 'muted' }, t('junctions.held-about')), bars.node);
  let drawn = '';
  let plans = null;
  const drawBody = (order) => {
    const text = JSON.stringify([order.id, plans?.programs?.[order.program]]);
    if (text === drawn) return;
    drawn = text;
    bars.show(order.body, order.body.groups.map((group) => ({ id: group })), { before: plans?.programs?.[order.program] ?? null });
  };
  const node = el('div', { class: 'following', 'data-testid': 'junction-order', hidden: true });
  let given = null;
  let said = '';
  let asking = false;
  const draw = (order) => {
    node.hidden = !order;
    if (!order) return;
    const lost = FINAL.includes(order.stage_of);
    node.dataset.state = order.stage_of;
    const step = ({ name, state }) => el('li', { class: state }, t(`junctions.step.${name}`));
    fill(node, [
      el('p', {}, el('b', { class: lost && order.stage_of !== 'ended' ? 'bad' : '' }, t(`junctions.progress.${order.stage_of}`)), ' ', orderText(order, times)),
      lost ? null : el('ol', { class: 'stepline' }, stepsOf(order).map(step)),
      order.body && !lost ? temporary : null,
      order.detail ? el('p', { class: lost ? 'error' : 'muted', 'data-testid': 'order-detail' }, order.detail) : null,
    ]);
    if (order.body && !lost) drawBody(order);
    const text = `${order.id} ${order.stage_of}`;
    if (said && text !== said) announce(t(`junctions.progress.${order.stage_of}`));
    said = text;
  };
  /** It holds the junction no more: the hub knows why. */
  const ask = async () => {
    asking = true;
    try {
      const found = (await orders(api, id, LATEST)).find((each) => each.id === given.id);
      if (found && !life.ended) draw((given = found));
    } catch {
      // Its last word stays; the next look asks again.
    }
    asking = false;
  };
  return {
    node,
    begin(order) {
      given = order;
      said = ' ';
      draw(order);
    },
    show(order, planSet = null) {
      plans = planSet;
      if (order) draw((given = order));
      else if (given && !FINAL.includes(given.stage_of) && !asking) ask();
    },
  };
}
