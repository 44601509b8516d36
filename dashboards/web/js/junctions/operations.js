/** What an operator may have a junction do: run a stored program, flash, go dark, hold a stage, or go back to its calendar. For a thumb. */

import { el, fill } from '../dom.js';
import { t } from '../i18n.js';
import { holds } from '../permission.js';
import { order } from './calls.js';
import { EndAndReason } from './ends.js';
import { findingList } from './findings.js';
import { followPart } from './follow.js';
import { whyText } from './words.js';

const KINDS = ['select', 'hold', 'flash', 'dark', 'local'];
const HELD = [10, 20, 30, 60]; // s that a stage is held longer
const TAKE = { flash: 'mode', dark: 'mode' }; // the call, where it is not named as the kind

/** {keys, node, show(item, planSet)}: the buttons, which stay where they are whatever comes and goes; the form of the one that was pressed and what became of the order. */
export function operations(room, id, life) {
  const { context } = room;
  const { api, store } = context;
  let item = null;
  let planSet = null;
  let open = null; // {kind, form}
  const box = el('div', {});
  const denied = el('p', { class: 'notice', 'data-testid': 'junction-denied', hidden: true });
  const follow = followPart(context, id, life);
  const buttons = KINDS.map((kind) =>
    el('button', { type: 'button', class: `operation ${kind}`, disabled: true, 'aria-expanded': 'false', 'data-testid': `order-${kind}`, onclick: () => toggle(kind) }, t(`junctions.order.${kind}`)),
  );
  const node = el('section', { class: 'operations' }, [follow.node, denied, box]);
  const keys = el('div', { class: 'operationkeys fixed', role: 'group', 'aria-label': t('junctions.operations') }, buttons);

  const toggle = (kind) => {
    if (open) {
      const same = open.kind === kind;
      room.leave(() => {
        shut();
        if (!same) begin(kind);
      });
    } else begin(kind);
  };
  const shut = () => {
    open = null;
    fill(box);
    for (const button of buttons) button.setAttribute('aria-expanded', 'false');
  };
  const begin = (kind) => {
    const choice = choices[kind]?.(item, planSet);
    const why = new EndAndReason(store, { ends: kind !== 'local' });
    const findings = el('div', {});
    const send = el('button', { type: 'submit', class: kind === 'dark' || kind === 'flash' ? 'primary danger' : 'primary', 'data-testid': 'order-send' }, t(`junctions.send.${kind}`));
    const form = el('form', { class: 'operation', novalidate: true, 'data-testid': `form-${kind}` }, [
      el('p', {}, t(`junctions.about.${kind}`)),
      choice?.node,
      why.node,
      findings,
      el('div', { class: 'acts' }, send, el('button', { type: 'button', class: 'quiet', 'data-testid': 'order-cancel', onclick: () => room.leave(shut) }, t('junctions.cancel'))),
    ]);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      give(kind, choice, why, send, findings);
    });
    open = { kind, form };
    fill(box, form);
    for (const button of buttons) button.setAttribute('aria-expanded', String(button.dataset.testid === `order-${kind}`));
    form.scrollIntoView({ block: 'nearest' });
    form.querySelector('input, select, button')?.focus();
  };
  const give = async (kind, choice, why, button, findings) => {
    if (button.disabled) return;
    const chosen = choice ? choice.fields() : {};
    if (!chosen) return why.fail(t(`junctions.choose.${kind}`));
    const asked = why.fields();
    if (!asked) return undefined;
    const body = { ...(TAKE[kind] ? { mode: kind } : {}), ...chosen, ...asked };
    button.disabled = true;
    why.well();
    try {
      const answer = await order(api, id, TAKE[kind] ?? kind, body);
      if (life.ended) return undefined;
      shut();
      follow.begin(answer.order ?? answer);
      buttons[KINDS.indexOf(kind)].focus();
    } catch (problem) {
      why.fail([problem.message, whyText(problem.body?.why_not)].filter(Boolean).join(' '));
      fill(findings, problem.body?.findings?.length ? findingList(problem.body.findings, null) : null);
    }
    button.disabled = false;
    return undefined;
  };

  return {
    keys,
    node,
    show(next, nextSet) {
      item = next;
      planSet = nextSet;
      const may = holds(store, 'signals');
      const reason = may ? '' : t('junctions.denied');
      denied.hidden = !reason;
      fill(denied, reason);
      for (const button of buttons) {
        const kind = button.className.split(' ')[1];
        button.disabled = !may || (item.available === false && kind !== 'local') || (kind === 'select' && !item.programs?.length) || (kind === 'hold' && !stagesOf(item, planSet).length) || (kind === 'local' && !item.order);
      }
      follow.show(item.order ?? null, planSet);
    },
  };
}

/** The stages of the program that the junction runs by what is known of it. */
function stagesOf(item, planSet) {
  const name = item.order?.kind === 'hold' ? item.order.program : item.state?.program;
  return planSet?.programs?.[name]?.stages ?? [];
}

/** Fields besides end and reason, by kind: {node, fields() -> null while nothing is chosen}. */
const choices = {
  select(item) {
    const names = (item.programs ?? []).map((each) => each.id);
    const node = chips('program', names, (name) => (name === item.state?.program ? t('junctions.program-now', { program: name }) : name), t('junctions.which-program'));
    return { node, fields: () => picked(node, 'program', (value) => ({ program: value })) };
  },
  hold(item, planSet) {
    const stages = stagesOf(item, planSet).map(({ id }) => String(id));
    const now = item.state?.stage === null || item.state?.stage === undefined ? null : String(item.state.stage);
    const stage = chips('stage', stages, (each) => t('junctions.stage', { id: each }) + (each === now ? ` · ${t('junctions.now')}` : ''), t('junctions.which-stage'));
    const seconds = chips('seconds', HELD.map(String), (each) => t('duration.s', { s: Number(each) }), t('junctions.how-long'));
    const node = el('div', {}, stage, seconds);
    const fields = () => {
      const found = picked(stage, 'stage', (value) => ({ stage: value }));
      const long = picked(seconds, 'seconds', (value) => ({ seconds: Number(value) }));
      return found && long && { ...found, ...long };
    };
    return { node, fields };
  },
};

function chips(name, values, text, label) {
  const chip = (value) => el('label', { class: 'chip' }, el('input', { type: 'radio', name, value, 'data-testid': `${name}-${value}` }), el('span', {}, text(value)));
  return el('fieldset', { class: 'choice' }, el('legend', {}, label), el('div', { class: 'chips' }, values.map(chip)));
}

function picked(node, name, made) {
  const found = node.querySelector(`[name=${name}]:checked`);
  return found ? made(found.value) : null;
}
