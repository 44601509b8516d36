/** What rules in a zone: which calendar and from where, tonight's levels with overrides, and changing it. */

import { debounce, el, fill, setText } from '../dom.js';
import { t } from '../i18n.js';
import { choice } from './controls.js';
import { Follow } from './follow.js';
import { chartKey, LevelChart } from './levelchart.js';
import { calendarName, programName } from './names.js';
import { whyText } from './words.js';

const OFTEN = 10_000; // ms of this computer between two places of the present
const REFRESH = 60_000;

class ZonePlan {
  constructor(context, id, life) {
    Object.assign(this, { context, id, life });
    this.asked = 0;
    this.chart = new LevelChart(context.times, life, 140);
    this.rules = el('p', { 'data-testid': 'zone-calendar' }, '\u00a0');
    this.why = el('p', { class: 'muted', 'data-testid': 'plan-why' }, '\u00a0');
    this.change = el('details', { class: 'followfold' }, el('summary', { 'data-testid': 'zone-change' }, t('zoneplan.change')));
    this.change.addEventListener('toggle', () => this.#offer());
    this.open = el(
      'button',
      { type: 'button', class: 'link', 'data-testid': 'zone-open', onclick: () => context.plans.open(this.found?.rules, id) },
      t('zoneplan.open'),
    );
    this.node = el('section', { class: 'zoneplan', 'data-testid': 'zone-plan' }, [
      el('h3', {}, t('zoneplan.title')),
      this.rules,
      this.why,
      this.chart.node,
      chartKey('night', 'held'),
      this.open,
      this.change,
    ]);
    const again = debounce(500, () => this.#load());
    life.on(context.store, 'overrides', again);
    life.on(context.store, 'plans', () => this.#anew());
    life.every(REFRESH, () => this.#load());
    life.every(OFTEN, () => this.#present());
    this.#load();
  }

  async #load() {
    if (this.life.ended) return;
    const { calls } = this.context.plans;
    const asked = (this.asked += 1);
    const current = () => asked === this.asked && !this.life.ended;
    try {
      const found = await Promise.all([calls.zoneCalendar(this.id), calls.timeline(this.id), calls.known()]);
      if (!current()) return;
      [this.found, this.day, this.known] = found;
      this.#show();
    } catch (problem) {
      if (current()) setText(this.rules, problem.message);
    }
  }

  /** The calendar or the choice of calendars has changed. */
  #anew() {
    this.change.open = false;
    this.change.querySelector('.followform')?.remove();
    this.#load();
  }

  #show() {
    const { found, day, context } = this;
    const above = context.store.tree.get(found.source)?.name ?? '';
    const says = { name: calendarName(this.known, found.rules), zone: above };
    const from = found.source === null ? 'settings' : found.calendar === null ? 'above' : 'own';
    setText(this.rules, t(`zoneplan.from.${from}`, says));
    const calendar = this.known.calendars.find(({ id }) => id === day.calendar);
    const why = calendar ? whyText(calendar, day.rule_number) : '';
    const tonight = t('zoneplan.tonight', { program: programName(this.known, day.program) });
    setText(this.why, [tonight, why].filter(Boolean).join(' · '));
    this.#present();
  }

  #present() {
    if (!this.day) return;
    const now = this.context.store.clock.now();
    this.chart.show(this.day, now);
    if (now > Date.parse(this.day.end)) this.#load();
  }

  #offer() {
    if (!this.change.open || this.change.childElementCount > 1 || !this.known) return;
    const above = ['', t('zoneplan.as-above')];
    const options = [above, ...this.known.calendars.map(({ id }) => [id, calendarName(this.known, id)])];
    let chosen = this.found.calendar ?? '';
    const current = chosen;
    const follow = new Follow(
      this.context,
      () => ({ zone: this.id, calendar: chosen || null, name: options.find(([id]) => id === chosen)[1], same: chosen === current }),
      () => {
        this.context.announce(t('zoneplan.changed'));
        this.#anew();
      },
    );
    const select = choice(
      options,
      chosen,
      (id) => {
        chosen = id;
        follow.refresh();
      },
      { 'aria-label': t('zoneplan.calendar'), 'data-testid': 'zone-calendar-choice' },
    );
    this.change.append(el('div', { class: 'followform' }, select, follow.node));
  }
}

/** The part of a zone's panel about its calendar; it follows changes until `life` ends. */
export function zonePlan(context, id, life) {
  return new ZonePlan(context, id, life).node;
}
