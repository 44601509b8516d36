/** Ordering for one zone or lamp: the form, the order on its way, and what holds there now. */

import { el, fill } from './dom.js';
import { t } from './i18n.js';
import { OrderForm, emptyDraft } from './order.js';
import { OverrideList } from './overrides.js';
import { Progress } from './progress.js';

/** What holds where `touching(override)` says, under its title; hidden while nothing does. */
export function heldPart(context, life, touching, resumed) {
  const list = new OverrideList(context, life, touching, resumed);
  const node = el('section', { class: 'held' }, el('h3', {}, t('overrides.title')), list.node);
  const show = () => {
    node.hidden = !list.node.hasChildNodes();
  };
  life.on(context.store, 'overrides', show);
  life.every(1000, show);
  show();
  return node;
}

export class Ordering {
  /** For `target` (see OrderForm); `touching(override)` says which overrides hold there; `list`: they are listed below it. */
  constructor(context, target, life, touching, { list = true } = {}) {
    this.context = context;
    this.life = life;
    this.key = `${target.type}:${target.id}`;
    const { drafts } = context;
    if (!drafts.has(this.key)) drafts.set(this.key, emptyDraft());
    this.form = new OrderForm(context, target, drafts.get(this.key), (answer) => this.follow(answer.command));
    this.progress = el('div', {});
    this.progressLife = null;
    for (const topic of ['me', 'approvals', 'overrides']) life.on(context.store, topic, () => this.form.refresh());
    life.every(20_000, () => this.form.refresh());
    const held = list ? heldPart(context, life, touching, (answer) => this.follow(answer.command)) : null;
    this.node = el('div', { class: 'ordering' }, this.progress, this.form.node, held);
    this.#recall(touching);
  }

  /** Show the order that was followed here before, or one that is still on its way. */
  #recall(touching) {
    const { followed, store } = this.context;
    if (followed.has(this.key)) {
      this.#show(followed.get(this.key));
      return;
    }
    const running = [...store.overrides.values()].filter(touching).map((item) => store.commands.get(item.command));
    const newest = running.filter((command) => command?.state === 'running').at(-1);
    if (newest) this.#show(newest.id);
  }

  /** Watch the order `command` from here on. */
  follow(command) {
    this.context.followed.set(this.key, command);
    this.#show(command);
    this.progress.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
  }

  #show(command) {
    this.progressLife?.end();
    this.progressLife = this.life.child();
    const card = new Progress(this.context, command, this.progressLife, (answer) => this.follow(answer.command));
    fill(this.progress, card.node);
  }

  refresh() {
    this.form.refresh();
  }
}
