/** One alarm in the list: what is wrong where, since when, what to do, and what may be done to it. */

import { el, fill } from '../dom.js';
import { language, t, word } from '../i18n.js';
import { holds } from '../permission.js';
import { act, details } from './calls.js';
import { said } from './said.js';

const UNSEEN = ['unacknowledged', 'returned'];
const RAISED = ['unacknowledged', 'acknowledged'];
const ALONE = ['retired', 'deleted']; // nobody else says that such a fire is over
const CAUSE = ['suppressed', 'released']; // their text is an id, which tells a person nothing
const SENDS = { shelve: 'alarms.shelve', 'out-of-service': 'alarms.out', comments: 'alarms.remark' };
const HOURS = [1, 4, 8, 24, 72, 168];

export class AlarmRow {
  /** `changed()` is called after something was done, `failed(problem)` when it could not be, `beneath(id)` shows those of a cause. */
  constructor(context, item, { changed, failed, beneath, go }) {
    Object.assign(this, { context, item, changed, failed, beneath, go });
    this.opened = false; // its details are shown
    this.more = el('div', { class: 'more', hidden: true });
    this.node = el('li', {
      'data-testid': `alarm-${item.device ?? 'hub'}-${item.type}`,
      'data-id': item.id,
      class: `alarm ${item.severity} ${UNSEEN.includes(item.state) ? 'fresh' : ''}`,
      tabindex: 0,
      onkeydown: (event) => this.#key(event),
    });
    this.#build();
  }

