/** The right-hand panel: shows what is chosen, or says what can be done. */

import { devicePanel } from './devicepanel.js';
import { el, fill } from './dom.js';
import { t } from './i18n.js';
import { Life } from './life.js';
import { zonePanel } from './zonepanel.js';

export class Panel {
  constructor(node, context) {
    this.node = node;
    this.context = context;
    this.life = new Life();
    context.store.on('selection', () => this.show());
    context.store.on('zones', () => this.#settle());
  }

  /** A zone chosen before the tree was there, or one that has gone. */
  #settle() {
    const { selection, tree } = this.context.store;
    if (selection?.type === 'zone' && !this.node.querySelector('.zonepanel') && tree.has(selection.id)) this.show();
  }

  /** Build the panel anew. */
  show() {
    this.life.end();
    this.life = new Life();
    const { store } = this.context;
    const { selection } = store;
    this.node.scrollTop = 0;
    if (selection?.type === 'device') fill(this.node, devicePanel(this.context, selection.id, this.life));
    else if (selection && store.tree.has(selection.id))
      fill(this.node, zonePanel(this.context, selection.id, this.life));
    else fill(this.node, this.#welcome());
  }

  #welcome() {
    const { store } = this.context;
    const roots = store.tree.children(null).map((id) => store.tree.get(id));
    return el('div', { class: 'welcome' }, [
      el('h2', {}, t('welcome.title')),
      el('p', {}, t('welcome.text')),
      el(
        'div',
        { class: 'starts' },
        roots
          .slice(0, 6)
          .map((zone) => el('button', { type: 'button', onclick: () => store.select('zone', zone.id) }, zone.name)),
      ),
      el('h3', {}, t('welcome.keys')),
      el('ul', { class: 'keys' }, [
        el('li', {}, el('kbd', {}, '/'), t('welcome.key.search')),
        el('li', {}, el('kbd', {}, '← ↑ ↓ →'), t('welcome.key.move')),
        el('li', {}, el('kbd', {}, '+ −'), t('welcome.key.zoom')),
        el('li', {}, el('kbd', {}, 'Enter'), t('welcome.key.enter')),
        el('li', {}, el('kbd', {}, 'Esc'), t('welcome.key.close')),
      ]),
    ]);
  }
}
