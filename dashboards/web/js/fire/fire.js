/** Fire panels: what stands at them, whether they are heard, the test of the path, and what the hub is not. Nothing here acts on a
 * panel. */

import { el, fill, paced } from '../dom.js';
import { number } from '../format.js';
import { icon } from '../icons.js';
import { language, onLanguage, t } from '../i18n.js';
import { Life } from '../life.js';
import { holds } from '../permission.js';
import { rowKeys } from '../rowkeys.js';
import { FirePanelRow } from './row.js';
import { testDetail } from './tested.js';

const EVERY = 10_000; // silence is told by nobody

export class Fire {
  /** `dialog` shows the panels; `opener` opens it, and is there once a panel is. */
  constructor(dialog, opener, context) {
    Object.assign(this, { dialog, opener, context });
    this.life = new Life();
    this.wanted = null;
    fill(opener, icon('fire'));
    opener.hidden = true;
    opener.addEventListener('click', () => this.open());
    dialog.addEventListener('close', () => this.life.end());
    rowKeys(dialog, () => this.list);
    const soon = paced(300, () => this.#load());
    context.store.on('fire', soon);
    context.store.on('alarms', soon);
    onLanguage(() => {
      this.#label();
      if (dialog.open) this.#build();
    });
    this.#label();
  }

  /** Show the panels, with the points of `device` when one is given. */
  open(device = null) {
    this.wanted = device;
    this.#build();
    if (!this.dialog.open) this.dialog.showModal();
  }

  close() {
    this.opener.hidden = true;
    this.dialog.close();
    fill(this.dialog);
  }

  #label() {
    this.opener.setAttribute('aria-label', t('fire.title'));
    this.opener.title = t('fire.title');
  }

  #build() {
    this.life.end();
    this.life = new Life();
    this.life.every(EVERY, () => this.#load());
    this.rows = new Map();
    this.notice = el('p', { class: 'firenotice', role: 'note', 'data-testid': 'fire-notice' });
    this.test = el('p', { class: 'firetest', 'data-testid': 'fire-test' });
    this.list = el('ul', { class: 'alarmlist firelist', tabindex: -1, 'data-testid': 'fire-panels' });
    this.error = el('p', { class: 'error', role: 'alert', hidden: true });
    const close = el('button', { type: 'button', class: 'quiet square', 'aria-label': t('panel.close'), 'data-testid': 'fire-close', onclick: () => this.dialog.close() }, icon('close'));
    fill(
      this.dialog,
      el('header', {}, el('h2', {}, t('fire.title')), close),
      this.notice,
      this.test,
      el('p', { class: 'muted keys' }, t('fire.keys')),
      this.error,
      this.list,
    );
    this.#load();
  }

  async #load() {
    const { store, api } = this.context;
    if (!store.me) return;
    const { life } = this;
    try {
      const found = await api.json('/fire/panels');
      this.opener.hidden = found.items.length === 0;
      if (!this.dialog.open || life.ended) return;
      this.#show(found);
      this.error.hidden = true;
    } catch (problem) {
      if (this.dialog.open && !life.ended) this.#failed(problem);
    }
  }

  #show(found) {
    fill(this.notice, found.notice[language()]);
    this.#tested(found.last_test);
    const known = this.rows;
    this.rows = new Map();
    for (const item of found.items) {
      const row = known.get(item.id) ?? new FirePanelRow(this.context, (problem) => this.#failed(problem));
      row.show(item);
      this.rows.set(item.id, row);
    }
    const nodes = [...this.rows.values()].map((row) => row.node);
    if (nodes.some((node, place) => this.list.children[place] !== node) || nodes.length !== this.list.children.length) {
      const focused = this.list.contains(document.activeElement) ? document.activeElement : null;
      fill(this.list, nodes.length ? nodes : el('li', { class: 'empty' }, t('fire.none')));
      focused?.focus();
    }
    if (this.wanted) {
      const row = this.rows.get(this.wanted);
      this.wanted = null;
      row?.open();
      row?.node.focus();
    }
  }

  #tested(last) {
    const { store, times } = this.context;
    const text = last
      ? t(`fire.test.${last.outcome}`, { time: times.full(last.started), seconds: number(Math.max(0, ...Object.values(last.stages)), 2), detail: testDetail(last.detail) })
      : t('fire.test.never');
    const button = el('button', { type: 'button', 'data-testid': 'fire-test-now', onclick: () => this.#testNow(button) }, t('fire.test.now'));
    fill(this.test, el('span', { class: last && last.outcome !== 'passed' ? 'bad' : '' }, text), ' ', holds(store, 'fire-test') ? button : null);
  }

  async #testNow(button) {
    button.disabled = true;
    fill(this.test.firstChild, t('notify.testing'));
    try {
      const test = await this.context.api.json('/fire/self-test', { method: 'POST' });
      this.#tested(test);
      this.context.announce(this.test.firstChild.textContent);
    } catch (problem) {
      this.#failed(problem);
    }
    button.disabled = false;
  }

  #failed(problem) {
    this.error.hidden = false;
    fill(this.error, problem.message);
  }
}
