/** Channels: whether each works, a test, and the forms in which they are written. */

import { el, fill } from '../dom.js';
import { t, word } from '../i18n.js';
import { holds } from '../permission.js';
import { channels, deleteChannel, saveChannel, testChannel } from './calls.js';
import { choice, field, listed } from './fields.js';

const KINDS = ['webhook', 'email', 'mqtt'];
const FIELDS = {
  webhook: ['url'],
  email: ['host', 'port', 'security', 'username', 'password', 'sender', 'to'],
  mqtt: ['topic'],
};
const SECURITY = ['starttls', 'tls', 'none'];
const COMMON = ['kind', 'name', 'language'];

export class Channels {
  /** Builds into `node`; `failed(problem)` is told what the hub refuses. */
  constructor(context, node, failed) {
    Object.assign(this, { context, node, failed });
  }

  async show() {
    try {
      const found = await channels(this.context.api);
      const add = holds(this.context.store, 'notify')
        ? el('button', { type: 'button', 'data-testid': 'channel-add', onclick: () => this.#form(null) }, t('notify.channel-add'))
        : null;
      this.form = el('div', {});
      this.said = el('p', { class: 'notice', role: 'status', hidden: true, 'data-testid': 'channel-said' });
      const list = found.length ? found.map((each) => this.#row(each)) : el('li', { class: 'empty' }, t('notify.no-channels'));
      fill(this.node, add, this.said, this.form, el('ul', { class: 'notifylist', 'data-testid': 'channel-list' }, list));
    } catch (problem) {
      this.failed(problem);
    }
  }

  #row(item) {
    const { times, store } = this.context;
    const bad = item.problem || item.failing_since;
    const state = item.problem || (item.failing_since ? t('notify.failing', { time: times.full(item.failing_since), why: item.last_failure }) : t('notify.works'));
    const button = (what, text, onclick) => el('button', { type: 'button', 'data-testid': `channel-${what}`, onclick }, text);
    return el(
      'li',
      { 'data-testid': `channel-${item.id}` },
      el('p', { class: 'head' }, el('b', {}, item.name || item.id), el('span', { class: 'muted' }, `${word('channelkind', item.kind)} · ${this.#place(item)}`)),
      el('p', { class: bad ? 'error' : 'muted' }, state, item.waiting ? ` ${t('notify.waiting', { n: item.waiting })}` : ''),
      holds(store, 'notify')
        ? el('div', { class: 'acts' }, button('test', t('notify.test'), () => this.#test(item)), button('edit', t('notify.edit'), () => this.#form(item)), button('delete', t('notify.delete'), (event) => this.#sure(item, event.currentTarget.parentElement)))
        : null,
    );
  }

  #place({ kind, config }) {
    if (kind === 'webhook') return config.url;
    return kind === 'email' ? config.to.join(', ') : config.topic;
  }

  async #test(item) {
    this.#say(t('notify.testing'));
    try {
      const sent = await testChannel(this.context.api, item.id);
      await this.show();
      this.#say(sent.state === 'delivered' ? t('notify.tested', { channel: item.id }) : t('notify.test-failed', { channel: item.id, why: sent.reason }));
    } catch (problem) {
      this.failed(problem);
    }
  }

  /** Its secrets cannot be brought back. */
  #sure(item, acts) {
    const before = [...acts.children];
    const no = el('button', { type: 'button', onclick: () => fill(acts, before) }, t('notify.cancel'));
    const yes = el('button', { type: 'button', class: 'primary', 'data-testid': 'channel-delete-yes', onclick: () => this.#delete(item) }, t('notify.delete'));
    fill(acts, el('span', {}, t('notify.delete-sure', { channel: item.name || item.id })), yes, no);
    no.focus();
  }

  async #delete(item) {
    try {
      await deleteChannel(this.context.api, item.kind, item.id);
      await this.show();
    } catch (problem) {
      this.failed(problem);
    }
  }

  #say(text) {
    this.said.hidden = false;
    fill(this.said, text);
  }

  #form(item) {
    const config = item?.config ?? {};
    const kind = choice(t('notify.kind'), 'channel-kind', KINDS.map((each) => [each, word('channelkind', each)]), item?.kind ?? 'webhook');
    kind.input.disabled = Boolean(item);
    const id = field(t('notify.id'), 'channel-id', { required: true, maxlength: 63, value: item?.id ?? '', disabled: Boolean(item) });
    const speaks = choice(t('notify.language'), 'channel-language', [['en', 'English'], ['vi', 'Tiếng Việt']], config.language ?? 'en');
    const box = el('div', { class: 'fields' });
    const more = el('textarea', { rows: 5, spellcheck: 'false', 'data-testid': 'channel-more', 'aria-label': t('notify.more') });
    let inputs = {};
    const build = () => {
      const names = FIELDS[kind.input.value];
      inputs = Object.fromEntries(names.map((name) => [name, this.#field(name, config, item)]));
      fill(box, names.map((name) => inputs[name].node));
      const rest = Object.entries(config).filter(([name, value]) => !names.includes(name) && !COMMON.includes(name) && !this.#usual(value));
      more.value = rest.length ? JSON.stringify(Object.fromEntries(rest), null, 1) : '';
    };
    kind.input.addEventListener('change', build);
    build();
    const send = async (event) => {
      event.preventDefault();
      try {
        const body = { name: config.name ?? '', language: speaks.input.value, ...this.#read(inputs), ...JSON.parse(more.value.trim() || '{}') };
        const made = await saveChannel(this.context.api, kind.input.value, id.input.value.trim(), body, !item);
        await this.show();
        this.#say(made.key ? t('notify.key', { key: made.key }) : t('notify.saved'));
      } catch (problem) {
        this.failed(problem instanceof SyntaxError ? new Error(t('notify.bad-json', { why: problem.message })) : problem);
      }
    };
    fill(
      this.form,
      el(
        'form',
        { class: 'notifyform', onsubmit: send, 'data-testid': 'channel-form' },
        kind.node, id.node, speaks.node, box,
        el('label', {}, el('span', {}, t('notify.more')), more),
        el('div', { class: 'acts' }, el('button', { type: 'submit', class: 'primary', 'data-testid': 'channel-save' }, t('notify.save')), el('button', { type: 'button', onclick: () => fill(this.form) }, t('notify.cancel'))),
      ),
    );
    (item ? speaks : id).input.focus();
  }

  #usual(value) {
    if (value === null || value === '' || value === 'json') return true;
    if (typeof value === 'object') return !Object.keys(value).length || (value.most === 5 && value.within === 60);
    return false;
  }

  #field(name, config, item) {
    const label = t(`notify.field.${name}`);
    if (name === 'security') return choice(label, 'channel-security', SECURITY.map((each) => [each, t(`notify.security.${each}`)]), config.security ?? 'starttls');
    const given = name === 'to' ? (config.to ?? []).join(', ') : (config[name] ?? (name === 'port' ? 587 : ''));
    const secret = name === 'password' ? { type: 'password', placeholder: item?.secrets.includes('password') ? t('notify.kept') : '' } : {};
    return field(label, `channel-${name}`, { value: given, required: !['username', 'password'].includes(name), ...secret });
  }

  #read(inputs) {
    const body = {};
    for (const [name, { input }] of Object.entries(inputs)) {
      const value = input.value.trim();
      if (name === 'password') {
        if (input.value) body.secrets = { password: input.value };
      } else if (name === 'to') body.to = listed(value);
      else body[name] = name === 'port' ? Number(value) : value;
    }
    return body;
  }
}