  #build() {
    const { item, context } = this;
    const { times, store } = context;
    const may = holds(store, 'alarms');
    const button = (what, text, onclick) =>
      el('button', { type: 'button', 'data-testid': `alarm-${what}`, onclick }, text);
    const unseen = UNSEEN.includes(item.state);
    fill(
      this.node,
      el(
        'p',
        { class: 'head' },
        el('span', { class: 'severity' }, word('severity', item.severity)),
        el('b', {}, item.text[language()]),
        el('span', { class: 'place' }, this.#place()),
        item.beneath
          ? el('button', { type: 'button', class: 'link', 'data-testid': 'alarm-beneath', onclick: () => this.beneath(item) }, t('alarms.beneath', { n: item.beneath }))
          : null,
        el('span', { class: 'state' }, word('alarmstate', item.state)),
        el('time', { class: 'muted' }, times.full(item.began)),
      ),
      el('p', { class: 'muted' }, item.response[language()]),
      this.#flags(),
      el(
        'div',
        { class: 'acts' },
        may && unseen ? button('ack', t('alarms.ack'), () => this.#do('ack')) : null,
        may && (item.state === 'latched' || (ALONE.includes(item.source) && RAISED.includes(item.state))) ? button('reset', t('alarms.reset'), () => this.#do('reset')) : null,
        button('details', t('alarms.details'), () => this.#details()),
        item.device ? button('go', t('alarms.go'), () => this.go(item.device)) : null,
        may && item.shelved ? button('unshelve', t('alarms.unshelve'), () => this.#do('unshelve')) : null,
        may && !item.shelved && item.shelve_hours > 0 ? button('shelve', t('alarms.shelve'), () => this.#ask('shelve')) : null,
        may ? button('remark', t('alarms.remark'), () => this.#ask('comments')) : null,
        may && item.out_of_service ? button('in-service', t('alarms.in-service'), () => this.#do('in-service')) : null,
        may && !item.out_of_service && item.class !== 'fire' ? button('out', t('alarms.out'), () => this.#ask('out-of-service')) : null,
      ),
      this.more,
    );
  }

  #place() {
    const { item } = this;
    if (!item.device) return t('alarms.hub') + (item.point ? ` ${item.point}` : '');
    return [item.name || item.device, item.name && item.name !== item.device ? item.device : null, item.point].filter(Boolean).join(' · ');
  }

  #flags() {
    const { item } = this;
    const { times } = this.context;
    const said = [
      ALONE.includes(item.source) && t(`alarms.${item.source}`),
      item.shelved && t('alarms.shelved-until', { time: times.full(item.shelved.until), by: item.shelved.by, reason: item.shelved.reason }),
      item.out_of_service && t('alarms.out-since', { time: times.full(item.out_of_service.since), by: item.out_of_service.by, reason: item.out_of_service.reason }),
      item.acknowledged_by && item.state === 'acknowledged' && t('alarms.acknowledged-by', { by: item.acknowledged_by, time: times.full(item.acknowledged) }),
    ].filter(Boolean);
    return said.length ? el('p', { class: 'flags' }, said.join(' ')) : null;
  }

  #key(event) {
    if (event.target !== this.node || event.ctrlKey || event.metaKey || event.altKey) return;
    const may = holds(this.context.store, 'alarms');
    if (event.key === 'Enter') this.#details();
    else if (event.key === 'a' && may && UNSEEN.includes(this.item.state)) this.#do('ack');
    else if (event.key === 's' && may && !this.item.shelved && this.item.shelve_hours > 0) this.#ask('shelve');
    else return;
    event.preventDefault();
  }

  async #do(what, body) {
    try {
      await act(this.context.api, this.item.id, what, body);
      this.context.announce(t('alarms.done'));
      fill(this.more);
      this.node.focus();
      this.changed();
    } catch (problem) {
      this.failed(problem);
    }
  }

  /** A reason is asked for, and how long where it is for a time. */
  #ask(what) {
    const asked = t(what === 'comments' ? 'alarms.remark' : 'alarms.reason');
    const reason = el('input', { required: true, maxlength: 300, 'data-testid': 'alarm-reason', 'aria-label': asked, placeholder: asked });
    const most = this.item.shelve_hours;
    const hours = el(
      'select',
      { 'data-testid': 'alarm-hours', 'aria-label': t('alarms.for') },
      [...new Set([...HOURS.filter((each) => each < most), most])].map((n) => el('option', { value: n }, t('alarms.hours', { n }))),
    );
    const send = (event) => {
      event.preventDefault();
      const text = reason.value.trim();
      const body = what === 'comments' ? { text } : { reason: text };
      if (what === 'shelve') body.for = `${Math.round(Number(hours.value) * 3600)}s`;
      if (text) this.#do(what, body);
    };
    this.more.hidden = false;
    this.opened = false;
    fill(
      this.more,
      el(
        'form',
        { class: 'confirm', onsubmit: send, onkeydown: (event) => this.#escape(event) },
        what === 'shelve' ? hours : null,
        reason,
        el('button', { type: 'submit', class: 'primary', 'data-testid': 'alarm-send' }, t(SENDS[what])),
        el('button', { type: 'button', 'data-testid': 'alarm-cancel', onclick: () => this.#leave() }, t('alarms.cancel')),
      ),
    );
    reason.focus();
  }

  /** Escape leaves the question, not the whole list with it. */
  #escape(event) {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    this.#leave();
  }

  #leave() {
    fill(this.more);
    this.node.focus();
    this.changed();
  }

  #details() {
    if (this.opened) {
      this.more.hidden = true;
      this.opened = false;
      return undefined;
    }
    return this.open();
  }

  /** Show its details. */
  async open() {
    const { api, times } = this.context;
    this.opened = true;
    try {
      const [alarm, log] = await details(api, this.item.id);
      const line = (each) =>
        el('li', {}, `${times.full(each.time)} · ${word('alarmnote', each.what)}`, each.who ? ` · ${each.who}` : '', each.text && !CAUSE.includes(each.what) ? ` · ${said(each.text)}` : '');
      fill(
        this.more,
        alarm.detail ? el('p', { 'data-testid': 'alarm-detail' }, said(alarm.detail)) : null,
        alarm.devices.length ? el('p', { 'data-testid': 'alarm-devices' }, t('alarms.devices', { n: alarm.devices.length }), ' ', alarm.devices.slice(0, 80).join(', ')) : null,
        el('ul', { class: 'journal', 'data-testid': 'alarm-journal' }, log.items.map(line)),
      );
      this.more.hidden = false;
    } catch (problem) {
      this.opened = false;
      this.failed(problem);
    }
  }
}
