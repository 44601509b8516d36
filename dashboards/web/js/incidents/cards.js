/** The incidents that run, on top of the operations view: what each does, until when, what is asked for, and ending it. */

import { debounce, el, fill } from '../dom.js';
import { percent } from '../format.js';
import { language, t, word } from '../i18n.js';
import { holds } from '../permission.js';
import { endIncident, incident, tick } from './calls.js';
import { waveLines } from './waves.js';

const RENEW = 5_000;
const NAMED = 6; // lamps that do not follow, by name
const ORDER = ['not-yet', 'unknown', 'offline', 'unpowered', 'held'];

export class IncidentCards {
  /** `title` heads them and is hidden without any. */
  constructor(context, life, title) {
    Object.assign(this, { context, life, title });
    this.cards = new Map(); // id -> its card
    this.node = el('div', { class: 'incidents', 'data-testid': 'incidents' });
    life.on(context.store, 'incidents', () => this.show());
    life.on(context.store, 'me', () => this.show());
    this.show();
  }

  show() {
    const items = [...this.context.store.incidents.values()].sort((a, b) => Date.parse(b.opened) - Date.parse(a.opened));
    for (const id of [...this.cards.keys()]) {
      if (items.some((item) => item.id === id)) continue;
      this.cards.get(id).life.end();
      this.cards.delete(id);
    }
    for (const item of items) {
      const known = this.cards.get(item.id);
      if (known) known.update(item);
      else this.cards.set(item.id, new Card(this.context, item, this.life.child()));
    }
    const nodes = items.map((item) => this.cards.get(item.id).node);
    if (nodes.length !== this.node.children.length || nodes.some((node, at) => node !== this.node.children[at])) fill(this.node, nodes);
    this.title.hidden = items.length === 0;
  }
}

class Card {
  constructor(context, item, life) {
    Object.assign(this, { context, item, life });
    this.detail = null;
    this.error = el('p', { class: 'error', role: 'alert', hidden: true });
    this.said = el('div', {});
    this.lights = el('div', { 'data-testid': `incident-lights-${item.id}` });
    this.tasks = el('ul', { class: 'tasks', 'data-testid': `incident-tasks-${item.id}` });
    this.foot = el('div', { class: 'acts' });
    this.node = el(
      'article',
      { class: item.dry_run ? 'incident dry' : 'incident', 'data-testid': `incident-${item.id}`, 'data-playbook': item.playbook },
      [this.said, this.lights, this.tasks, this.foot, this.error],
    );
    this.#foot(false);
    this.soon = debounce(500, () => this.#load());
    life.every(RENEW, () => this.#load());
    this.update(item);
    this.#load();
  }

  update(item) {
    this.item = item;
    this.#head();
    this.#tasks();
    this.soon();
  }

  async #load() {
    try {
      this.detail = await incident(this.context.api, this.item.id);
      if (!this.life.ended) this.#lights();
    } catch {
      // The stream's banner says that the hub is away; what was shown stays.
    }
  }

  #head() {
    const { item, context } = this;
    const { store, times } = context;
    const place = item.device ? item.device_name || item.device : t('incidents.hub');
    const go = () => store.select('device', item.device);
    const end = item.held
      ? t('incidents.held', { n: item.held, end: times.short(item.longest) })
      : t('incidents.until', { end: times.short(item.until) });
    const type = item.type === 'declared' ? t('incidents.declared') : word('event', item.type);
    const what = [type, item.point, item.text].filter(Boolean).join(' · ');
    fill(
      this.said,
      el('p', { class: 'head' }, [
        el('b', {}, item.name),
        item.dry_run ? el('span', { class: 'badge' }, t('incidents.dry')) : null,
        item.device ? el('button', { type: 'button', class: 'link', onclick: go }, place) : el('span', {}, place),
        el('time', { class: 'muted' }, times.short(item.opened)),
      ]),
      el('p', { class: 'muted' }, what),
      item.declared_by ? el('p', { class: 'muted' }, t('incidents.declared-by', { by: item.declared_by })) : null,
      el('p', {}, end),
      item.marks.map((mark) => el('p', { class: 'mark' }, t('incidents.mark', { device: mark.name || mark.device, text: mark.text }))),
      item.refused_text.map((why) => el('p', { class: 'error', 'data-testid': 'incident-refused' }, t('incidents.refused', { why: why[language()] }))),
    );
  }

