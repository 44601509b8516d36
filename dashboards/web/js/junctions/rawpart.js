/** The whole plan set as text: intersection, conflicts, intergreens, day plans, calendar. What is written there counts once it is taken over. */

import { el, fill } from '../dom.js';
import { t } from '../i18n.js';

export class RawPart {
  /** `taken(body)` is called with what was written. */
  constructor(body, taken) {
    this.taken = taken;
    this.text = el('textarea', { rows: 18, spellcheck: 'false', autocapitalize: 'none', 'aria-label': t('editor.raw'), 'data-testid': 'editor-raw', oninput: () => this.#typed() });
    this.error = el('p', { class: 'error', role: 'alert', hidden: true, 'data-testid': 'editor-raw-error' });
    this.take = el('button', { type: 'button', disabled: true, 'data-testid': 'editor-raw-take', onclick: () => this.#take() }, t('editor.raw-take'));
    this.node = el('details', { class: 'fold rawpart' }, el('summary', { 'data-testid': 'editor-raw-open' }, t('editor.raw')), el('p', { class: 'muted' }, t('editor.raw-about')), this.text, this.error, this.take);
    this.show(body);
  }

  get dirty() {
    return this.text.value !== this.written;
  }

  /** Show what the bars and fields say; what somebody writes here is left alone. */
  show(body) {
    if (this.written !== undefined && this.dirty) return;
    this.written = JSON.stringify(body, null, 1);
    this.text.value = this.written;
    this.take.disabled = true;
  }

  #typed() {
    this.take.disabled = !this.dirty;
    this.error.hidden = true;
  }

  #take() {
    let body;
    try {
      body = JSON.parse(this.text.value);
    } catch (error) {
      this.error.hidden = false;
      fill(this.error, t('editor.raw-bad', { why: error.message }));
      return;
    }
    this.written = this.text.value;
    this.taken(body);
    this.show(body);
  }
}
