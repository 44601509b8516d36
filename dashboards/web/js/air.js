/** The air: a dialog with every station's index of the last whole hour in its colour, and 48 hours of the one that is chosen. */

import { airStation, badge, why } from './airstation.js';
import { el, fill } from './dom.js';
import { icon } from './icons.js';
import { language, onLanguage, t, word } from './i18n.js';
import { Life } from './life.js';

const RENEW = 300_000; // ms between two fetches while it is open

export class Air {
  /** `dialog` shows it; `opener` is the button that opens it. */
  constructor(dialog, opener, context) {
    Object.assign(this, { dialog, context });
    this.life = new Life();
    this.chosen = null; // id of the station whose hours are shown
    this.found = null; // what the hub said last
    opener.append(icon('air'), el('span', { 'data-i18n': 'tabs.air' }, t('tabs.air')));
    opener.addEventListener('click', () => this.open());
    dialog.addEventListener('close', () => this.life.end());
    onLanguage(() => dialog.open && this.#build());
  }

  open() {
    this.chosen = null;
    this.#build();
    if (!this.dialog.open) this.dialog.showModal();
  }

  /** Close it and forget what was shown: somebody else may sign in. */
  close() {
    this.dialog.close();
    this.found = null;
    fill(this.dialog);
  }

  #build() {
    this.life.end();
    this.life = new Life();
    this.scale = el('div', { class: 'scale', 'data-testid': 'air-scale' });
    this.list = el('div', { class: 'stations', 'data-testid': 'air-stations' }, el('p', { class: 'muted' }, t('loading')));
    this.error = el('p', { class: 'error', role: 'alert', hidden: true });
    const close = el(
      'button',
      {
        type: 'button',
        class: 'quiet square',
        'aria-label': t('panel.close'),
        'data-testid': 'air-close',
        onclick: () => this.dialog.close(),
      },
      icon('close'),
    );
    fill(
      this.dialog,
      el('header', {}, el('h2', {}, t('air.title')), close),
      el('p', { class: 'muted' }, t('air.text')),
      this.error,
      this.list,
      this.scale,
    );
    if (this.found) this.#show();
    this.#load();
    this.life.every(RENEW, () => this.#load());
  }

  async #load() {
    const { life } = this;
    try {
      const found = await this.context.api.air();
      if (life.ended) return;
      this.found = found;
      this.error.hidden = true;
      this.#show();
    } catch (problem) {
      if (life.ended) return;
      this.error.hidden = false;
      fill(this.error, problem.message);
    }
  }

  #show() {
    const { items, scales } = this.found;
    this.shown?.end();
    this.shown = this.life.child();
    const stations = items.map((item) => this.#station(item, scales));
    fill(this.list, items.length ? stations : el('p', { class: 'empty', 'data-testid': 'air-empty' }, t('air.empty')));
    this.#showScale(scales.vn);
  }

  #station(item, scales) {
    const { station, hourly } = item;
    const { vn, us, end } = hourly.at(-1);
    const open = this.chosen === station.id;
    const band = scales.vn.bands.find((each) => each.name === vn.band);
    const zone = this.context.store.tree.get(station.zone)?.name;
    const made = vn.dominant ? t('air.by', { metric: word('metric', vn.dominant) }) : why(vn);
    const head = el(
      'button',
      {
        type: 'button',
        class: 'station',
        'aria-expanded': String(open),
        'data-testid': `air-${station.id}`,
        onclick: () => this.#choose(open ? null : station.id),
      },
      badge(vn),
      el('span', { class: 'what' }, [
        el('b', {}, station.name || station.id),
        el('span', {}, band ? band[language()] : t('air.none')),
        el('small', { class: 'muted' }, [made, zone].filter(Boolean).join(' · ')),
      ]),
      el('span', { class: 'beside muted' }, [
        el('small', {}, t('air.us', { index: us.index ?? '–' })),
        el('small', {}, t('air.until', { time: this.context.times.short(end) })),
      ]),
    );
    return el('article', {}, head, open ? airStation(this.context, item, scales, this.shown) : null);
  }

  #choose(id) {
    this.chosen = id;
    const { scrollTop } = this.dialog;
    this.#show();
    this.dialog.scrollTop = scrollTop;
    const at = id ?? document.activeElement?.dataset.testid?.slice(4);
    this.dialog.querySelector(`[data-testid="air-${CSS.escape(at ?? '')}"]`)?.focus();
  }

  /** The bands with their colours, and where the index comes from. */
  #showScale(scale) {
    const bands = scale.bands.map((band, at) => {
      const from = at ? scale.bands[at - 1].upto + 1 : 0;
      const mark = el('i', {});
      mark.style.setProperty('background', band.colour);
      return el('li', {}, mark, el('b', {}, `${from}–${band.upto}`), ` ${band[language()]}`);
    });
    const owner = this.found.owner ? t('air.owner', { owner: this.found.owner }) : null;
    fill(
      this.scale,
      el('ul', {}, bands),
      el('p', { class: 'muted' }, el('small', {}, [t('air.method', { name: scale.name, source: scale.source }), owner].filter(Boolean).join(' '))),
    );
  }
}
