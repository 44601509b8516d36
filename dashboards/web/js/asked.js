/** An order that was kept for a second person, as the form that sent it says so: that it waits, and what became of it. */

import { answerText } from './approvals.js';
import { el, setText } from './dom.js';
import { t } from './i18n.js';

export class Asked {
  /** `placed(override)` is called when the order was approved and is in force. */
  constructor({ store, times }, placed) {
    Object.assign(this, { store, times, placed });
    this.id = null; // of the request that waits
    this.answer = null; // what became of the last one
    const line = (name) => el('p', { class: 'notice', role: 'status', 'data-testid': `order-${name}`, hidden: true });
    this.waiting = line('waiting');
    this.told = line('answer');
    this.nodes = [this.waiting, this.told];
  }

  get waits() {
    return this.id !== null;
  }

  /** The order was kept. The second person may be quicker than this answer. */
  begin(approval) {
    this.id = approval.id;
    this.store.applyApprovals([approval]);
    setText(this.waiting, t('order.waits', { time: this.times.short(approval.lapses) }));
  }

  /** The form is about another order now. */
  forget() {
    this.id = this.answer = null;
  }

  /** See what became of it. True when it has just been decided, or has lapsed. */
  settle() {
    const { store } = this;
    const settled = this.waits && !store.waitingApprovals().some((item) => item.id === this.id);
    if (settled) {
      this.answer = store.answers().find((item) => item.id === this.id) ?? null;
      this.id = null;
    }
    this.waiting.hidden = !this.waits;
    this.told.hidden = this.answer === null;
    if (this.answer) setText(this.told, answerText(this.answer));
    const placed = store.overrides.get(this.answer?.override);
    if (placed) {
      this.answer = { ...this.answer, override: null };
      this.placed(placed);
    }
    return settled;
  }
}
