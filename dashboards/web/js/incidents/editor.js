/** The editor of one playbook: its fields, what it would do now for a device, save and delete. */

import { el, fill } from '../dom.js';
import { percent } from '../format.js';
import { language, t, word } from '../i18n.js';
import { holds } from '../permission.js';
import { declareIncident, preview, removePlaybook, savePlaybook } from './calls.js';
import { FRESH, PARTS, field } from './fields.js';
import { waveLines } from './waves.js';

const ROWS = ['light', 'route', 'mark', 'notify', 'ask'];
const SHOWN = 40; // lamps of a preview

/** What of an answer is the playbook as it is written. */
function bodyOf({ running, changed, by, version, unusable, id, ...body }) {
  const copy = structuredClone(body);
  for (const row of ROWS) copy[row] = copy[row] ?? [];
  return { enabled: true, dry_run: false, after_minutes: 60, most_minutes: 720, ...copy, trigger: copy.trigger ?? {} };
}

/** Without what was left empty. */
function sent(body) {
  const clean = (holder) => Object.fromEntries(Object.entries(holder).filter(([, value]) => value !== undefined && value !== null));
  const rows = Object.fromEntries(ROWS.map((row) => [row, body[row].map(clean)]));
  return { ...clean(body), ...rows, trigger: clean(body.trigger) };
}

export class PlaybookEditor {
  /** `item` as the hub shows it, or a template's playbook with `version` null; `done(said)` goes back to the list. */
  constructor(context, item, version, done) {
    Object.assign(this, { context, version, done });
    this.id = item.id ?? '';
    this.fresh = version === null;
    this.body = bodyOf(item);
    this.may = holds(context.store, 'playbooks');
    this.error = el('p', { class: 'error', role: 'alert', hidden: true, 'data-testid': 'playbook-error' });
    this.shown = el('div', { 'data-testid': 'playbook-preview' });
    this.rows = Object.fromEntries(ROWS.map((row) => [row, el('div', {})]));
    this.node = el('div', { class: 'playbook' }, this.#parts());
    for (const row of ROWS) this.#rows(row);
    this.before = this.#written();
  }

  /** Whether something was written that is not saved. */
  get dirty() {
    return this.#written() !== this.before;
  }

  #written() {
    return JSON.stringify([this.id, sent(this.body)]);
  }

  #parts() {
    const { body, may } = this;
    const changed = () => (this.error.hidden = true);
    const id = el('input', { value: this.id, disabled: !this.fresh, 'data-testid': 'playbook-id', oninput: () => (this.id = id.value.trim()) });
    const part = (name, holder) => el('div', { class: 'fields' }, PARTS[name].map((each) => field(name, each, holder, changed, !may)));
    const add = (row) =>
      el('button', { type: 'button', disabled: !may, 'data-testid': `playbook-add-${row}`, onclick: () => this.#add(row) }, t(`playbooks.add.${row}`));
    return [
      el('div', { class: 'fields' }, el('label', { class: 'field' }, [el('span', {}, t('playbooks.field.id')), id])),
      part('head', body),
      el('h3', {}, t('playbooks.trigger')),
      el('p', { class: 'muted' }, t('playbooks.trigger-help')),
      part('trigger', body.trigger),
      ...ROWS.flatMap((row) => [el('h3', {}, t(`playbooks.part.${row}`)), this.rows[row], add(row)]),
      el('p', { class: 'muted' }, t('playbooks.braces')),
      this.#previewForm(),
      this.shown,
      this.error,
      this.#buttons(),
    ];
  }

  #rows(row) {
    const changed = () => (this.error.hidden = true);
    const line = (holder, at) =>
      el('div', { class: 'fields row', 'data-testid': `playbook-${row}-${at}` }, [
        PARTS[row].map((each) => field(row, each, holder, changed, !this.may)),
        el('button', { type: 'button', class: 'quiet', disabled: !this.may, onclick: () => this.#drop(row, at) }, t('playbooks.drop')),
      ]);
    fill(this.rows[row], this.body[row].map(line));
  }

  #add(row) {
    this.body[row].push(structuredClone(FRESH[row]));
    this.#rows(row);
    this.rows[row].lastElementChild.querySelector('input').focus();
  }

  #drop(row, at) {
    this.body[row].splice(at, 1);
    this.#rows(row);
  }

