/** On a phone: one part at a time in a sheet below the map, chosen by tabs. On a desktop the tabs are not shown. */

import { el, fill } from './dom.js';
import { icon } from './icons.js';
import { onLanguage, t } from './i18n.js';
import { hasJunctions } from './junctions/onmap.js';

const TABS = [
  ['map', 'map'],
  ['zones', 'zones'],
  ['order', 'order'],
  ['activity', 'activity'],
  ['plans', 'plans'],
  ['air', 'air'],
  ['junctions', 'junction'],
];

export class Tabs {
  /** `app` carries the open tab as data-tab; the style sheet does the rest. `acts` are tabs that do something instead. */
  constructor(node, app, store, acts) {
    this.node = node;
    this.app = app;
    this.acts = acts;
    this.store = store;
    app.dataset.tab = 'map';
    store.on('chosen', () => this.open('order'));
    store.on('selection', (selection) => selection || this.open('map'));
    for (const topic of ['city', 'me']) store.on(topic, () => this.#there());
    onLanguage(() => this.#show());
    this.#show();
  }

  open(tab) {
    this.app.dataset.tab = tab;
    for (const button of this.node.children) button.setAttribute('aria-pressed', String(button.dataset.tab === tab));
  }

  /** Junctions have a tab where there are some. */
  #there() {
    for (const button of this.node.children) button.hidden = button.dataset.tab === 'junctions' && !hasJunctions(this.store);
  }

  #show() {
    const button = ([tab, name]) =>
      el(
        'button',
        {
          type: 'button',
          'data-tab': tab,
          'data-testid': `tab-${tab}`,
          onclick: () => (this.acts[tab] ?? (() => this.open(this.app.dataset.tab === tab ? 'map' : tab)))(),
        },
        icon(name),
        el('span', {}, t(`tabs.${tab}`)),
      );
    fill(this.node, TABS.map(button));
    this.#there();
    this.open(this.app.dataset.tab);
  }
}
