/** Routes in words, the form in which one is written, and who would be told of an alarm. */

import { el, fill } from '../dom.js';
import { t, word } from '../i18n.js';
import { holds } from '../permission.js';
import { deleteRoute, preview, routes, saveRoute } from './calls.js';
import { field, listed, ticks } from './fields.js';

const SEVERITIES = ['critical', 'high', 'medium', 'low'];
const ON = ['began', 'ended', 'acknowledged'];
const STEPS = 3;

export class Routes {
  /** Builds into `node`; `failed(problem)` is told what the hub refuses. */
  constructor(context, node, failed) {
    Object.assign(this, { context, node, failed });
  }

  async show() {
    try {
      const page = await routes(this.context.api);
      this.form = el('div', {});
      const add = holds(this.context.store, 'notify')
        ? el('button', { type: 'button', 'data-testid': 'route-add', onclick: () => this.#form(null) }, t('notify.route-add'))
        : null;
      const list = page.items.length ? page.items.map((each) => this.#row(each)) : el('li', { class: 'empty' }, t('notify.no-routes'));
      fill(
        this.node,
        page.fire_told ? null : el('p', { class: 'error', role: 'alert', 'data-testid': 'fire-untold' }, t('notify.fire-untold')),
        add,
        this.form,
        el('ul', { class: 'notifylist', 'data-testid': 'route-list' }, list),
        this.#preview(),
      );
    } catch (problem) {
      this.failed(problem);
    }
  }

  #row(item) {
    const { when } = item;
    const window = (each) => `${each.from}–${each.until}`;
    const which = [
      ...(when.severities ?? []).map((each) => word('severity', each)),
      ...(when.classes ?? []), ...(when.types ?? []), ...(when.zones ?? []), ...(when.times ?? []).map(window),
    ];
    const step = (each) => (each.after ? t('notify.step-after', { n: each.after, channels: each.channels.join(', ') }) : t('notify.step-now', { channels: each.channels.join(', ') }));
    const button = (what, text, onclick) => el('button', { type: 'button', 'data-testid': `route-${what}`, onclick }, text);
    return el(
      'li',
      { 'data-testid': `route-${item.id}` },
      el('p', { class: 'head' }, el('b', {}, item.name || item.id), el('span', { class: 'muted' }, which.join(' · ') || t('notify.every-alarm')), item.enabled ? null : el('span', { class: 'error' }, t('notify.off'))),
      item.unusable ? el('p', { class: 'error' }, item.unusable) : null,
      el('p', { class: 'muted' }, [...item.steps.map(step), item.quiet.length ? t('notify.quiet-at', { times: item.quiet.map(window).join(', ') }) : ''].filter(Boolean).join(' ')),
      holds(this.context.store, 'notify')
        ? el('div', { class: 'acts' }, button('edit', t('notify.edit'), () => this.#form(item)), button('delete', t('notify.delete'), () => this.#delete(item)))
        : null,
    );
  }

  async #delete(item) {
    try {
      await deleteRoute(this.context.api, item.id);
      await this.show();
      const back = el('button', { type: 'button', 'data-testid': 'route-undo', onclick: () => this.#bringBack(item) }, t('notify.undo'));
      fill(this.form, el('p', { class: 'notice', role: 'status' }, t('notify.route-deleted', { route: item.name || item.id }), ' ', back));
      back.focus();
    } catch (problem) {
      this.failed(problem);
    }
  }

  async #bringBack({ id, name, enabled, when, on, steps, quiet }) {
    try {
      await saveRoute(this.context.api, id, { name, enabled, when, on, steps, quiet }, true);
      await this.show();
      this.context.announce(t('notify.saved'));
    } catch (problem) {
      this.failed(problem);
    }
  }

  #form(item) {
    const when = item?.when ?? {};
    const id = field(t('notify.id'), 'route-id', { required: true, maxlength: 63, value: item?.id ?? '', disabled: Boolean(item) });
    const name = field(t('notify.name'), 'route-name', { maxlength: 100, value: item?.name ?? '' });
    const severities = ticks(t('notify.severities'), 'route-severity', SEVERITIES.map((each) => [each, word('severity', each)]), when.severities ?? []);
    const texts = Object.fromEntries(['classes', 'types', 'zones'].map((each) => [each, field(t(`notify.${each}`), `route-${each}`, { value: (when[each] ?? []).join(', ') })]));
    const on = ticks(t('notify.on'), 'route-on', ON.map((each) => [each, t(`notify.on.${each}`)]), item?.on ?? ['began', 'ended']);
    const enabled = ticks('', 'route', [['enabled', t('notify.enabled')]], item?.enabled === false ? [] : ['enabled']);
    const steps = Array.from({ length: Math.max(STEPS, item?.steps.length ?? 0) }, (_, at) => {
      const known = item?.steps[at];
      const after = field(t('notify.after'), `route-after-${at}`, { type: 'number', min: 0, max: 1440, step: 'any', value: known?.after ?? (at ? '' : 0), disabled: at === 0 });
      const channels = field(t('notify.channels-of-step'), `route-channels-${at}`, { value: known?.channels.join(', ') ?? '', required: at === 0 });
      return { after, channels, node: el('div', { class: 'pair' }, after.node, channels.node) };
    });
    const quiet = ['from', 'until'].map((each) => field(t(`notify.quiet-${each}`), `route-quiet-${each}`, { type: 'time', value: item?.quiet[0]?.[each] ?? '' }));
    const send = async (event) => {
      event.preventDefault();
      const [from, until] = quiet.map((each) => each.input.value);
      const body = {
        name: name.input.value.trim(),
        enabled: enabled.chosen().length > 0,
        when: { ...when, severities: severities.chosen(), ...Object.fromEntries(Object.entries(texts).map(([key, each]) => [key, listed(each.input.value)])) },
        on: on.chosen(),
        steps: steps.filter((each) => each.channels.input.value.trim()).map((each) => ({ after: Number(each.after.input.value), channels: listed(each.channels.input.value) })),
        quiet: from || until ? [{ ...item?.quiet[0], from, until }, ...(item?.quiet.slice(1) ?? [])] : [],
      };
      try {
        await saveRoute(this.context.api, id.input.value.trim(), body, !item);
        await this.show();
        this.context.announce(t('notify.saved'));
      } catch (problem) {
        this.failed(problem);
      }
    };
    fill(
      this.form,
      el(
        'form',
        { class: 'notifyform', onsubmit: send, 'data-testid': 'route-form' },
        id.node, name.node, severities.node, Object.values(texts).map((each) => each.node), on.node,
        steps.map((each) => each.node),
        el('div', { class: 'pair' }, quiet.map((each) => each.node)),
        enabled.node,
        el('div', { class: 'acts' }, el('button', { type: 'submit', class: 'primary', 'data-testid': 'route-save' }, t('notify.save')), el('button', { type: 'button', onclick: () => fill(this.form) }, t('notify.cancel'))),
      ),
    );
    (item ? name : id).input.focus();
  }

  #preview() {
    const type = field(t('notify.preview-type'), 'preview-type', { required: true, value: 'fireAlarm' });
    const device = field(t('notify.preview-device'), 'preview-device');
    const said = el('ul', { class: 'journal', 'data-testid': 'preview-said' });
    const ask = async (event) => {
      event.preventDefault();
      try {
        const found = await preview(this.context.api, type.input.value.trim(), device.input.value.trim());
        const told = found.items.map((each) => el('li', {}, `${this.context.times.full(each.at)} · ${each.channel} · ${each.route}`, each.conditional ? ` · ${t('notify.if-unseen')}` : ''));
        const others = found.others.map((each) => el('li', { class: 'muted' }, t('notify.not-by', { route: each.route, why: each.because })));
        fill(said, told.length ? told : el('li', { class: 'error' }, t('notify.nobody')), others);
      } catch (problem) {
        this.failed(problem);
      }
    };
    return el('form', { class: 'notifyform', onsubmit: ask }, el('h3', {}, t('notify.preview')), type.node, device.node, el('button', { type: 'submit', 'data-testid': 'preview-ask' }, t('notify.preview-ask')), said);
  }
}
