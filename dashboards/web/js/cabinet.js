/** What a cabinet says of itself: door, breaker, switch, and each segment with the lights behind its contactor. */

import { el, fill, setText } from './dom.js';
import { t } from './i18n.js';
import { Ordering } from './ordering.js';
import { OverrideList, touchingLights } from './overrides.js';

const STATES = { door: ['closed', 'open'], breaker: ['open', 'closed'], remote: ['local', 'remote'] };
const WRONG = { door: true, breaker: false, remote: false };

/** The state of a contactor in a word of the page: on, off, dead (ordered on, no power), stuck (ordered off, power) or unknown. */
export function segmentState({ ordered, powered }) {
  if (powered === null || powered === undefined) return 'unknown';
  if (ordered === true && !powered) return 'dead';
  if (ordered === false && powered) return 'stuck';
  return powered ? 'on' : 'off';
}

/** {node, show(device)}: the part of a cabinet's panel; its orders end with `life`. */
export function cabinetPart(context, device, life) {
  const facts = el('dl', { class: 'facts' });
  const list = el('ul', { class: 'segments' });
  const rows = new Map();
  const row = (name) => {
    const state = el('b', { 'data-testid': `segment-${name}` });
    const lights = el('span', { class: 'muted' });
    const order = orderPart(context, device, name, life);
    const line = el('div', { class: 'segment' }, el('span', {}, t('cabinet.segment', { name })), state, lights);
    const node = el('li', {}, line, order.node);
    list.append(node);
    return { state, lights, order };
  };
  return {
    node: el('section', { class: 'cabinet', 'data-testid': 'cabinet' }, el('h3', {}, t('cabinet.title')), facts, list),
    show({ cabinet }) {
      if (!cabinet) return;
      fill(
        facts,
        Object.keys(STATES).map((name) => fact(name, cabinet[name])),
      );
      for (const segment of cabinet.segments) {
        if (!rows.has(segment.segment)) rows.set(segment.segment, row(segment.segment));
        const { state, lights, order } = rows.get(segment.segment);
        const now = segmentState(segment);
        setText(state, t(`cabinet.is.${now}`));
        state.className = now === 'dead' || now === 'stuck' ? 'wrong' : '';
        setText(lights, lightsText(segment));
        order.show(segment);
      }
    },
  };
}

function fact(name, value) {
  const known = value === true || value === false;
  const text = known ? t(`cabinet.${name}.${STATES[name][Number(value)]}`) : t('level.unknown');
  const mark = { class: value === WRONG[name] ? 'wrong' : '', 'data-testid': `cabinet-${name}` };
  return el('div', {}, el('dt', {}, t(`cabinet.${name}`)), el('dd', mark, text));
}

function lightsText({ switched, powered_only: powered }) {
  const parts = [];
  if (switched) parts.push(t('cabinet.switched', { n: switched }));
  if (powered) parts.push(t('cabinet.powered', { n: powered }));
  return parts.join(' · ');
}

/** What holds the lights of a segment, and a button that opens its order form; only where the contactor switches lights. */
function orderPart(context, device, name, life) {
  let lights = [];
  let ordering = null;
  const touching = touchingLights(context.store, () => lights, device.zone);
  const target = {
    type: 'segment',
    id: `${device.id}/${name}`,
    zone: device.zone,
    name,
    lights: () => lights.length,
    dims: false,
  };
  const place = el('div', {});
  const begin = () => {
    ordering ??= new Ordering(context, target, life, touching, { list: false });
    if (!place.hasChildNodes()) place.append(ordering.node);
    return ordering;
  };
  const held = new OverrideList(context, life, touching, (answer) => {
    open(true);
    begin().follow(answer.command);
  });
  const open = (wanted) => {
    place.hidden = !wanted;
    button.setAttribute('aria-expanded', String(wanted));
    if (wanted) begin();
  };
  const button = el(
    'button',
    {
      type: 'button',
      'aria-expanded': 'false',
      'data-testid': `order-segment-${name}`,
      onclick: () => open(button.getAttribute('aria-expanded') !== 'true'),
    },
    t('cabinet.order', { name }),
  );
  return {
    node: el('div', { 'data-testid': `held-segment-${name}` }, held.node, button, place),
    show({ lights: behind = [] }) {
      if (behind.join() !== lights.join()) {
        lights = behind;
        held.show();
      }
      button.hidden = lights.length === 0;
      ordering?.refresh();
    },
  };
}
