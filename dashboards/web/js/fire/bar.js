/** The bar above all others while there is a fire, or a fire would not be seen: from the moment it is on the hub's disk until it is
 * over and somebody has seen it. */

import { el, fill, paced } from '../dom.js';
import { language, onLanguage, t, word } from '../i18n.js';
import { holds } from '../permission.js';

const SHOWN = 4;
const TITLE = document.title;
const KEPT = 120_000; // ms that a fire which was heard stays although the list does not name it: its alarm may take its time

export class FireBar {
  /** `open(device)` shows the fire view, `alarms(device)` the list where a fire is acknowledged. */
  constructor(node, api, store, { open, alarms }) {
    Object.assign(this, { node, api, store, open, alarms });
    this.items = [];
    const soon = paced(300, () => this.#load());
    store.on('alarms', (items) => {
      for (const item of items ?? []) this.#over(item);
      soon();
    });
    store.on('fire', (items) => {
      for (const item of items) this.#hear(item);
      soon();
      setTimeout(soon, KEPT + 1_000);
    });
    store.on('me', () => {
      if (store.me) soon();
      else this.forget();
    });
    onLanguage(() => this.#show());
  }

  forget() {
    this.items = [];
    this.#show();
  }

  /** An alarm is shown before anything is asked, and stays until the list has named it. */
  #hear(item) {
    if (item.type !== 'fireAlarm' || !item.active || item.test) return;
    const key = `${item.device} ${item.point}`;
    this.items = [
      { key, heard: performance.now(), received: item.received, device: item.device, name: item.name, point: item.point, detail: item.text, type: item.type },
      ...this.items.filter((each) => each.key !== key),
    ];
    this.#show();
  }

  /** Its alarm is over and seen: from now on the list says whether it is shown, although it may never have named it. */
  #over(alarm) {
    if (alarm.type !== 'fireAlarm' || alarm.state !== 'normal') return;
    const item = this.items.find((each) => each.heard && each.key === `${alarm.device} ${alarm.point}`);
    if (item && Date.parse(alarm.told) >= Date.parse(item.received)) item.heard = undefined;
  }

  async #load() {
    if (!this.store.me) return;
    try {
      const page = await this.api.json('/alarms?class=fire&severity=critical&limit=200');
      const listed = page.items.map((item) => ({ ...item, key: `${item.device} ${item.point}` }));
      const keys = new Set(listed.map((item) => item.key));
      const since = performance.now() - KEPT;
      this.items = [...this.items.filter((item) => item.heard > since && !keys.has(item.key)), ...listed];
      this.#show();
    } catch {
      // What is shown stays; the next change asks again.
    }
  }

  #show() {
    const { node, items } = this;
    node.hidden = items.length === 0;
    document.title = items.length ? t('fire.tab', { n: items.length, title: TITLE }) : TITLE;
    const words = (item) => [item.text?.[language()] ?? word('event', item.type), item.name || item.device, item.point, item.detail].filter(Boolean).join(' · ');
    fill(
      node,
      el('b', {}, t('fire.bar', { n: items.length })),
      ' ',
      items.slice(0, SHOWN).map((item) => el('span', { class: 'what' }, words(item))),
      items.length > SHOWN ? t('fire.more', { n: items.length - SHOWN }) : null,
      ' ',
      items.length
        ? el(
            'span',
            { class: 'acts' },
            el('button', { type: 'button', 'data-testid': 'firebar-open', onclick: () => this.open(items[0].device) }, t('fire.open')),
            el('button', { type: 'button', 'data-testid': 'firebar-alarms', onclick: () => this.alarms() }, t(holds(this.store, 'alarms') ? 'fire.acknowledge' : 'fire.alarms')),
          )
        : null,
    );
  }
}
