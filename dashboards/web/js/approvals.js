/** Orders that wait for a second person: what they are, who asked, and approving, refusing or withdrawing them. */

import { el, fill, setText } from './dom.js';
import { duration, percent } from './format.js';
import { onLanguage, t, word } from './i18n.js';
import { placesOf } from './overrides.js';
import { holds, whyNot } from './permission.js';

/** Those of other people that the signed-in user may decide on. */
export function mine(store) {
  return store.waitingApprovals().filter((item) => item.by !== store.me?.name && why(store, item) === null);
}

/** Why the signed-in user may not decide on it, as a sentence; null when they may. */
function why(store, item) {
  const { zones } = item.order;
  const reasons = zones.length ? zones.map((id) => whyNot(store, id)) : [store.me?.zones?.length ? null : whyNot(store, null)];
  return reasons.find((reason) => reason !== null) ?? null;
}

/** What became of one's own request, in a sentence. */
export function answerText({ state, decided_by: by }) {
  return t(`approvals.answer.${state}`, { by });
}

export class ApprovalList {
  /** `placed(answer)` is called when one was approved here; `title` heads the list and is hidden with it. */
  constructor(context, life, title, placed) {
    Object.assign(this, { ...context, title, placed });
    this.node = el('div', { class: 'overrides', 'data-testid': 'approvals' });
    this.asking = null; // id whose approval waits for a second press
    this.errors = new Map();
    for (const topic of ['approvals', 'zones', 'me']) life.on(this.store, topic, () => this.show());
    life.every(1000, () => this.#tick());
    this.show();
  }

  show() {
    const waiting = this.store.waitingApprovals();
    const answers = this.store.answers().filter(({ state }) => state !== 'approved'); // those are orders in force
    this.shown = [...waiting, ...answers].map((item) => item.id).join();
    const failed = [...this.errors].filter(([id]) => !waiting.some((item) => item.id === id));
    this.title.hidden = this.shown === '' && failed.length === 0;
    fill(
      this.node,
      waiting.map((item) => this.#card(item)),
      answers.map((item) => this.#answer(item)),
      failed.map(([, text]) => el('p', { class: 'error', role: 'alert' }, text)),
    );
  }

  #tick() {
    const waiting = this.store.waitingApprovals();
    const answers = this.store.answers().filter(({ state }) => state !== 'approved');
    if ([...waiting, ...answers].map((item) => item.id).join() !== this.shown) this.show();
    for (const item of waiting) setText(this.node.querySelector(`[data-left="${item.id}"]`), this.#left(item));
  }

  #left(item) {
    return t('approvals.left', { duration: duration((Date.parse(item.lapses) - this.store.clock.now()) / 1000) });
  }

  #card(item) {
    const { store, times } = this;
    const { order } = item;
    const needs = item.needs.map((need) => word('approvals.need', need)).join(' · ');
    const said = [word('cause', order.cause), item.by, order.reason].filter(Boolean).join(' · ');
    return el(
      'article',
      { class: 'override asked', 'data-testid': `approval-${item.id}` },
      el('b', { class: 'level' }, percent(order.level)),
      el('div', { class: 'what' }, [
        el('b', {}, placesOf(order, store)),
        el('span', {}, t('approvals.lights', { n: item.lights, end: times.short(order.until) })),
        el('span', { class: 'ruled' }, needs),
        el('span', { class: 'muted' }, said),
        el('span', { class: 'muted', 'data-left': item.id }, this.#left(item)),
      ]),
      this.#buttons(item),
      this.errors.has(item.id) ? el('p', { class: 'error', role: 'alert' }, this.errors.get(item.id)) : null,
    );
  }

  /** What became of one's own request. */
  #answer(item) {
    const seen = { type: 'button', 'data-testid': `seen-${item.id}`, onclick: () => this.store.seen(item.id) };
    return el(
      'article',
      { class: 'override asked', 'data-testid': `answer-${item.id}` },
      el('b', { class: 'level' }, percent(item.order.level)),
      el('div', { class: 'what' }, el('b', {}, placesOf(item.order, this.store)), el('span', {}, answerText(item))),
      el('div', { class: 'confirm' }, el('button', seen, t('approvals.seen'))),
    );
  }

  #buttons(item) {
    const { store } = this;
    const press = (name, act, primary = false) =>
      el(
        'button',
        { type: 'button', class: primary ? 'primary' : null, 'data-testid': `${name}-${item.id}`, onclick: act },
        t(`approvals.${name}`),
      );
    if (item.by === store.me?.name) {
      return el('div', { class: 'confirm' }, el('span', {}, t('approvals.own')), press('withdraw', () => this.#close(item)));
    }
    const denied = why(store, item);
    if (denied) return el('p', { class: 'confirm muted' }, denied);
    if (this.asking !== item.id) {
      return el('div', { class: 'confirm' }, [
        press('approve', () => this.#ask(item.id), true),
        press('refuse', () => this.#close(item)),
      ]);
    }
    return el('div', { class: 'confirm' }, [
      el('span', {}, t('approvals.sure', { n: item.lights, level: percent(item.order.level) })),
      press('yes', () => this.#approve(item), true),
      press('no', () => this.#ask(null)),
    ]);
  }

  #ask(id) {
    this.asking = id;
    this.show();
    if (id !== null) this.node.querySelector(`[data-testid="yes-${id}"]`)?.focus();
  }

  #approve(item) {
    return this.#decide(item, 'approved', async () => this.placed(await this.api.approve(item.id)));
  }

  #close(item) {
    return this.#decide(item, 'refused', () => this.api.refuse(item.id));
  }

  async #decide(item, state, act) {
    this.asking = null;
    try {
      await act();
      this.errors.delete(item.id);
      this.store.applyApprovals([{ ...item, state }]);
      this.announce(t(`approvals.spoken.${state}`));
    } catch (problem) {
      this.errors.set(item.id, problem.message);
      this.show();
    }
  }
}

/** A bar for the second person: how many orders wait for them; its button opens the list. */
export function approvalBar(bar, store, open) {
  const text = el('strong');
  const button = el('button', { type: 'button', 'data-testid': 'approvals-open', onclick: open });
  fill(bar, text, button);
  const show = () => {
    const n = holds(store, 'override') ? mine(store).length : 0;
    bar.hidden = n === 0;
    setText(text, t('approvals.bar', { n }));
    setText(button, t('approvals.open'));
  };
  for (const topic of ['approvals', 'me', 'zones']) store.on(topic, show);
  onLanguage(show);
  setInterval(show, 5_000);
}
