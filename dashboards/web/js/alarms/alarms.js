/** The list of alarms: the most urgent first, in groups, filtered; acknowledged, shelved, taken out of service. */

import { debounce, el, fill, paced, setText } from '../dom.js';
import { icon } from '../icons.js';
import { number } from '../format.js';
import { onLanguage, t, word } from '../i18n.js';
import { Life } from '../life.js';
import { holds } from '../permission.js';
import { rowKeys } from '../rowkeys.js';
import { Aim } from './aim.js';
import { acknowledgeGroup, alarms, groups } from './calls.js';
import { choice } from './choice.js';
import { fileButton } from './csv.js';
import { groupRow } from './group.js';
import { AlarmRow } from './row.js';
import { StormNotice } from './storm.js';

const AT_ONCE = 50;
const MOST = 1000; // rows that the hub gives at once
const READ = 8_000; // ms that an error stays at least, although the list is read anew
const BADGE = 999; // more are not counted on the button
const SHOW = ['list', 'shelved', 'suppressed', 'out-of-service', 'all'];
const SEVERITIES = ['critical', 'high', 'medium', 'low'];
const GROUPS = ['none', 'cabinet', 'street', 'cause'];

export class Alarms {
  /** `dialog` shows the list; `opener` is the button that opens it and says how many nobody has seen. */
  constructor(dialog, opener, context) {
    Object.assign(this, { dialog, opener, context });
    this.filter = { show: 'list' };
    this.by = 'none';
    this.life = new Life();
    this.rows = new Map();
    this.counts = null;
    opener.addEventListener('click', () => this.open());
    dialog.addEventListener('close', () => this.life.end());
    rowKeys(dialog, () => this.list);
    this.#label();
    this.aim = new Aim();
    const soon = paced(400, () => (dialog.open && this.aim.waits() ? soon() : this.#refresh()));
    context.store.on('alarms', soon);
    context.store.on('me', () => {
      opener.hidden = !context.store.me;
    });
    onLanguage(() => {
      this.#label();
      if (dialog.open) this.#build();
    });
  }

  /** Show the list, with only the alarms that `only` leaves, {device} or {class}. */
  open(only = {}) {
    this.filter = { show: 'list', ...only };
    this.by = 'none';
    this.#build();
    if (!this.dialog.open) this.dialog.showModal();
  }

  /** Close it and forget what was shown: somebody else may sign in. */
  close() {
    this.opener.hidden = true;
    this.counts = null;
    this.dialog.close();
    fill(this.dialog);
  }

  #label() {
    const unseen = this.counts?.unseen ?? 0;
    fill(this.opener, icon('alarm'), unseen ? el('b', { class: 'badge', 'data-testid': 'alarms-unseen' }, unseen > BADGE ? `${BADGE}+` : number(unseen)) : null);
    this.opener.setAttribute('aria-label', t('alarms.opener', { n: unseen }));
    this.opener.title = t('alarms.opener', { n: unseen });
    this.opener.classList.toggle('urgent', Boolean(this.counts?.critical));
    for (const option of this.show?.options ?? []) setText(option, this.#counted(option.value));
  }

  /** What a list is called, with how many are in it. */
  #counted(show) {
    const n = this.counts?.[show.replaceAll('-', '_')];
    return t(`alarms.show.${show}`) + (n === undefined ? '' : ` (${number(n)})`);
  }

  async #refresh() {
    const { store, api } = this.context;
    if (!store.me) return;
    if (this.dialog.open) {
      await this.#load();
      return;
    }
    try {
      this.counts = (await alarms(api, {}, 1)).counts;
      this.#label();
    } catch {
      // The next change asks again.
    }
  }

