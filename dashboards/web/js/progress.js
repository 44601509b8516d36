/** One order on its way: requested, sent, confirmed, counted as the lights answer; who did not follow, and why. */

import { exceptionMeaning } from './conditions.js';
import { debounce, el, fill, setText } from './dom.js';
import { number, percent } from './format.js';
import { t, word } from './i18n.js';
import { newKey } from './order.js';

const STRAGGLERS = ['rejected', 'failed', 'timed_out'];
const SHOWN = 200;
const SPEAK_EVERY = 3_000;

/** The order's counts in the words of the page. */
export function tally(command) {
  const {
    pending = 0,
    sent = 0,
    applied = 0,
    rejected = 0,
    failed = 0,
    timed_out = 0,
    superseded = 0,
  } = command.outcomes ?? {};
  const total = command.targets ?? 0;
  return { total, handed: total - pending, waiting: pending + sent, applied, rejected, failed, timed_out, superseded };
}

/** What was ordered, in a few words: a level, the program again, or what it is called where it is no level. */
export function orderTitle({ kind, level }, worded = percent) {
  if (kind === 'resume') return t('progress.resume');
  return level === null || level === undefined ? word('commandkind', kind) : worded(level);
}

/** Why a light did not follow: the hub's reasons in the page's language, a device's own words in quotation marks. */
export function whyNot({ code, values, detail }) {
  const meant = values?.exception ? { ...values, meaning: exceptionMeaning(values.exception) } : values;
  const text = t(`missed.${code}`, meant);
  if (code && text !== `missed.${code}`) return text;
  return detail ? t('progress.said', { detail }) : t('progress.no-reason');
}

/** A bar of shares: applied, waiting and what went wrong. */
export function shareBar(counts) {
  const parts = ['applied', 'waiting', ...STRAGGLERS, 'superseded'].filter((name) => counts[name] > 0);
  const bar = el(
    'div',
    { class: 'bar', 'aria-hidden': 'true' },
    parts.map((name) => el('i', { class: name })),
  );
  parts.forEach((name, at) => bar.children[at].style.setProperty('flex-grow', counts[name]));
  return bar;
}

export class Progress {
  /** For the command `id`. `retried(answer, body)` is called when its stragglers were ordered anew. */
  constructor(context, id, life, retried) {
    Object.assign(this, { ...context, id, life, retried });
    this.stragglers = [];
    this.asked = '';
    this.spoken = 0;
    this.retry = null;
    this.parts = {
      title: el('h3', {}),
      steps: el('ol', { class: 'steps' }),
      bar: el('div', {}),
      rows: el('dl', { class: 'outcomes' }),
      missing: el('div', { class: 'stragglers', 'data-testid': 'stragglers' }),
    };
    this.node = el(
      'section',
      { class: 'progress', 'data-testid': 'progress', 'data-command': id },
      Object.values(this.parts),
    );
    this.fetchSoon = debounce(400, () => this.#fetch());
    life.on(this.store, 'command', (command) => command.id === id && this.#show(command));
    const known = this.store.commands.get(id);
    if (known) this.#show(known);
    this.#load();
  }

  async #load() {
    try {
      this.store.setCommand(await this.api.command(this.id));
    } catch (problem) {
      if (!this.store.commands.has(this.id))
        fill(this.node, el('p', { class: 'error', role: 'alert' }, problem.message));
    }
  }

  #show(command) {
    const counts = tally(command);
    const done = command.state === 'done';
    this.node.dataset.state = command.state;
    const title = orderTitle(command, (level) => t('progress.level', { level: percent(level) }));
    setText(this.parts.title, `${title} · ${this.times.second(command.created)}`);
    this.#steps(counts, done);
    fill(this.parts.bar, shareBar(counts));
    const names = ['applied', 'waiting', ...STRAGGLERS, 'superseded'];
    fill(
      this.parts.rows,
      names
        .filter((name) => counts[name] > 0 || name === 'applied' || (name === 'waiting' && !done))
        .map((name) =>
          el(
            'div',
            { class: name },
            el('dt', {}, t(`outcome.${name}`)),
            el('dd', { 'data-testid': `${name}-rows` }, number(counts[name])),
          ),
        ),
    );
    this.#speak(counts, done);
    const wanted = STRAGGLERS.map((name) => counts[name]).join();
    if (wanted !== this.asked) {
      this.asked = wanted;
      this.fetchSoon();
    }
    this.#missing(command);
  }

