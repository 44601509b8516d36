/** One fire panel: its five conditions, whether it is heard, what stands at its points, and the proof of its last events. */

import { el, fill } from '../dom.js';
import { duration, number } from '../format.js';
import { t, word } from '../i18n.js';
import { saveAs } from '../refused.js';

const CONDITIONS = ['alarm', 'fault', 'supervisory', 'disabled', 'test'];
const STAGES = ['time', 'received', 'persisted', 'streamed', 'alarmed'];
const EVENTS = 20;

export class FirePanelRow {
  /** `failed(problem)` is called when something could not be read. */
  constructor(context, failed) {
    Object.assign(this, { context, failed });
    this.head = el('div', {});
    this.more = el('div', { class: 'more', hidden: true });
    this.node = el('li', { class: 'alarm firepanel', tabindex: 0, onkeydown: (event) => this.#key(event) }, this.head, this.more);
  }

  show(item) {
    const before = this.item;
    this.item = item;
    const { node } = this;
    node.dataset.testid = `firepanel-${item.id}`;
    const worst = item.alarm || item.lost ? 'critical' : item.fault || item.clock_wrong ? 'high' : item.supervisory || item.disabled || item.test ? 'medium' : 'low';
    node.className = `alarm firepanel ${worst}${item.alarm || item.lost ? ' fresh' : ''}`;
    fill(
      this.head,
      el(
        'p',
        { class: 'head' },
        el('b', {}, item.name || item.id),
        item.name && item.name !== item.id ? el('span', { class: 'muted' }, item.id) : null,
        el('span', { class: item.lost ? 'bad heard' : 'muted heard' }, this.#heard()),
      ),
      el('p', { class: 'fireconditions' }, CONDITIONS.map((each) => this.#chip(each))),
      this.#flags(),
      el(
        'div',
        { class: 'acts' },
        el('button', { type: 'button', 'data-testid': 'firepanel-details', 'aria-expanded': String(!this.more.hidden), onclick: () => this.toggle() }, t('fire.details')),
      ),
    );
    if (before && !this.more.hidden) this.#load();
  }

  #chip(condition) {
    const n = this.item[condition];
    return el('span', { class: `firecondition ${condition}${n ? ' stands' : ''}`, 'data-testid': `condition-${condition}` }, `${t(`fire.condition.${condition}`)} ${number(n)}`);
  }

  #heard() {
    const { item } = this;
    const heard = item.heard_ago === null ? t('fire.never') : t('fire.heard', { duration: duration(item.heard_ago) });
    return item.lost ? `${t('fire.lost')} · ${heard}` : heard;
  }

  #flags() {
    const { item, context } = this;
    const said = [
      item.latched && t('fire.latched', { n: item.latched }),
      item.clock_wrong && t('fire.clock', { seconds: number(item.clock_error) }),
      item.state_received ? t('fire.state', { time: context.times.full(item.state_received) }) : t('fire.stateless'),
      item.self_test && t('fire.own-test', { said: item.self_test }),
    ].filter(Boolean);
    return el('p', { class: item.latched || item.clock_wrong ? 'flags' : 'muted' }, said.join(' '));
  }

  #key(event) {
    if (event.target !== this.node || event.key !== 'Enter') return;
    this.toggle();
    event.preventDefault();
  }

  open() {
    if (this.more.hidden) this.toggle();
  }

  toggle() {
    this.more.hidden = !this.more.hidden;
    this.head.querySelector('[aria-expanded]')?.setAttribute('aria-expanded', String(!this.more.hidden));
    if (!this.more.hidden) this.#load();
  }

  async #load() {
    const { api } = this.context;
    const id = encodeURIComponent(this.item.id);
    try {
      const [panel, events] = await Promise.all([
        api.json(`/fire/panels/${id}`),
        api.json(`/fire/events?device=${id}&limit=${EVENTS}`),
      ]);
      if (!this.more.hidden) this.#fill(panel.points, events.items);
    } catch (problem) {
      this.failed(problem);
    }
  }

  #fill(points, events) {
    const { times } = this.context;
    const point = (each) =>
      el(
        'li',
        { 'data-testid': 'fire-point' },
        el('b', {}, t(`fire.condition.${each.condition}`)),
        ` ${each.point || t('fire.whole')}`,
        each.text ? ` · ${each.text}` : '',
        ` · ${t('fire.since', { time: times.full(each.since) })}`,
        each.latched ? el('b', { class: 'bad' }, ` · ${t('fire.is-latched')}`) : '',
        each.found === 'comparison' ? ` · ${t('fire.compared')}` : '',
      );
    fill(
      this.more,
      el('h3', {}, t('fire.points')),
      points.length ? el('ul', { class: 'journal', 'data-testid': 'fire-points' }, points.map(point)) : el('p', { class: 'muted' }, t('fire.quiet')),
      el('h3', {}, t('fire.proof')),
      events.length
        ? el('ul', { class: 'journal', 'data-testid': 'fire-proof' }, events.map((each) => this.#proof(each)))
        : el('p', { class: 'muted', 'data-testid': 'fire-proof' }, t('fire.no-events')),
      events.length ? this.#file() : null,
    );
  }

  /** All of the proof, as a file; a link, for no button here does anything to a panel. */
  #file() {
    const { api } = this.context;
    const place = `/fire/events/download?device=${encodeURIComponent(this.item.id)}`;
    const onclick = async (event) => {
      event.preventDefault();
      try {
        saveAs(await (await api.request(place)).blob(), `fire-${this.item.id}.csv`);
      } catch (problem) {
        this.failed(problem);
      }
    };
    return el('p', {}, el('a', { href: `/api/v1${place}`, 'data-testid': 'fire-csv', onclick }, t('fire.csv')));
  }

  #proof(event) {
    const { times } = this.context;
    const from = Date.parse(event.received);
    const stage = (name) => {
      const at = event[name];
      if (at === null) return t(`fire.none.${name}`);
      if (name === 'time') return t('fire.stage.time', { at: times.exact(at) });
      if (name === 'received') return t('fire.stage.received', { at: times.second(at) });
      return t(`fire.stage.${name}`, { at: `+${number((Date.parse(at) - from) / 1000, 3)} s` });
    };
    const seen = event.acknowledged.map((each) => t('fire.seen', { who: each.who, time: times.exact(each.time) }));
    const told = event.notified.map((each) => t('fire.told', { channel: each.channel, outcome: word('attempt', each.outcome) }));
    return el(
      'li',
      {},
      el('b', {}, `${t(`event.${event.type}`)} ${event.point}`),
      ` ${t(event.active === false ? 'fire.ended' : 'fire.began')}`,
      event.found === 'comparison' ? ` (${t('fire.compared')})` : '',
      `: ${STAGES.map(stage).join(', ')}`,
      [...told, ...seen].map((each) => ` · ${each}`),
    );
  }
}