  #build() {
    this.life.end();
    this.life = new Life();
    this.rows = new Map();
    this.wanted = AT_ONCE;
    this.read = 0;
    const again = (change) => {
      this.filter = { ...this.filter, ...change };
      this.wanted = AT_ONCE;
      this.#load();
    };
    const everything = { by: undefined, key: undefined, beneath: undefined, device: undefined, class: undefined };
    const soon = debounce(300, () => again({ q: this.search.value.trim() || undefined }));
    this.show = choice('show', SHOW, this.filter.show, (show) => again({ show, beneath: undefined }), (each) => this.#counted(each));
    this.severity = choice('severity', ['', ...SEVERITIES], this.filter.severity ?? '', (severity) => again({ severity }), (each) => (each ? word('severity', each) : t('alarms.every-severity')));
    this.group = choice('group', GROUPS, this.by, (by) => {
      this.by = by;
      again({ by: undefined, key: undefined });
    }, (each) => t(`alarms.group.${each}`));
    const inGroups = () => {
      this.group.value = this.by = 'cabinet';
      again(everything);
    };
    this.storm = new StormNotice(inGroups);
    this.search = el('input', { type: 'search', 'data-testid': 'alarms-search', 'aria-label': t('alarms.search'), placeholder: t('alarms.search'), value: this.filter.q ?? '', oninput: soon });
    this.back = el('button', { type: 'button', hidden: true, 'data-testid': 'alarms-back', onclick: () => again(everything) }, t('alarms.back'));
    this.list = el('ul', { class: 'alarmlist', tabindex: -1, 'data-testid': 'alarms-list' });
    this.aim.watch(this.list);
    this.more = el('div', {});
    this.error = el('p', { class: 'error', role: 'alert', hidden: true });
    const close = el('button', { type: 'button', class: 'quiet square', 'aria-label': t('panel.close'), 'data-testid': 'alarms-close', onclick: () => this.dialog.close() }, icon('close'));
    fill(
      this.dialog,
      el('header', {}, el('h2', {}, t('alarms.title')), el('span', { class: 'push' }), fileButton(this.context, () => this.filter, (problem) => this.#failed(problem)), this.#notifications(), close),
      el('p', { class: 'muted keys' }, t('alarms.keys')),
      el('div', { class: 'filters' }, this.show, this.severity, this.group, this.search),
      this.back,
      this.storm.node,
      this.error,
      this.list,
      this.more,
    );
    this.#load();
  }

  /** The way to the notifications, for those who may see them. */
  #notifications() {
    const { notify, store } = this.context;
    const onclick = () => {
      this.dialog.close();
      notify.open();
    };
    return holds(store, 'notifications') ? el('button', { type: 'button', 'data-testid': 'notify-open', onclick }, t('notify.open')) : null;
  }

  /** What is shown, anew, as far as it was opened; whoever works by keys stays where they were. */
  async #load() {
    const { life, by } = this;
    const filter = { ...this.filter };
    const asked = JSON.stringify([filter, by]);
    const inGroups = by !== 'none' && filter.key === undefined && !filter.beneath && !filter.device && !filter.class;
    try {
      const page = inGroups ? await groups(this.context.api, filter, by) : await alarms(this.context.api, filter, Math.min(MOST, this.wanted));
      if (life.ended || asked !== JSON.stringify([this.filter, this.by])) return;
      this.counts = page.counts;
      this.#label();
      const focused = this.list.contains(document.activeElement) ? document.activeElement : null;
      if (focused?.closest('form')) return; // somebody writes a reason: leave it
      const place = [...this.list.children].indexOf(focused?.closest('li'));
      const kept = this.rows;
      this.rows = new Map();
      const row = (item) => (inGroups ? this.#group(item, page.revision, filter) : this.#row(item, kept.get(item.id)));
      fill(this.list, page.items.length ? page.items.map(row) : el('li', { class: 'empty' }, t('alarms.none')));
      if (place >= 0) (this.list.children[Math.min(place, this.list.children.length - 1)] ?? this.list).focus();
      this.back.hidden = filter.key === undefined && !filter.beneath && !filter.device && !filter.class;
      const whole = by === 'none' && filter.show === 'list' && this.back.hidden;
      this.storm.show(whole && page.counts.list > AT_ONCE ? page.counts.list : 0);
      this.#further(page.next);
      if (performance.now() > this.read) this.error.hidden = true;
    } catch (problem) {
      if (!life.ended) this.#failed(problem);
    }
  }

  /** A row. What did not change keeps the one it had, and what was open stays open: in a storm the list is read anew all the time. */
  #row(item, known = undefined) {
    if (known?.item.revision === item.revision && known.item.beneath === item.beneath) {
      this.rows.set(item.id, known);
      return known.node;
    }
    const row = new AlarmRow(this.context, item, {
      changed: () => this.#load(),
      failed: (problem) => this.#failed(problem),
      beneath: (cause) => {
        this.filter = { ...this.filter, beneath: cause.id };
        this.#load();
      },
      go: (device) => {
        this.dialog.close();
        this.context.store.select('device', device);
      },
    });
    if (known?.opened) row.open();
    this.rows.set(item.id, row);
    return row.node;
  }

  /** A group of the list that `filter` made: what is pressed there is for that, whatever was asked for meanwhile. */
  #group(item, revision, filter) {
    const { by } = this;
    const open = () => {
      this.filter = { ...this.filter, by, key: item.key };
      this.#load();
    };
    const seen = async () => {
      try {
        await acknowledgeGroup(this.context.api, by, item.key, revision, filter);
        this.#load();
      } catch (problem) {
        this.#failed(problem);
      }
    };
    const may = holds(this.context.store, 'alarms') && item.unseen > 0 && this.filter.show === 'list';
    return groupRow({ item, by, times: this.context.times, open, seen: may ? seen : null });
  }

  #further(next) {
    const onclick = async () => {
      const { life } = this;
      try {
        const page = await alarms(this.context.api, this.filter, AT_ONCE, next);
        if (life.ended) return;
        const rows = page.items.map((item) => this.#row(item));
        this.list.append(...rows);
        this.wanted += AT_ONCE;
        this.#further(page.next);
        (rows[0] ?? this.list).focus();
      } catch (problem) {
        if (!life.ended) this.#failed(problem);
      }
    };
    fill(this.more, next ? el('button', { type: 'button', 'data-testid': 'alarms-more', onclick }, t('alarms.more')) : null);
  }

  #failed(problem) {
    this.read = performance.now() + READ;
    this.error.hidden = false;
    fill(this.error, problem.message);
  }
}
