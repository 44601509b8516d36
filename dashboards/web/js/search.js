/** Search: zones from memory, devices from the hub; marks and case do not matter ("le loi" finds Lê Lợi). */

import { debounce, el, fill } from './dom.js';
import { plain } from './format.js';
import { onLanguage, t, word } from './i18n.js';
import { successor } from './keepfocus.js';

const MOST = 30;

/** Zones called just so come first, then those that begin so. */
function rank(zone, text) {
  const name = plain(zone.name);
  if (name === text || zone.id === text) return 0;
  return name.startsWith(text) ? 1 : 2;
}

export class Search {
  /** `input` filters into `found`, which takes the place of `tree` while there is something to look for. */
  constructor({ input, found, tree }, api, store) {
    Object.assign(this, { input, found, tree, api, store });
    this.abort = null;
    const later = debounce(220, () => this.#devices());
    input.addEventListener('input', () => {
      this.#show();
      later();
    });
    input.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.clear();
      if (event.key === 'ArrowDown') {
        event.preventDefault();
        found.querySelector('button')?.focus();
      }
    });
    found.addEventListener('keydown', (event) => this.#walk(event));
    this.devices = null;
    onLanguage(() => this.#show());
  }

  clear() {
    this.input.value = '';
    this.#show();
  }

  get wanted() {
    return this.input.value.trim();
  }

  /** `failed`: why devices could not be looked for. */
  #show(failed = null) {
    const searching = this.wanted !== '';
    this.found.hidden = !searching;
    this.tree.hidden = searching;
    if (!searching) {
      this.abort?.abort();
      this.devices = null;
      return;
    }
    const text = plain(this.wanted);
    const zones = [...this.store.tree.zones.values()]
      .filter((zone) => plain(zone.name).includes(text) || zone.id.includes(text))
      .sort((a, b) => rank(a, text) - rank(b, text))
      .slice(0, MOST);
    const { devices } = this;
    const focused = this.found.contains(document.activeElement) ? document.activeElement : null;
    fill(
      this.found,
      zones.length ? el('h2', {}, t('search.zones')) : null,
      zones.map((zone) => this.#result('zone', zone, this.#above(zone.parent))),
      devices?.length ? el('h2', {}, t('search.devices')) : null,
      devices?.map((device) =>
        this.#result(
          'device',
          device,
          [word('kind', device.kind), this.#above(device.zone)].filter(Boolean).join(' · '),
        ),
      ),
      devices === null ? el('p', { class: 'muted' }, t('search.asking')) : null,
      failed ? el('p', { class: 'error', role: 'alert', 'data-testid': 'search-failed' }, failed) : null,
      devices?.length === 0 && !zones.length && !failed
        ? el('p', { class: 'muted' }, t('search.nothing', { text: this.wanted }))
        : null,
    );
    successor(focused)?.focus();
  }

  #above(zone) {
    return this.store.tree
      .path(zone)
      .map((above) => above.name)
      .join(' › ');
  }

  #result(type, thing, place) {
    return el(
      'button',
      {
        type: 'button',
        class: 'result',
        'data-testid': `found-${thing.id}`,
        onclick: () => this.store.select(type, thing.id),
      },
      el('span', {}, thing.name || thing.id),
      el('small', { class: 'muted' }, thing.name && thing.name !== thing.id ? `${thing.id} · ${place}` : place),
    );
  }

  async #devices() {
    this.abort?.abort();
    if (!this.wanted) return;
    const abort = new AbortController();
    this.abort = abort;
    try {
      this.devices = await this.api.find(this.wanted, MOST, abort.signal);
    } catch (problem) {
      if (abort.signal.aborted) return;
      this.devices = [];
      this.#show(problem.message);
      return;
    }
    if (!abort.signal.aborted) this.#show();
  }

  #walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Escape') {
      this.clear();
      this.input.focus();
    }
    if (!step) return;
    event.preventDefault();
    const results = [...this.found.querySelectorAll('button')];
    const next = results.indexOf(document.activeElement) + step;
    (results[next] ?? (step < 0 ? this.input : results.at(-1))).focus();
  }
}
