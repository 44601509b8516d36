/** Playbooks from a TOML file: chosen, looked at (which are new, which are replaced), then sent; all or none. */

import { el, fill } from '../dom.js';
import { t } from '../i18n.js';
import { importPlaybooks } from './calls.js';

const LARGEST = 1024 * 1024; // bytes that the hub takes
const TABLE = /^\s*\[\s*"?([a-z0-9][a-z0-9-]*)"?\s*(?:\.[^\]]*)?\]\s*(?:#.*)?$/gm;

/** The ids of the playbooks that a file names, as far as they can be told without the hub. */
export function idsIn(text) {
  return [...new Set([...text.matchAll(TABLE)].map((found) => found[1]))];
}

export class ImportForm {
  /** `known` are the ids of the playbooks that there are; `done(said)` goes back to the list. */
  constructor(api, known, done) {
    Object.assign(this, { api, known, done });
    this.asked = el('div', { 'data-testid': 'playbooks-import-asked' });
    const input = el('input', { type: 'file', accept: '.toml,text/plain', hidden: true, 'data-testid': 'playbooks-import-file' });
    input.addEventListener('change', () => {
      const [file] = input.files;
      input.value = ''; // the same file may be chosen again, once it was mended
      if (file) this.#ask(file);
    });
    const open = el('button', { type: 'button', 'data-testid': 'playbooks-import', onclick: () => input.click() }, t('playbooks.import'));
    this.node = el('div', {}, input, open, this.asked);
  }

  async #ask(file) {
    if (file.size > LARGEST) {
      this.#failed(t('playbooks.import-large', { file: file.name }));
      return;
    }
    const ids = idsIn(await file.text());
    const replaced = ids.filter((id) => this.known.includes(id));
    const fresh = ids.filter((id) => !replaced.includes(id));
    const yes = el('button', { type: 'submit', class: 'primary', 'data-testid': 'playbooks-import-yes' }, t('playbooks.import-yes'));
    const send = (event) => {
      event.preventDefault();
      yes.disabled = true;
      this.#send(file);
    };
    fill(
      this.asked,
      el('form', { class: 'confirm', onsubmit: send }, [
        el('p', {}, file.name),
        fresh.length ? el('p', {}, t('playbooks.import-new', { ids: fresh.join(', ') })) : null,
        replaced.length ? el('p', {}, t('playbooks.import-replaces', { ids: replaced.join(', ') })) : null,
        yes,
        el('button', { type: 'button', class: 'quiet', onclick: () => fill(this.asked) }, t('playbooks.import-no')),
      ]),
    );
    yes.focus();
  }

  async #send(file) {
    try {
      const { added, replaced, unchanged } = await importPlaybooks(this.api, file);
      this.done(t('playbooks.imported', { added: added.length, replaced: replaced.length, unchanged: unchanged.length }));
    } catch (problem) {
      this.#failed(problem.message);
    }
  }

  #failed(said) {
    const error = el('p', { class: 'error', role: 'alert', 'data-testid': 'playbooks-import-error' }, said, ' ', t('playbooks.import-none'));
    fill(this.asked, error);
    error.scrollIntoView({ block: 'nearest' });
  }
}
