/** The editor of a plan set: programs as bars with the linter's findings beside them, and the rest as it is written. */

import { debounce, el, fill } from '../dom.js';
import { t } from '../i18n.js';
import { addPlan, lint, onePlan, savePlan } from './calls.js';
import { EditBars } from './editbars.js';
import { findingList, placed } from './findings.js';
import { same } from './planset.js';
import { programFields } from './programfields.js';
import { activeSet } from './sets.js';
import { RawPart } from './rawpart.js';
import { SetParts } from './setparts.js';

const QUIET = 400; // ms without a change before the linter is asked
const MOST_UNDO = 200;

/** The view that edits `start` {planSet, note, plan (null: a new one)} of `junction`. */
export function editorPage(room, junction, start, life) {
  return new Editor(room, junction, start, life).view;
}

class Editor {
  constructor(room, junction, { planSet, note, plan }, life) {
    Object.assign(this, { room, junction, plan, life });
    this.body = structuredClone(planSet);
    this.before = structuredClone(planSet);
    this.past = [];
    this.findings = [];
    this.name = junction.state?.program; // the one that runs, where it is of this plan set
    this.charts = life.child();
    this.asked = null;
    this.against = null;
    this.note = el('input', { type: 'text', maxlength: 300, value: note ?? '', 'data-testid': 'editor-note', placeholder: t('editor.note-why') });
    this.noted = note ?? '';
    this.error = el('p', { class: 'error', role: 'alert', hidden: true, 'data-testid': 'editor-error' });
    this.state = el('p', { class: 'lintstate', role: 'status', 'data-testid': 'lint-state' });
    this.found = el('div', { class: 'editfindings' });
    this.tabs = el('div', { class: 'programtabs', role: 'tablist', 'aria-label': t('editor.programs') });
    this.place = el('div', { class: 'editprogram' });
    this.parts = new SetParts(room.context.store.clock, (act, field) => this.#change(act, field));
    this.raw = new RawPart(this.body, (next) => this.#replace(next));
    this.save = el('button', { type: 'button', class: 'primary', 'data-testid': 'editor-save', onclick: () => this.#save() }, t('editor.save'));
    this.undo = el('button', { type: 'button', 'data-testid': 'editor-undo', onclick: () => this.#undo() }, t('editor.undo'));
    this.lintSoon = debounce(QUIET, () => this.#lint());
    life.finally(() => this.asked?.abort());
    const node = el('div', { class: 'editor', 'data-testid': 'editor' }, [
      el('div', { class: 'editorbar' }, this.state, this.undo, this.save),
      this.error,
      el('label', { class: 'reason' }, el('span', {}, t('editor.note')), this.note),
      this.tabs,
      this.place,
      this.parts.node,
      this.raw.node,
    ]);
    const title = plan ? t('editor.title', { version: plan.version }) : t('editor.title-new', { name: junction.name || junction.id });
    this.view = { title, node, dirty: () => this.dirty };
    this.#build();
    this.#begin();
  }

  /** What runs there now is what the change is judged against. */
  async #begin() {
    this.against = (await activeSet(this.room.context.api, this.junction.id).catch(() => null))?.id ?? null;
    this.#lint();
  }

  get dirty() {
    return !same(this.body, this.before) || this.note.value !== this.noted || this.raw.dirty;
  }

  get program() {
    return this.body.programs?.[this.name];
  }

  #build() {
    this.charts.end();
    this.charts = this.life.child();
    const names = Object.keys(this.body.programs ?? {});
    if (!names.includes(this.name)) this.name = names[0];
    const tab = (name) =>
      el('button', { type: 'button', role: 'tab', class: 'chip', 'aria-selected': String(name === this.name), 'aria-pressed': String(name === this.name), 'data-testid': `program-${name}`, onclick: () => this.#turn(name) }, name);
    fill(this.tabs, names.map(tab));
    this.parts.show(this.body, this.findings);
    this.undo.disabled = this.past.length === 0;
    if (!this.program) {
      fill(this.place, el('p', { class: 'notice' }, t('editor.no-program')), this.found);
      return;
    }
    const groups = this.body.intersection?.groups ?? [];
    this.bars = new EditBars(this.charts, { changed: (states, drag) => this.#change((body) => (body.programs[this.name].states = states), drag) });
    this.fields = programFields(this.program, (act, field) => this.#change((body) => act(body.programs[this.name]), field));
    fill(this.place, el('div', { class: 'beside' }, this.bars.node, this.found), this.fields.node);
    this.bars.show(this.program, groups, { finds: placed(this.findings, this.name, groups) });
  }

  #turn(name) {
    this.name = name;
    this.#build();
    this.tabs.querySelector('[aria-selected=true]').focus();
  }

  /** Change what is written by `act(body)`; changes in one `field` are undone together. */
  #change(act, field = null) {
    const earlier = structuredClone(this.body);
    act(this.body);
    if (same(earlier, this.body)) return;
    if (field === null || field !== this.last) this.past.push(earlier);
    if (this.past.length > MOST_UNDO) this.past.shift();
    this.last = field;
    this.#shown();
  }

  /** What the fields of the raw text say. */
  #replace(next) {
    this.past.push(structuredClone(this.body));
    this.body = next;
    this.last = null;
    this.#build();
    this.#shown();
  }

  #undo() {
    this.body = this.past.pop() ?? this.body;
    this.last = null;
    this.#build();
    this.#shown();
  }

  #shown() {
    this.undo.disabled = this.past.length === 0;
    this.error.hidden = true;
    this.raw.show(this.body);
    this.parts.show(this.body, this.findings);
    const groups = this.body.intersection?.groups ?? [];
    if (this.program) this.bars?.show(this.program, groups, { finds: placed(this.findings, this.name, groups) });
    fill(this.state, t('editor.linting'));
    this.lintSoon();
  }

  /** Ask the hub's linter; an answer to what was written before is dropped. */
  async #lint() {
    this.asked?.abort();
    const asked = (this.asked = new AbortController());
    const { api } = this.room.context;
    fill(this.state, t('editor.linting'));
    this.state.dataset.state = 'asked';
    try {
      const answer = await lint(api, this.body, this.against === this.plan?.id ? null : this.against, asked.signal);
      if (asked !== this.asked || this.life.ended) return;
      this.findings = answer.findings;
      this.state.dataset.state = answer.errors ? 'errors' : 'safe';
      this.state.className = `lintstate ${answer.errors ? 'bad' : 'good'}`;
      fill(this.state, answer.errors ? t('sets.errors', { n: answer.errors }) : answer.warnings ? t('editor.safe-warnings', { n: answer.warnings }) : t('editor.safe'));
    } catch (problem) {
      if (problem.name === 'AbortError' || asked !== this.asked || this.life.ended) return;
      this.findings = [];
      this.state.dataset.state = 'unread';
      this.state.className = 'lintstate bad';
      fill(this.state, problem.message);
    }
    const groups = this.body.intersection?.groups ?? [];
    fill(this.found, findingList(this.findings, (finding) => this.#go(finding)));
    this.parts.show(this.body, this.findings);
    if (this.program) this.bars.show(this.program, groups, { finds: placed(this.findings, this.name, groups) });
  }

  /** Show where a finding is. */
  #go(finding) {
    const name = finding.program;
    if (!Number.isFinite(finding.second) && this.parts.point(finding)) return;
    if (name && name !== this.name && this.body.programs[name]) this.#turn(name);
    const groups = this.body.intersection?.groups ?? [];
    const [mark] = placed([finding], this.name, groups);
    this.bars?.point(mark?.row ?? 0, finding.second ?? 0);
  }

  async #save() {
    if (this.raw.dirty) return this.#fail(t('editor.raw-open'));
    const { api } = this.room.context;
    this.save.disabled = true;
    this.error.hidden = true;
    const body = { plan_set: this.body, note: this.note.value.trim() };
    try {
      const made = this.plan ? await savePlan(api, this.plan.id, body, this.plan.etag) : await addPlan(api, this.junction.id, body);
      this.before = structuredClone(this.body);
      this.noted = this.note.value;
      if (this.plan) this.room.back(t('editor.saved'));
      else this.room.instead('set', this.junction, made.id);
    } catch (problem) {
      if (problem.code === 'changed-meanwhile') await this.#conflict(problem);
      else this.#fail(problem.message);
    }
    this.save.disabled = false;
    return undefined;
  }

  /** Somebody else saved it meanwhile: take theirs, or go on over it. */
  async #conflict(problem) {
    const theirs = await onePlan(this.room.context.api, this.plan.id).catch(() => null);
    this.#fail(problem.message);
    if (!theirs) return;
    const press = (name, act) => el('button', { type: 'button', 'data-testid': `editor-${name}`, onclick: act }, t(`editor.${name}`));
    const over = () => {
      this.plan = { ...this.plan, etag: theirs.etag };
      return this.#save();
    };
    const take = () => {
      this.plan = theirs;
      this.before = structuredClone(theirs.plan_set);
      this.#replace(structuredClone(theirs.plan_set));
    };
    this.error.append(' ', press('theirs', take), press('mine', over));
  }

  #fail(text) {
    this.error.hidden = false;
    fill(this.error, text);
    this.error.scrollIntoView({ block: 'nearest' });
  }
}
