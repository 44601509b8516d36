/** The record: what was told, when, by which channel, and what came of each attempt. */

import { el, fill } from '../dom.js';
import { t, word } from '../i18n.js';
import { holds } from '../permission.js';
import { saveAs } from '../refused.js';
import { deliveries, delivery, discard, recordFile, retry } from './calls.js';

const AT_ONCE = 50;
const STATES = ['planned', 'waiting', 'delivered', 'given-up', 'discarded', 'cancelled'];

/** A sentence of the hub in the page's language; what others said stays as they said it. */
function untold({ code, values }, said) {
  return code ? t(`untold.${code}`, values) : said;
}

export class Record {
  /** Builds into `node`; `failed(problem)` is told what the hub refuses. */
  constructor(context, node, failed) {
    Object.assign(this, { context, node, failed });
    this.filter = {};
  }

  async show() {
    try {
      const page = await deliveries(this.context.api, this.filter, AT_ONCE);
      const state = el('select', { 'data-testid': 'record-state', 'aria-label': t('notify.state'), onchange: () => this.#choose({ state: state.value }) }, [['', t('notify.every-state')], ...STATES.map((each) => [each, word('delivery', each)])].map(([value, text]) => el('option', { value }, text)));
      state.value = this.filter.state ?? '';
      this.list = el('ul', { class: 'notifylist', 'data-testid': 'record-list' }, page.items.length ? page.items.map((each) => this.#row(each)) : el('li', { class: 'empty' }, t('notify.no-record')));
      this.more = el('div', {});
      fill(this.node, el('div', { class: 'acts' }, state, this.#file('csv'), this.#file('json')), this.list, this.more);
      this.#further(page.next);
    } catch (problem) {
      this.failed(problem);
    }
  }

  #choose(filter) {
    this.filter = filter;
    this.show();
  }

  #file(format) {
    const onclick = async () => {
      try {
        saveAs(await recordFile(this.context.api, { ...this.filter, format }), `notifications.${format}`);
      } catch (problem) {
        this.failed(problem);
      }
    };
    return el('button', { type: 'button', 'data-testid': `record-${format}`, onclick }, t('notify.download', { format: format.toUpperCase() }));
  }

  #row(item) {
    const { times } = this.context;
    const more = el('div', { hidden: true });
    const what = [item.type && word('event', item.type), item.name || item.device, t(`notify.on.${item.what}`)].filter(Boolean).join(' · ');
    return el(
      'li',
      { 'data-testid': `delivery-${item.id}`, class: item.fire ? 'fire' : '' },
      el('p', { class: 'head' }, el('b', {}, item.channel), el('span', {}, what), el('span', { class: item.state === 'given-up' ? 'error' : 'state' }, word('delivery', item.state)), el('time', { class: 'muted' }, times.full(item.ended ?? item.due))),
      item.reason ? el('p', { class: 'muted', 'data-testid': 'delivery-why' }, untold(item, item.reason), item.by ? ` (${item.by})` : '') : null,
      el('div', { class: 'acts' }, el('button', { type: 'button', 'data-testid': 'delivery-details', onclick: () => this.#details(item, more) }, t('alarms.details'))),
      more,
    );
  }

  async #details(item, more) {
    if (!more.hidden) {
      more.hidden = true;
      return;
    }
    try {
      const found = await delivery(this.context.api, item.id);
      const tries = found.tries.map((each) => el('li', {}, [this.context.times.full(each.time), word('attempt', each.outcome), each.took === null ? null : `${each.took} s`, each.status, untold(each, each.detail)].filter(Boolean).join(' · ')));
      const may = holds(this.context.store, 'notify') && found.what !== 'test';
      const open = ['planned', 'waiting'].includes(found.state);
      const button = (what, text, act) => el('button', { type: 'button', 'data-testid': `delivery-${what}`, onclick: () => this.#do(act) }, text);
      const reason = el('input', { maxlength: 300, placeholder: t('alarms.reason'), 'aria-label': t('alarms.reason'), 'data-testid': 'delivery-reason' });
      fill(
        more,
        el('p', { class: 'muted' }, found.message),
        el('ul', { class: 'journal', 'data-testid': 'delivery-tries' }, tries.length ? tries : el('li', {}, t('notify.no-tries'))),
        may && found.state !== 'delivered' ? el('div', { class: 'acts' }, button('retry', t('notify.retry'), () => retry(this.context.api, item.id)), open ? reason : null, open ? button('discard', t('notify.discard'), () => discard(this.context.api, item.id, reason.value.trim())) : null) : null,
      );
      more.hidden = false;
    } catch (problem) {
      this.failed(problem);
    }
  }

  async #do(act) {
    try {
      await act();
      await this.show();
    } catch (problem) {
      this.failed(problem);
    }
  }

  #further(next) {
    const onclick = async () => {
      try {
        const page = await deliveries(this.context.api, this.filter, AT_ONCE, next);
        this.list.append(...page.items.map((each) => this.#row(each)));
        this.#further(page.next);
      } catch (problem) {
        this.failed(problem);
      }
    };
    fill(this.more, next ? el('button', { type: 'button', 'data-testid': 'record-more', onclick }, t('alarms.more')) : null);
  }
}
