/** The dialog of notifications: the record, channels and routes. Opened from the list of alarms. */

import { el, fill } from '../dom.js';
import { icon } from '../icons.js';
import { onLanguage, t } from '../i18n.js';
import { Channels } from './channels.js';
import { Record } from './record.js';
import { Routes } from './routes.js';

const PARTS = { record: Record, channels: Channels, routes: Routes };

export class Notify {
  constructor(dialog, context) {
    Object.assign(this, { dialog, context });
    this.part = 'record';
    onLanguage(() => dialog.open && this.#build());
  }

  open() {
    this.#build();
    if (!this.dialog.open) this.dialog.showModal();
  }

  /** Close it and forget what was shown: somebody else may sign in. */
  close() {
    this.dialog.close();
    fill(this.dialog);
  }

  #build() {
    const body = el('div', {});
    const error = el('p', { class: 'error', role: 'alert', hidden: true, 'data-testid': 'notify-error' });
    const failed = (problem) => {
      error.hidden = false;
      fill(error, problem.message);
      error.scrollIntoView({ block: 'nearest' });
    };
    body.addEventListener('submit', () => (error.hidden = true), true);
    body.addEventListener('click', () => (error.hidden = true), true);
    const tab = (part) => {
      const onclick = () => {
        this.part = part;
        this.#build();
      };
      return el('button', { type: 'button', 'aria-pressed': String(part === this.part), 'data-testid': `notify-${part}`, onclick }, t(`notify.part.${part}`));
    };
    const close = el('button', { type: 'button', class: 'quiet square', 'aria-label': t('panel.close'), 'data-testid': 'notify-close', onclick: () => this.dialog.close() }, icon('close'));
    fill(
      this.dialog,
      el('header', {}, el('h2', {}, t('notify.title')), close),
      el('p', { class: 'muted' }, t('notify.text')),
      el('div', { class: 'acts' }, Object.keys(PARTS).map(tab)),
      error,
      body,
    );
    new PARTS[this.part](this.context, body, failed).show();
  }
}
