/** What is in force in the whole city and what was ordered lately. */

import { ApprovalList } from './approvals.js';
import { el, fill } from './dom.js';
import { number } from './format.js';
import { t } from './i18n.js';
import { IncidentCards } from './incidents/cards.js';
import { Life } from './life.js';
import { OverrideList, placesOf } from './overrides.js';
import { orderTitle, Progress, shareBar, tally } from './progress.js';

const RECENT = 12;

export class Activity {
  constructor(node, context) {
    this.node = node;
    this.context = context;
    this.life = new Life();
    this.opened = new Map(); // command id -> the life of its opened progress
  }

  /** Build everything anew (first, and after a change of language). */
  show() {
    this.life.end();
    this.life = new Life();
    this.opened.clear();
    const { context } = this;
    const count = el('span', { class: 'badge', 'data-testid': 'override-count' });
    const overrides = new OverrideList(
      context,
      this.life,
      () => true,
      (answer) => context.follow(answer.command),
      () => t(context.store.sensorsHold() ? 'overrides.none-sensors' : 'overrides.none'),
    );
    this.happening = el('h2', { hidden: true, tabindex: -1 }, t('incidents.title'));
    const incidents = new IncidentCards(context, this.life, this.happening);
    const open = { type: 'button', class: 'quiet', 'data-testid': 'playbooks-open', onclick: () => context.playbooks.open() };
    const asked = el('h2', { hidden: true, tabindex: -1 }, t('approvals.title'));
    this.approvals = new ApprovalList(context, this.life, asked, (answer) => context.follow(answer.command));
    this.recent = el('div', { class: 'recent', 'data-testid': 'recent' });
    const counted = () => fill(count, number(context.store.activeOverrides().length));
    this.life.on(context.store, 'overrides', counted);
    this.life.on(context.store, 'overrides', () => this.#orders());
    this.life.on(context.store, 'command', () => this.#orders());
    counted();
    fill(
      this.node,
      this.happening,
      incidents.node,
      asked,
      this.approvals.node,
      el('h2', {}, t('overrides.title'), count),
      overrides.node,
      el('h2', {}, t('recent.title')),
      this.recent,
      el('p', { class: 'acts' }, el('button', open, t('playbooks.title'))),
    );
    this.rows = new Map();
    this.#orders();
  }

  /** Bring the orders that wait for a second person into view. */
  showApprovals() {
    this.approvals.title.scrollIntoView({ block: 'nearest' });
    this.approvals.title.focus();
  }

  /** Bring the incidents that run into view. */
  showIncidents() {
    this.happening.scrollIntoView({ block: 'nearest' });
    this.happening.focus();
  }

  #orders() {
    const { store } = this.context;
    const commands = [...store.commands.values()]
      .filter((command) => command.outcomes)
      .sort((a, b) => Date.parse(b.created) - Date.parse(a.created))
      .slice(0, RECENT);
    if (!commands.length) return fill(this.recent, el('p', { class: 'empty' }, t('recent.none')));
    const nodes = commands.map((command) => {
      const row = this.rows.get(command.id) ?? this.#row(command);
      this.rows.set(command.id, row);
      this.#summary(row.firstChild, command);
      return row;
    });
    const same =
      this.recent.children.length === nodes.length && nodes.every((node, at) => this.recent.children[at] === node);
    if (!same) fill(this.recent, nodes);
    return null;
  }

  #row(command) {
    const row = el('details', { class: 'orderrow', 'data-testid': `order-${command.id}` }, el('summary', {}));
    row.addEventListener('toggle', () => {
      this.opened.get(command.id)?.end();
      this.opened.delete(command.id);
      row.querySelector('.progress')?.remove();
      if (!row.open) return;
      const life = this.life.child();
      this.opened.set(command.id, life);
      row.append(new Progress(this.context, command.id, life, (answer) => this.context.follow(answer.command)).node);
    });
    return row;
  }

  #summary(summary, command) {
    const { store, times } = this.context;
    const counts = tally(command);
    const override = store.overrides.get(command.override) ?? store.past.get(command.override);
    const what = orderTitle(command);
    fill(
      summary,
      el('time', { class: 'muted' }, times.minute(command.created)),
      el('b', {}, what),
      el('span', { class: 'where' }, override ? placesOf(override, store) : command.by),
      el('span', { class: 'share' }, `${number(counts.applied)} / ${number(counts.total)}`),
      shareBar(counts),
    );
  }
}
