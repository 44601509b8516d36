/** The quarantine: messages that could not be understood, why, how many from whom; downloaded, read again, thrown away. */

import { debounce, el, fill } from './dom.js';
import { icon } from './icons.js';
import { number } from './format.js';
import { onLanguage, t, word } from './i18n.js';
import { Life } from './life.js';
import { holds } from './permission.js';
import { Refused } from './refused.js';
import { ReplayBox } from './replay.js';

const SENDERS = 12; // device and reason together, in the overview
const AT_ONCE = 50; // messages of one page of the list
const FOCUSABLE = 'button, [tabindex="0"]';

export class Quarantine {
  /** `dialog` shows it; `opener` is the button that opens it, hidden from those who may not look. */
  constructor(dialog, opener, context) {
    Object.assign(this, { dialog, opener, context });
    this.filter = {}; // device, code: as the hub's query takes them
    this.life = new Life();
    opener.append(icon('quarantine'));
    opener.addEventListener('click', () => this.open());
    dialog.addEventListener('close', () => this.life.end());
    context.store.on('me', () => {
      opener.hidden = !holds(context.store, 'quarantine');
    });
    onLanguage(() => dialog.open && this.#build());
  }

  /** Show it, with only the messages of `device` when one is given. */
  open(device = null) {
    this.filter = device ? { device } : {};
    this.#build();
    if (!this.dialog.open) this.dialog.showModal();
  }

  /** Close it and forget what was shown: somebody else may sign in. */
  close() {
    this.opener.hidden = true;
    this.dialog.close();
    fill(this.dialog);
  }

  #build() {
    this.life.end();
    this.life = new Life();
    const soon = debounce(300, () => this.#load());
    this.reason = el('select', {
      'data-testid': 'quarantine-code',
      'aria-label': t('quarantine.code'),
      onchange: () => this.#choose({ ...this.filter, code: this.reason.value || undefined }),
    });
    this.device = el('input', {
      type: 'search',
      autocomplete: 'off',
      autocapitalize: 'none',
      spellcheck: false,
      placeholder: t('quarantine.device'),
      'aria-label': t('quarantine.device'),
      'data-testid': 'quarantine-device',
      oninput: () => {
        this.filter = { ...this.filter, device: this.device.value.trim() || undefined };
        soon();
      },
    });
    this.device.value = this.filter.device ?? '';
    this.senders = el('div', { class: 'senders', 'data-testid': 'quarantine-senders' });
    this.list = el('ul', { class: 'refused', tabindex: -1, 'data-testid': 'quarantine-list' });
    this.more = el('div', {});
    this.error = el('p', { class: 'error', role: 'alert', hidden: true });
    this.replay = new ReplayBox(
      this.context,
      this.life,
      () => this.filter,
      () => this.#load(),
    );
    const close = el(
      'button',
      {
        type: 'button',
        class: 'quiet square',
        'aria-label': t('panel.close'),
        'data-testid': 'quarantine-close',
        onclick: () => this.dialog.close(),
      },
      icon('close'),
    );
    fill(
      this.dialog,
      el('header', {}, el('h2', {}, t('quarantine.title')), close),
      el('p', { class: 'muted' }, t('quarantine.text')),
      el('div', { class: 'filters' }, this.reason, this.device),
      this.senders,
      this.replay.node,
      this.error,
      this.list,
      this.more,
    );
    this.#load();
  }

  #choose(filter) {
    this.filter = filter;
    this.device.value = filter.device ?? '';
    this.#load();
  }

  /** The first page, anew. */
  async #load() {
    const { life } = this;
    const asked = JSON.stringify(this.filter);
    try {
      const page = await this.context.api.quarantine(this.filter, AT_ONCE);
      if (life.ended || asked !== JSON.stringify(this.filter)) return;
      this.#keepingFocus(() => this.#show(page));
      this.error.hidden = true;
    } catch (problem) {
      if (!life.ended) this.#failed(problem);
    }
  }

  /** Whoever works by keys stays where they were: at the same thing, else at what took its place, else at the list. */
  #keepingFocus(change) {
    const parts = [this.senders, this.list, this.more];
    const inside = parts.find((part) => part.contains(document.activeElement));
    if (!inside) {
      change();
      return;
    }
    const { testid } = document.activeElement.dataset;
    const at = [...inside.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement);
    change();
    const now = [...inside.querySelectorAll(FOCUSABLE)];
    const same = now.find((one) => testid && one.dataset.testid === testid);
    (same ?? now[Math.min(at, now.length - 1)] ?? this.list).focus();
  }

  #show(page) {
    this.#reasons(page);
    this.#senders(page.counts);
    const empty = Object.values(this.filter).some(Boolean) ? t('quarantine.none-such') : t('quarantine.none');
    fill(
      this.list,
      page.items.length ? page.items.map((item) => this.#item(item)) : el('li', { class: 'empty' }, empty),
    );
    this.replay.offer(page.items.length > 0);
    this.#further(page.next);
  }

  #item(item) {
    return new Refused(this.context, item, () => this.replay.start({ ids: [item.id] })).node;
  }

  /** A choice of the reasons of which something is kept. */
  #reasons({ held }) {
    const known = held.map(({ code, rows }) => [code, `${word('reason', code)} (${number(rows)})`]);
    const { code } = this.filter;
    if (code && !held.some((one) => one.code === code)) known.push([code, word('reason', code)]);
    fill(
      this.reason,
      [['', t('quarantine.every-code')], ...known].map(([value, text]) => el('option', { value }, text)),
    );
    this.reason.value = code ?? '';
  }

  /** Who was refused most, and why: each chooses the messages that it counts. */
  #senders(counts) {
    fill(
      this.senders,
      counts.slice(0, SENDERS).map(({ device, code, count }) => {
        const chosen = this.filter.device === device && this.filter.code === code;
        const next = chosen ? {} : { device: device ?? '', code };
        return el(
          'button',
          { type: 'button', 'aria-pressed': String(chosen), onclick: () => this.#choose(next) },
          el('b', {}, number(count)),
          ` ${device ?? t('quarantine.nobody')} · ${word('reason', code)}`,
        );
      }),
    );
  }

  #further(next) {
    const act = async () => {
      const { life } = this;
      try {
        const page = await this.context.api.quarantine(this.filter, AT_ONCE, next);
        if (life.ended) return;
        const items = page.items.map((item) => this.#item(item));
        this.list.append(...items);
        this.#further(page.next);
        (items[0]?.querySelector(FOCUSABLE) ?? this.list).focus(); // the first of those that came
      } catch (problem) {
        if (!life.ended) this.#failed(problem);
      }
    };
    fill(
      this.more,
      next ? el('button', { type: 'button', 'data-testid': 'quarantine-more', onclick: act }, t('quarantine.more')) : null,
    );
  }

  #failed(problem) {
    this.error.hidden = false;
    fill(this.error, problem.message);
  }
}
