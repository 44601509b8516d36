/** When an order to a junction ends, and why it is given: both are asked of every order, and no order lasts longer than the city allows. */

import { el, fill, setText } from '../dom.js';
import { t } from '../i18n.js';
import { endChoice, endFields, endProblem } from '../orderend.js';

export class EndAndReason {
  /** No order may last longer than the city's limits say; `ends` false: nothing asks for an end. `name` marks its fields. */
  constructor({ clock, limits }, { ends = true, name = 'order' } = {}) {
    Object.assign(this, { clock, ends, longest: (limits?.junction_order_hours ?? 0) * 3600 });
    this.draft = { end: null, own: null };
    this.reason = el('input', { type: 'text', required: true, maxlength: 300, 'data-typed': true, autocomplete: 'off', placeholder: t('junctions.reason-why'), 'data-testid': `${name}-reason` });
    this.error = el('p', { class: 'error', role: 'alert', hidden: true, 'data-testid': `${name}-error` });
    const changed = () => {
      this.error.hidden = true;
    };
    const end = ends ? endChoice(this.draft, clock, changed, this.longest) : null;
    this.node = el('div', { class: 'why' }, end, el('label', { class: 'reason' }, el('span', {}, t('junctions.reason')), this.reason), this.error);
  }

  /** {reason, for or until} when they will do; else null, and what is missing is said. */
  fields() {
    const reason = this.reason.value.trim();
    const wrong = this.ends ? endProblem(this.draft, this.clock, this.longest) : null;
    if (wrong) return this.#refuse(wrong, '[type=radio]');
    if (!reason) return this.#refuse(t('junctions.reason-missing'), '[data-typed]');
    return { reason, ...(this.ends ? endFields(this.draft, this.clock) : {}) };
  }

  #refuse(text, field) {
    this.fail(text);
    this.node.querySelector(field)?.focus();
    return null;
  }

  /** Say what the hub has against it. */
  fail(text) {
    this.error.hidden = false;
    fill(this.error, text);
    this.error.scrollIntoView({ block: 'nearest' });
  }

  /** Nothing is against it any more. */
  well() {
    this.error.hidden = true;
    setText(this.error, '');
  }
}
