/** The steps of a plan set's approval that its state and this person allow: each with its reason, a clear refusal, and what came of it. */

import { el, fill } from '../dom.js';
import { t } from '../i18n.js';
import { holds } from '../permission.js';
import { step } from './calls.js';
import { EndAndReason } from './ends.js';
import { findingList } from './findings.js';
import { whyText } from './words.js';

const STEPS = ['submit', 'approve', 'reject', 'activate', 'rollback', 'withdraw'];
const RIGHT = { submit: 'configure-signals', withdraw: 'configure-signals', approve: 'approve-signals', reject: 'approve-signals', activate: 'signals', rollback: 'signals' };

/** Why this person may not take a step with the plan set, in words; empty when they may. */
export function denial(store, plan, what) {
  if (!holds(store, RIGHT[what])) return t('steps.denied.role');
  const writers = [plan.submitted?.by, ...plan.writers];
  if (what === 'approve' && writers.includes(store.me?.name)) return t('steps.denied.own');
  return '';
}

/** {node, show(plan)}: `changed(said)` after a step. */
export function stepForms(room, junction, life, { changed }) {
  const { api, store } = room.context;
  const node = el('section', { class: 'stepforms' });
  let form = null; // what is open: {what, node}
  let shown = '';
  const open = (plan, what) => {
    const why = new EndAndReason(store, { ends: false, name: 'step' });
    const send = el('button', { type: 'submit', class: 'primary', 'data-testid': 'step-send' }, t(`steps.do.${what}`));
    const findings = el('div', {});
    const until = what === 'activate' ? el('input', { type: 'datetime-local', 'data-typed': true, 'data-testid': 'step-until' }) : null;
    const box = el('form', { class: 'operation', novalidate: true, 'data-testid': `step-form-${what}` }, [
      el('p', {}, t(`steps.about.${what}`)),
      until && el('label', { class: 'reason' }, el('span', {}, t('steps.until')), until),
      why.node,
      findings,
      el('div', { class: 'acts' }, send, el('button', { type: 'button', class: 'quiet', 'data-testid': 'step-cancel', onclick: () => room.leave(() => shut(plan)) }, t('junctions.cancel'))),
    ]);
    box.addEventListener('submit', async (event) => {
      event.preventDefault();
      const asked = why.fields();
      if (!asked || send.disabled) return;
      send.disabled = true;
      why.well();
      try {
        const end = until?.value ? { until: new Date(store.clock.fromLocal(until.value)).toISOString() } : {};
        await step(api, plan.id, what, { ...asked, ...end });
        shown = '';
        form = null;
        changed(t(`steps.done.${what}`));
      } catch (problem) {
        why.fail([problem.message, whyText(problem.body?.why_not)].filter(Boolean).join(' '));
        fill(findings, problem.body?.findings?.length ? findingList(problem.body.findings, null) : null);
      }
      send.disabled = false;
    });
    form = { what, node: box };
    draw(plan);
    box.querySelector('input').focus();
  };
  const shut = (plan) => {
    form = null;
    draw(plan);
  };
  const draw = (plan) => {
    const can = STEPS.filter((what) => (plan.can ?? []).includes(what));
    const button = (what) => {
      const no = denial(store, plan, what);
      const press = el(
        'button',
        { type: 'button', class: ['approve', 'activate', 'submit'].includes(what) ? 'primary' : '', disabled: Boolean(no), title: no || null, 'aria-expanded': String(form?.what === what), 'data-testid': `step-${what}`, onclick: () => room.leave(() => open(plan, what)) },
        t(`steps.${what}`),
      );
      return press;
    };
    const refusals = [...new Set(can.map((what) => denial(store, plan, what)).filter(Boolean))];
    fill(node, el('div', { class: 'operationkeys' }, can.map(button)), refusals.map((each) => el('p', { class: 'notice', 'data-testid': 'step-denied' }, each)), form?.node);
  };
  return {
    node,
    /** A form that somebody writes in is left alone while nothing about its steps changes. */
    show(plan) {
      const text = JSON.stringify([plan.id, plan.state, plan.can, plan.digest]);
      if (text === shown) return;
      shown = text;
      if (form && !(plan.can ?? []).includes(form.what)) form = null;
      draw(plan);
    },
  };
}
