/** The time-space diagram of a coordination group: what runs there this second, or what its plans would have, at a speed of one's choice. */

import { debounce, el, fill, paced, setText } from '../dom.js';
import { number } from '../format.js';
import { t } from '../i18n.js';
import { saveAs } from '../refused.js';
import { bandsOf } from './calls.js';
import { svgFile } from './svgfile.js';
import { TimeSpace } from './timespace.js';
import { junctionsOf, waveCsv } from './wavesaid.js';
import { saidText } from './words.js';

const EVERY = 10_000;
const TURN = 200; // ms between two places of the line of the present
const QUIET = 250; // ms without a change of the speed before the hub is asked
const SPEEDS = { min: 10, max: 80, step: 1 };

/** The view of group `id`. */
export function wavePage(room, id, life) {
  const view = new WaveView(room, id, life);
  return { title: t('waves.one', { group: id }), node: view.node };
}

class WaveView {
  constructor(room, id, life) {
    Object.assign(this, { room, id, life, shown: null, asked: 0, states: new Map() });
    const { store } = room.context;
    this.error = el('div', { class: 'error', role: 'alert', hidden: true, 'data-testid': 'wave-error' });
    this.basis = el('p', { class: 'wavebasis', role: 'status', 'data-testid': 'wave-basis' });
    this.program = el('select', { 'data-testid': 'wave-program', onchange: () => this.#chosen() });
    this.time = el('input', { type: 'datetime-local', 'data-testid': 'wave-time', 'aria-label': t('waves.time'), hidden: true, onchange: () => this.load() });
    this.speed = el('input', { type: 'range', ...SPEEDS, 'data-testid': 'wave-speed', oninput: () => this.#faster() });
    this.kmh = el('output', {});
    this.asking = debounce(QUIET, () => this.load());
    this.picture = new TimeSpace(life);
    this.list = el('ul', { class: 'wavejunctions', 'data-testid': 'wave-junctions' });
    this.unsure = el('ul', { class: 'muted', 'data-testid': 'wave-unsure' });
    this.cut = el('p', { class: 'oldstate', hidden: true }, t('waves.cut'));
    const save = (name, act) => el('button', { type: 'button', disabled: true, 'data-testid': `wave-${name}`, onclick: act }, t(`waves.${name}`));
    this.files = [
      save('svg', () => saveAs(svgFile(this.picture.drawing), `${this.#name()}.svg`)),
      save('csv', () => saveAs(new Blob([waveCsv(this.shown)], { type: 'text/csv' }), `${this.#name()}.csv`)),
    ];
    const field = (label, ...inputs) => el('label', { class: 'field' }, el('span', {}, label), inputs);
    this.fields = el('div', { class: 'fields wavefields' }, field(t('waves.program'), this.program, this.time), field(t('waves.speed'), el('span', { class: 'wavespeed' }, this.speed, this.kmh)));
    this.node = el('div', { class: 'waveview', 'data-testid': 'wave-view' }, [this.error, this.fields, this.basis, this.cut, this.picture.node, el('div', { class: 'acts' }, this.files), this.list, this.unsure]);
    this.#programs([]);
    const soon = paced(1_000, () => this.load());
    life.on(store, 'junctions', (items) => items.filter((each) => this.#news(each)).length && soon());
    life.on(store, 'signalplans', soon);
    life.every(EVERY, () => this.load());
    life.every(TURN, () => this.#turn());
    this.load();
  }

  /** Whether an event says something of this group that the diagram shows; states that only go on do not. */
  #news({ id, state, order, active, deleted }) {
    if (!this.shown?.signals.some((each) => each.junction === id)) return false;
    const said = state && [state.mode, state.program, state.checksum, state.faults, state.correction, Math.round((state.clock_error ?? 0) * 2), state.fresh];
    const text = JSON.stringify([said, order?.id, active?.id, deleted]);
    const before = this.states.get(id);
    this.states.set(id, text);
    return before !== text;
  }

  #name() {
    return `green-wave-${this.id}-${this.shown.time.slice(0, 16).replaceAll(':', '')}`;
  }

  #programs(names) {
    const kept = this.program.value;
    const option = (value, text) => el('option', { value, selected: value === kept }, text);
    fill(this.program, [option('', t('waves.now')), option('at', t('waves.at')), ...names.map((name) => option(`=${name}`, t('waves.as-if', { program: name })))]);
  }

  #chosen() {
    const { clock } = this.room.context.store;
    this.time.hidden = this.program.value !== 'at';
    if (!this.time.hidden && !this.time.value) this.time.value = clock.toLocal(clock.now());
    this.load();
  }

  #faster() {
    setText(this.kmh, t('waves.kmh', { speed: number(Number(this.speed.value), 0) }));
    this.moved = true;
    this.asking();
  }

  /** Ask the hub; only the answer to the newest question is shown. */
  async load() {
    const { api, store } = this.room.context;
    const chosen = this.program.value;
    const moment = chosen === 'at' ? store.clock.fromLocal(this.time.value) : NaN;
    if (chosen === 'at' && Number.isNaN(moment)) return;
    const query = { program: chosen.startsWith('=') ? chosen.slice(1) : '', at: chosen === 'at' ? new Date(moment).toISOString() : '', speed: this.moved ? this.speed.value : '' };
    const asked = (this.asked += 1);
    try {
      const found = await bandsOf(api, this.id, query);
      if (asked === this.asked && !this.life.ended) this.#show(found);
    } catch (problem) {
      if (asked === this.asked && !this.life.ended) this.#fail(problem);
    }
  }

  #show(found) {
    this.shown = found;
    this.error.hidden = true;
    this.picture.node.hidden = false;
    for (const button of this.files) button.disabled = false;
    this.#programs(found.programs);
    if (!this.moved) this.speed.value = found.speed;
    setText(this.kmh, t('waves.kmh', { speed: number(found.speed, 0) }));
    const { times } = this.room.context;
    const out = found.signals.filter((each) => !each.in_step).length;
    const said = found.basis === 'plan' ? t('waves.planned', { program: found.program ?? times.full(found.time) }) : out ? t('waves.out', { n: out, all: found.signals.length }) : t('waves.all-in-step');
    setText(this.basis, said);
    this.basis.className = `wavebasis ${found.basis === 'plan' ? 'planned' : found.state}`;
    this.picture.names = new Map(found.signals.map((each) => [each.junction, each.name || each.junction]));
    this.picture.show(found);
    const focused = this.list.contains(document.activeElement) ? document.activeElement.dataset.testid : null;
    fill(this.list, junctionsOf(found, (junction) => this.room.visit('one', junction)));
    if (focused) this.list.querySelector(`[data-testid="${CSS.escape(focused)}"]`)?.focus();
    fill(this.unsure, [...found.untold, ...found.uncertain].map((each) => el('li', {}, saidText([each]))));
    this.#turn();
  }

  #fail(problem) {
    const untold = problem.body?.untold ?? [];
    this.error.hidden = false;
    fill(this.error, untold.length ? [el('p', {}, t('waves.untold')), el('ul', {}, untold.map((each) => el('li', {}, saidText([each]))))] : el('p', {}, problem.message));
    if (!untold.length) return; // what was known stays, with the line that says that the hub is away
    this.picture.node.hidden = true;
    fill(this.list);
    for (const button of this.files) button.disabled = true;
  }

  /** The line of the present moves only over what is of now. */
  #turn() {
    const { store } = this.room.context;
    const cut = store.connection.state === 'cut';
    this.cut.hidden = !cut;
    this.picture.node.classList.toggle('stale', cut);
    this.picture.turn(this.shown?.basis === 'now' && !cut ? store.clock.now() / 1000 : null);
  }
}
