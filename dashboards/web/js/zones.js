/** The zone tree (ARIA tree pattern): arrows walk it, Enter or a click chooses a zone. */

import { el, fill, setText } from './dom.js';
import { number } from './format.js';
import { onLanguage, t } from './i18n.js';

const OPEN_UP_TO = 3; // so many children of a root are shown opened at first

export class ZoneList {
  constructor(list, store) {
    this.list = list;
    this.store = store;
    this.open = new Set();
    this.rows = new Map();
    this.current = null; // id of the row that Tab reaches
    this.fresh = true;
    store.on('zones', () => this.#build());
    store.on('counts', (ids) => ids.forEach((id) => this.#counts(id)));
    store.on('selection', () => this.#showSelection());
    onLanguage(() => this.#build());
    list.addEventListener('keydown', (event) => this.#key(event));
    list.addEventListener('click', (event) => this.#click(event));
  }

  #build() {
    const { tree } = this.store;
    if (this.fresh && tree.zones.size) {
      for (const root of tree.children(null)) {
        this.open.add(root);
        if (tree.children(root).length > OPEN_UP_TO) continue;
        for (const child of tree.children(root)) this.open.add(child);
      }
      this.fresh = false;
    }
    this.rows.clear();
    const roots = tree.children(null);
    fill(
      this.list,
      roots.length
        ? roots.map((id) => this.#item(id, 1))
        : el('li', { class: 'empty', role: 'none' }, t('zones.empty')),
    );
    if (!this.rows.has(this.current)) this.current = roots[0] ?? null;
    this.#tabStop();
    this.#showSelection();
  }

  #item(id, level) {
    const { tree } = this.store;
    const zone = tree.get(id);
    const children = tree.children(id);
    const opened = this.open.has(id);
    const row = el(
      'div',
      { class: 'row', 'data-testid': `zone-${id}` },
      el('span', { class: 'twist', 'aria-hidden': 'true' }),
      el('span', { class: 'name' }, zone.name),
      el('span', { class: 'counts', 'aria-hidden': 'true' }),
    );
    row.style.setProperty('--level', level);
    const item = el(
      'li',
      { role: 'treeitem', 'aria-level': level, 'aria-selected': 'false', tabindex: -1, 'data-id': id },
      row,
    );
    if (children.length) {
      item.setAttribute('aria-expanded', String(opened));
      if (opened) item.append(this.#group(children, level + 1));
    }
    this.rows.set(id, item);
    this.#counts(id);
    return item;
  }

  #group(children, level) {
    return el(
      'ul',
      { role: 'group' },
      children.map((child) => this.#item(child, level)),
    );
  }

  #counts(id) {
    const item = this.rows.get(id);
    const zone = this.store.tree.get(id);
    if (!item || !zone) return;
    const { lights = 0, online = 0, on = 0, faulty = 0 } = zone.counts ?? {};
    const place = item.querySelector('.counts');
    const away = lights - online;
    const parts = [
      faulty ? el('b', { class: 'faulty', title: t('counts.faulty') }, `▲${number(faulty)}`) : null,
      away ? el('b', { class: 'away', title: t('counts.offline') }, `✕${number(away)}`) : null,
      el('span', {}, lights ? `${number(on)} / ${number(lights)}` : ''),
    ];
    fill(place, parts);
    item.setAttribute('aria-label', `${zone.name}. ${t('counts.spoken', { on, lights, away, faulty })}`);
  }

  /** Open the way down to `id` and bring it into view. */
  reveal(id) {
    const path = this.store.tree.path(id);
    const closed = path.slice(0, -1).filter((zone) => !this.open.has(zone.id));
    for (const zone of closed) this.open.add(zone.id);
    if (closed.length) this.#build();
    this.rows.get(id)?.firstChild.scrollIntoView({ block: 'nearest' });
  }

  #showSelection() {
    const { selection } = this.store;
    const id = selection?.type === 'zone' ? selection.id : null;
    if (id !== null && !this.rows.has(id) && this.store.tree.has(id)) this.reveal(id);
    for (const [zone, item] of this.rows) item.setAttribute('aria-selected', String(zone === id));
    if (id !== null) this.current = id;
    this.#tabStop();
  }

  #tabStop() {
    for (const [id, item] of this.rows) item.tabIndex = id === this.current ? 0 : -1;
  }

  #focus(id) {
    if (!this.rows.has(id)) return;
    this.current = id;
    this.#tabStop();
    this.rows.get(id).focus();
  }

  #toggle(id, opened) {
    if (!this.store.tree.children(id).length) return;
    if (opened) this.open.add(id);
    else this.open.delete(id);
    const item = this.rows.get(id);
    item.setAttribute('aria-expanded', String(opened));
    const group = item.querySelector(':scope > ul');
    if (group) {
      for (const below of group.querySelectorAll('[data-id]')) this.rows.delete(below.dataset.id);
      group.remove();
    }
    if (opened) item.append(this.#group(this.store.tree.children(id), Number(item.getAttribute('aria-level')) + 1));
    if (!this.rows.has(this.current)) this.current = id;
    this.#showSelection();
  }

  #click(event) {
    const item = event.target.closest('[data-id]');
    if (!item) return;
    const { id } = item.dataset;
    if (event.target.closest('.twist') && item.hasAttribute('aria-expanded')) {
      this.#toggle(id, !this.open.has(id));
      return;
    }
    this.#focus(id);
    this.store.select('zone', id);
  }

  #key(event) {
    const id = event.target.dataset?.id;
    if (!id || event.ctrlKey || event.metaKey || event.altKey) return;
    const shown = [...this.list.querySelectorAll('[data-id]')].map((item) => item.dataset.id);
    const at = shown.indexOf(id);
    const { tree } = this.store;
    const actions = {
      ArrowDown: () => this.#focus(shown[at + 1]),
      ArrowUp: () => this.#focus(shown[at - 1]),
      Home: () => this.#focus(shown[0]),
      End: () => this.#focus(shown.at(-1)),
      ArrowRight: () => (this.open.has(id) ? this.#focus(tree.children(id)[0]) : this.#toggle(id, true)),
      ArrowLeft: () => (this.open.has(id) ? this.#toggle(id, false) : this.#focus(tree.get(id).parent)),
      Enter: () => this.store.select('zone', id),
      ' ': () => this.store.select('zone', id),
    };
    if (!(event.key in actions)) return;
    event.preventDefault();
    event.stopPropagation();
    actions[event.key]();
  }
}

/** Lights, online, on and faulty as tiles; `counts` as the hub gives them. */
export function countTiles(counts = {}) {
  const tile = (name, value, kind = '') =>
    el(
      'div',
      { class: `tile ${kind}` },
      el('b', { 'data-testid': `count-${name}` }, number(value ?? 0)),
      el('span', {}, t(`counts.${name}`)),
    );
  const { lights, online, on, faulty } = counts;
  return el('div', { class: 'tiles' }, [
    tile('lights', lights),
    tile('online', online),
    tile('on', on, 'on'),
    tile('faulty', faulty, faulty ? 'bad' : ''),
  ]);
}

/** Bring new counts into tiles made by `countTiles`. */
export function updateTiles(tiles, counts = {}) {
  for (const name of ['lights', 'online', 'on', 'faulty']) {
    setText(tiles.querySelector(`[data-testid=count-${name}]`), number(counts[name] ?? 0));
  }
  tiles.querySelector('[data-testid=count-faulty]').parentElement.classList.toggle('bad', Boolean(counts.faulty));
}