  #previewForm() {
    const { selection } = this.context.store;
    const first = this.body.trigger.devices?.[0] ?? (selection?.type === 'device' ? selection.id : '');
    const device = el('input', { value: first, required: true, placeholder: t('playbooks.device'), 'aria-label': t('playbooks.device'), 'data-testid': 'playbook-device' });
    const send = async (event) => {
      event.preventDefault();
      await this.#run(async () => {
        const place = device.value.trim();
        this.#show(await preview(this.context.api, { ...sent(this.body), id: this.id || 'preview' }, place), place);
      });
    };
    return el('form', { class: 'confirm', onsubmit: send }, [device, el('button', { type: 'submit', 'data-testid': 'playbook-try' }, t('playbooks.preview'))]);
  }

  /** Declares an incident of the playbook as it is saved: somebody saw what no device says. */
  #declareForm(device) {
    const reason = el('input', { required: true, maxlength: 300, placeholder: t('alarms.reason'), 'aria-label': t('alarms.reason'), 'data-testid': 'declare-reason' });
    const send = (event) => {
      event.preventDefault();
      return this.#run(async () => {
        await declareIncident(this.context.api, this.id, device, reason.value.trim());
        this.done(t('playbooks.declared', { device }));
      });
    };
    return [
      el('p', { class: 'muted' }, t('playbooks.declare-help', { device })),
      el('form', { class: 'confirm', onsubmit: send }, [reason, el('button', { type: 'submit', 'data-testid': 'declare-send' }, t('playbooks.declare'))]),
    ];
  }

  #show(found, device) {
    const { times } = this.context;
    const lamp = (each) =>
      el('li', {}, [
        `${each.device}: ${percent(each.now)} → ${percent(each.then)}`,
        each.state === 'follows' ? null : ` · ${word('lampstate', each.state)}${each.by ? ` (${each.by})` : ''}`,
      ]);
    const lighting = (one) => [
      el('p', {}, t('playbooks.lights', { n: one.lights, level: percent(one.level) })),
      one.refused ? el('p', { class: 'error' }, t('incidents.refused', { why: one.refused_text[language()] })) : null,
      el('ul', { class: 'lamps' }, one.lamps.slice(0, SHOWN).map(lamp)),
      one.lamps.length > SHOWN ? el('p', { class: 'muted' }, t('playbooks.more', { n: one.lamps.length - SHOWN })) : null,
    ];
    const told = (each) => el('p', {}, t('playbooks.told', { to: each.to.join(', ') || t('playbooks.routes'), text: each.text }));
    fill(
      this.shown,
      el('p', {}, t(found.fits ? 'playbooks.fits' : 'playbooks.fits-not')),
      el('p', {}, t('incidents.until', { end: times.short(found.until) })),
      found.lighting.map(lighting),
      found.routes.map((wave) => waveLines(wave, times)),
      found.marks.map((mark) => el('p', {}, t('incidents.mark', { device: mark.name || mark.device, text: mark.text }))),
      found.tellings.map(told),
      el('ul', {}, found.tasks.map((task) => el('li', {}, task.text))),
      !this.fresh && holds(this.context.store, 'incidents') ? this.#declareForm(device) : null,
    );
  }

  #buttons() {
    const save = el('button', { type: 'button', class: 'primary', disabled: !this.may, 'data-testid': 'playbook-save', onclick: () => this.#save() }, t('playbooks.save'));
    const sure = () => {
      const yes = el('button', { type: 'button', class: 'primary', 'data-testid': 'playbook-delete-yes', onclick: () => this.#remove() }, t('playbooks.delete'));
      const no = el('button', { type: 'button', onclick: () => fill(foot, save, remove) }, t('notify.cancel'));
      fill(foot, el('span', {}, t('playbooks.delete-sure', { id: this.id })), yes, no);
      yes.focus();
    };
    const remove = el('button', { type: 'button', class: 'quiet', disabled: !this.may, 'data-testid': 'playbook-delete', onclick: sure }, t('playbooks.delete'));
    const foot = el('div', { class: 'acts' }, save, this.fresh ? null : remove);
    return foot;
  }

  #save() {
    return this.#run(async () => {
      await savePlaybook(this.context.api, this.id, sent(this.body), this.version);
      this.done(t('playbooks.saved', { id: this.id }));
    });
  }

  #remove() {
    return this.#run(async () => {
      await removePlaybook(this.context.api, this.id, this.version);
      this.done(t('playbooks.deleted', { id: this.id }));
    });
  }

  async #run(act) {
    this.error.hidden = true;
    try {
      await act();
    } catch (problem) {
      this.error.hidden = false;
      fill(this.error, problem.message);
      this.error.scrollIntoView({ block: 'nearest' });
    }
  }
}