  #lights() {
    const line = ({ level, lights, states, lamps }) => {
      const counted = ORDER.filter((state) => states[state]).map((state) => `${word('lampstate', state)} ${states[state]}`);
      const named = lamps.slice(0, NAMED).map((lamp) => lamp.device);
      if (lamps.length > NAMED) named.push('…');
      return [
        el('p', {}, t('incidents.lights', { n: lights, follow: states.follows ?? 0, level: percent(level) })),
        counted.length && !this.item.dry_run ? el('p', { class: 'ruled' }, `${counted.join(', ')}: ${named.join(', ')}`) : null,
      ];
    };
    const waves = this.item.dry_run ? [] : this.detail.routes;
    fill(this.lights, this.detail.lighting.filter((one) => one.lights).map(line), waves.map((wave) => waveLines(wave, this.context.times)));
  }

  #tasks() {
    const { item } = this;
    const may = holds(this.context.store, 'incidents') && !item.dry_run;
    const focused = this.tasks.contains(document.activeElement) ? document.activeElement.dataset.item : null;
    const line = (task) =>
      el('li', {}, [
        el('label', {}, [
          el('input', {
            type: 'checkbox',
            checked: task.done !== null,
            disabled: !may,
            'data-item': task.item,
            'data-testid': `task-${task.item}`,
            onchange: (event) => this.#tick(task.item, event.target.checked),
          }),
          el('span', {}, task.text),
        ]),
        task.done ? el('small', { class: 'muted' }, `${task.by} · ${this.context.times.short(task.done)}`) : null,
      ]);
    fill(this.tasks, item.tasks.map(line));
    if (focused) this.tasks.querySelector(`[data-item="${focused}"]`)?.focus();
  }

  #tick(number, done) {
    return this.#do(() => tick(this.context.api, this.item.id, number, done), t('incidents.ticked'));
  }

  /** The button that ends it, or the question why. */
  #foot(asking) {
    if (!holds(this.context.store, 'incidents')) {
      fill(this.foot);
      return;
    }
    const open = el('button', { type: 'button', 'data-testid': `incident-end-${this.item.id}`, onclick: () => this.#foot(true) }, t('incidents.end'));
    if (!asking) {
      fill(this.foot, open);
      return;
    }
    const reason = el('input', { required: true, maxlength: 300, 'aria-label': t('incidents.reason'), placeholder: t('incidents.reason'), 'data-testid': 'incident-reason' });
    const send = (event) => {
      event.preventDefault();
      if (reason.value.trim()) this.#do(() => endIncident(this.context.api, this.item.id, reason.value.trim()), t('incidents.ended'));
    };
    fill(
      this.foot,
      el('form', { class: 'confirm', onsubmit: send }, [
        reason,
        el('button', { type: 'submit', class: 'primary', 'data-testid': 'incident-end-yes' }, t('incidents.end')),
        el('button', { type: 'button', onclick: () => this.#foot(false) }, t('incidents.no')),
      ]),
    );
    reason.focus();
  }

  async #do(act, said) {
    try {
      const found = await act();
      this.error.hidden = true;
      this.context.store.applyIncidents([found]);
      this.context.announce(said);
    } catch (problem) {
      this.error.hidden = false;
      fill(this.error, problem.message);
      this.#tasks();
    }
  }
}

/** A bar while incidents run: how many; its button opens them. */
export function incidentBar(bar, store, open) {
  const text = el('strong');
  const button = el('button', { type: 'button', 'data-testid': 'incidents-open', onclick: open });
  fill(bar, text, button);
  return () => {
    const real = [...store.incidents.values()].filter((item) => !item.dry_run);
    bar.hidden = !store.me || real.length === 0;
    fill(text, t('incidents.bar', { n: real.length, names: [...new Set(real.map((item) => item.name))].slice(0, 3).join(', ') }));
    fill(button, t('incidents.open'));
  };
}

/** Notes that incidents left at device `id`, as lines of its panel. */
export function markLines(store, id) {
  const found = [...store.incidents.values()].filter((item) => !item.dry_run);
  return found.flatMap((item) =>
    item.marks
      .filter((mark) => mark.device === id)
      .map((mark) => el('p', { class: 'notice mark', 'data-testid': 'device-mark' }, `${item.name}: ${mark.text}`)),
  );
}
