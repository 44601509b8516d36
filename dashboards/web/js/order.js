/** The order form: a level, an end, a reason. One order is sent once, however often the button is pressed. */

import { Asked } from './asked.js';
import { el, fill, setText } from './dom.js';
import { emergencyChoice } from './emergency.js';
import { percent } from './format.js';
import { t } from './i18n.js';
import { endChoice, endFields, endMoment, endProblem } from './orderend.js';
import { needsText, whyNot } from './permission.js';

const PRESETS = [0, 30, 50, 70, 100];
const RAMPS = [0, 5, 30, 60, 300];
const REST = 3_000; // ms after an order before the same form may order again

/** A name for one order. (randomUUID exists only on https and localhost; a hub may be neither.) */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `page-${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** What an untouched form says. */
export function emptyDraft() {
  return { level: 100, end: null, own: null, reason: '', ramp: 5, emergency: false };
}

export class OrderForm {
  /**
   * For `target` {type: 'zone' | 'device' | 'segment', id, name, zone, lights(), dims? (false: they burn in full or not at all)},
   * over a `draft` that outlives the form.
   * `sent(answer, body)` is called with the hub's 202 answer.
   */
  constructor({ api, store, times }, target, draft, sent) {
    Object.assign(this, { api, store, times, target, draft, sent });
    this.pending = null; // {key, text} of the order that was sent but not answered for good
    this.busy = false;
    this.resting = 0;
    this.asked = new Asked({ store, times }, sent);
    this.node = el('form', {
      class: 'order',
      'data-testid': 'order',
      novalidate: true,
      onsubmit: (event) => {
        event.preventDefault();
        this.#send();
      },
    });
    this.#build();
  }

  #build() {
    const { draft } = this;
    const changed = () => this.#changed();
    this.slider = el('input', {
      type: 'range',
      min: 0,
      max: 100,
      step: 1,
      value: draft.level,
      'aria-label': t('order.level'),
    });
    this.number = el('input', {
      type: 'number',
      min: 0,
      max: 100,
      step: 1,
      value: draft.level,
      inputmode: 'numeric',
      'aria-label': t('order.level-percent'),
      'data-testid': 'order-level',
    });
    this.slider.addEventListener('input', () => this.#level(this.slider.value));
    this.number.addEventListener('input', () => this.#level(this.number.value, true));
    this.presets = PRESETS.map((level) =>
      el(
        'button',
        { type: 'button', class: 'chip', 'data-level': level, onclick: () => this.#level(level) },
        percent(level),
      ),
    );
    this.reason = el('input', {
      type: 'text',
      maxlength: 500,
      value: draft.reason,
      placeholder: t('order.reason.placeholder'),
      'data-testid': 'order-reason',
      oninput: () => {
        draft.reason = this.reason.value;
        changed();
      },
    });
    this.ramp = el(
      'select',
      {
        'data-testid': 'order-ramp',
        onchange: () => {
          draft.ramp = Number(this.ramp.value);
          changed();
        },
      },
      RAMPS.map((ramp) => el('option', { value: ramp, selected: ramp === draft.ramp }, t(`order.ramp.${ramp}`))),
    );
    this.full = el('p', { class: 'notice', 'data-testid': 'order-full', hidden: true }, t('order.full'));
    this.needs = el('p', { class: 'notice', 'data-testid': 'order-needs', hidden: true });
    this.touches = el('p', { class: 'touches', 'data-testid': 'order-touches' });
    this.error = el('p', { class: 'error', role: 'alert', hidden: true, 'data-testid': 'order-error' });
    this.button = el('button', { class: 'primary', type: 'submit', 'data-testid': 'order-submit' });
    this.denied = el('p', { class: 'notice', 'data-testid': 'order-denied', hidden: true });
    this.fields = el(
      'fieldset',
      { class: 'bare' },
      el('div', { class: 'field' }, [
        el(
          'div',
          { class: 'levelline' },
          el('span', {}, t('order.level')),
          el('span', { class: 'percent' }, this.number, ' %'),
        ),
        this.slider,
        el('div', { class: 'chips presets' }, this.presets),
      ]),
      endChoice(draft, this.store.clock, changed),
      el('div', { class: 'pair' }, [
        el('label', {}, el('span', {}, t('order.reason')), this.reason),
        el('label', {}, el('span', {}, t('order.ramp')), this.ramp),
      ]),
      emergencyChoice(draft, changed),
      this.touches,
      this.full,
      this.needs,
      this.asked.nodes,
      this.error,
      this.button,
    );
    fill(this.node, el('h3', {}, t('order.title')), this.denied, this.fields);
    this.refresh();
  }

  #level(value, typing = false) {
    const level = Math.min(100, Math.max(0, Math.round(Number(value))));
    this.draft.level = Number.isNaN(level) ? 0 : level;
    this.slider.value = this.draft.level;
    if (!typing || String(this.draft.level) !== this.number.value) this.number.value = this.draft.level;
    this.#changed();
  }

  #changed() {
    this.resting = 0;
    this.error.hidden = true;
    this.asked.forget();
    this.refresh();
  }

  /** Bring what the form says of itself up to date: who may order, how many lights, until when. */
  refresh() {
    const { draft, store, target } = this;
    const denied = whyNot(store, target.zone);
    this.denied.hidden = denied === null;
    if (denied) setText(this.denied, denied);
    const lights = target.lights();
    const resting = this.resting > Date.now();
    this.fields.disabled = denied !== null;
    if (this.asked.settle()) this.pending = null;
    this.button.disabled = this.busy || resting || lights === 0 || this.asked.waits;
    this.slider.style.setProperty('--share', `${draft.level}%`);
    for (const preset of this.presets) {
      preset.setAttribute('aria-pressed', String(Number(preset.dataset.level) === draft.level));
    }
    const end = endMoment(draft, store.clock);
    const effect = { n: lights, level: percent(draft.level), end: end === null ? '' : this.times.short(end) };
    setText(
      this.touches,
      t(lights === 0 ? 'order.touches-none' : end === null ? 'order.touches' : 'order.touches-until', effect),
    );
    this.touches.classList.toggle('dark', draft.level === 0 && lights > 0);
    this.full.hidden = target.dims !== false || draft.level === 0 || draft.level === 100;
    const needs = draft.emergency ? '' : needsText(store.limits, draft.level, lights);
    this.needs.hidden = needs === '';
    setText(this.needs, needs);
    if (this.busy) setText(this.button, t('order.sending'));
    else if (this.asked.waits) setText(this.button, t('order.asked'));
    else if (resting) setText(this.button, t('order.sent'));
    else setText(this.button, t(this.pending ? 'order.again' : 'order.submit', effect));
  }

  #fail(text) {
    setText(this.error, text);
    this.error.hidden = false;
    this.refresh();
  }

  async #send() {
    if (this.busy || this.asked.waits || this.resting > Date.now()) return;
    const { draft, target, store } = this;
    const problem = endProblem(draft, store.clock);
    if (problem) {
      this.#fail(problem);
      this.node.querySelector('[name=end]').focus();
      return;
    }
    const body = {
      [`${target.type}s`]: [target.id],
      level: draft.level,
      ramp: draft.ramp,
      ...endFields(draft, store.clock),
      reason: draft.reason.trim(),
      ...(draft.emergency ? { cause: 'emergency' } : {}),
    };
    const text = JSON.stringify(body);
    if (this.pending?.text !== text) this.pending = { key: newKey(), text };
    this.busy = true;
    this.asked.forget();
    this.error.hidden = true;
    this.refresh();
    try {
      const answer = await this.api.order(body, this.pending.key);
      this.pending = null;
      this.resting = Date.now() + REST;
      setTimeout(() => this.refresh(), REST + 20);
      this.sent(answer, body);
    } catch (failure) {
      if (failure.code === 'needs-approval' && failure.approval) {
        this.asked.begin(failure.approval);
        return;
      }
      if (failure.status !== 0 && failure.status < 500) this.pending = null;
      const details = (failure.errors ?? []).map((one) => one.msg).filter((msg) => !failure.detail.includes(msg));
      this.#fail([failure.message, ...details].join(' '));
    } finally {
      this.busy = false;
      this.refresh();
    }
  }
}