  #steps(counts, done) {
    const step = (name, value, full, testid) =>
      el(
        'li',
        { class: full ? 'full' : done ? 'short' : '' },
        el('span', {}, t(`progress.${name}`)),
        el(
          'b',
          {},
          el('span', { 'data-testid': testid }, number(value)),
          name === 'requested' ? null : ` / ${number(counts.total)}`,
        ),
      );
    fill(
      this.parts.steps,
      step('requested', counts.total, true, 'targets-count'),
      step('sent', counts.handed, counts.handed >= counts.total, 'sent-count'),
      step('confirmed', counts.applied, done && counts.applied === counts.total, 'applied-count'),
    );
  }

  #speak(counts, done) {
    const now = Date.now();
    if (!done && now - this.spoken < SPEAK_EVERY) return;
    if (done && this.spoken === Infinity) return;
    this.spoken = done ? Infinity : now;
    const missing = STRAGGLERS.reduce((sum, name) => sum + counts[name], 0);
    const key = done ? (missing ? 'progress.spoken-missing' : 'progress.spoken-done') : 'progress.spoken';
    this.announce(t(key, { applied: counts.applied, total: counts.total, missing }));
  }

  async #fetch() {
    const counts = tally(this.store.commands.get(this.id) ?? {});
    const wanted = STRAGGLERS.filter((name) => counts[name] > 0);
    try {
      const lists = await Promise.all(wanted.map((name) => this.api.targets(this.id, name)));
      this.stragglers = lists.flat();
    } catch (problem) {
      fill(this.parts.missing, el('p', { class: 'error', role: 'alert' }, problem.message));
      return;
    }
    if (!this.life.ended) this.#missing(this.store.commands.get(this.id));
  }

  #missing(command) {
    const { stragglers, parts } = this;
    if (!stragglers.length) return fill(parts.missing);
    const open = parts.missing.querySelector('details')?.open ?? true;
    const row = (target) =>
      el(
        'li',
        {},
        el(
          'button',
          { type: 'button', class: 'link', onclick: () => this.store.select('device', target.device) },
          target.device,
        ),
        el('span', { class: `tag ${target.outcome}` }, word('outcome', target.outcome)),
        el('span', { class: 'muted why' }, whyNot(target)),
        el('time', { class: 'muted' }, this.times.second(target.updated)),
      );
    return fill(
      parts.missing,
      el(
        'details',
        { open },
        el('summary', {}, t('progress.missing', { n: stragglers.length })),
        el('ul', {}, stragglers.slice(0, SHOWN).map(row)),
        stragglers.length > SHOWN
          ? el('p', { class: 'muted' }, t('progress.more', { n: stragglers.length - SHOWN }))
          : null,
      ),
      command.state === 'done' && command.kind === 'set_level' ? this.#retryButton(command) : null,
    );
  }

  #retryButton(command) {
    const over = Date.parse(command.until) <= this.store.clock.now();
    const button = el(
      'button',
      {
        type: 'button',
        disabled: over || this.retry === 'busy' || this.retry === 'sent',
        onclick: () => this.#again(command),
      },
      t(this.retry === 'sent' ? 'order.sent' : 'progress.retry', { n: this.stragglers.length }),
    );
    return [button, over ? el('p', { class: 'muted' }, t('progress.over')) : null];
  }

  /** A new order to those who did not follow, with the level and the end of this one. */
  async #again(command) {
    if (this.retry === 'busy' || this.retry === 'sent') return;
    this.retryKey ??= newKey();
    this.retry = 'busy';
    this.#missing(command);
    const devices = this.stragglers.map((target) => target.device);
    const body = { devices, level: command.level, until: command.until, reason: t('progress.retry-reason') };
    try {
      const answer = await this.api.order(body, this.retryKey);
      this.retry = 'sent';
      this.#missing(command);
      this.retried(answer, body);
    } catch (problem) {
      this.retry = null;
      if (problem.status !== 0) this.retryKey = null;
      this.#missing(command);
      this.parts.missing.append(el('p', { class: 'error', role: 'alert' }, problem.message));
    }
  }
}
