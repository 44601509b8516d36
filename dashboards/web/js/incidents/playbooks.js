/** Playbooks: a dialog with the list, the templates, the editor, and the incidents that ended. */

import { el, fill } from '../dom.js';
import { guardBox, secondThought } from '../guard.js';
import { icon } from '../icons.js';
import { language, onLanguage, t, word } from '../i18n.js';
import { holds } from '../permission.js';
import { saveAs } from '../refused.js';
import { csvFile, past, playbooks, templates, tomlFile } from './calls.js';
import { PlaybookEditor } from './editor.js';
import { ImportForm } from './importing.js';

const PAST = 20;

export class Playbooks {
  constructor(dialog, context) {
    Object.assign(this, { dialog, context });
    this.editor = null;
    const leave = (event) => {
      event.preventDefault(); // a second Escape would close it whatever is unsaved
      this.#leave(() => this.close());
    };
    dialog.addEventListener('keydown', (event) => event.key === 'Escape' && leave(event));
    dialog.addEventListener('cancel', leave);
    addEventListener('beforeunload', (event) => this.editor?.dirty && event.preventDefault());
    onLanguage(() => dialog.open && this.open());
  }

  /** Show the list; `said` stands above it. */
  async open(said = '') {
    this.editor = null;
    this.#frame(t('playbooks.title'), el('p', { class: 'muted' }, t('loading')));
    if (!this.dialog.open) this.dialog.showModal();
    try {
      const { api } = this.context;
      const [known, shipped, over] = await Promise.all([playbooks(api), templates(api), past(api, PAST)]);
      this.#frame(t('playbooks.title'), this.#list(known, shipped, over), said);
    } catch (problem) {
      this.#frame(t('playbooks.title'), el('p', { class: 'error', role: 'alert' }, problem.message));
    }
  }

  /** Close it and forget what was shown: somebody else may sign in. */
  close() {
    this.editor = null;
    this.dialog.close();
    fill(this.dialog);
  }

  /** Run `then` at once, or, when something would be lost, after a second thought. */
  #leave(then) {
    if (this.editor?.dirty) secondThought(this.guard, then);
    else then();
  }

  #frame(title, body, said = '', back = false) {
    const square = (name, label, act) =>
      el('button', { type: 'button', class: 'quiet square', 'aria-label': label, title: label, 'data-testid': `playbooks-${name}`, onclick: act }, icon(name));
    this.guard = guardBox();
    fill(
      this.dialog,
      el('header', {}, [
        back ? square('back', t('playbooks.back'), () => this.#leave(() => this.open())) : null,
        el('h2', { tabindex: -1 }, title),
        square('close', t('panel.close'), () => this.#leave(() => this.close())),
        this.guard,
      ]),
      el('p', { class: 'said', role: 'status', 'data-testid': 'playbooks-said' }, said),
      body,
    );
    this.dialog.querySelector('h2').focus();
  }

  #edit(item, version) {
    const editor = new PlaybookEditor(this.context, item, version, (said) => this.open(said));
    this.#frame(item.name, editor.node, '', true);
    this.editor = editor;
  }

  #list(known, shipped, over) {
    const may = holds(this.context.store, 'playbooks');
    const row = (item) =>
      el('li', { class: 'alarm' }, [
        el('p', { class: 'head' }, [
          el('button', { type: 'button', class: 'link', 'data-testid': `playbook-${item.id}`, onclick: () => this.#edit(item, item.version) }, item.name),
          item.enabled ? null : el('span', { class: 'badge' }, t('playbooks.off')),
          item.dry_run ? el('span', { class: 'badge' }, t('incidents.dry')) : null,
          item.running.length ? el('span', { class: 'badge' }, t('playbooks.runs', { n: item.running.length })) : null,
        ]),
        el('p', { class: 'muted' }, this.#when(item)),
        item.unusable ? el('p', { class: 'error' }, item.unusable) : null,
      ]);
    const template = (each) => {
      const onclick = () => this.#edit(each[language()], null);
      return el('button', { type: 'button', 'data-testid': `playbook-template-${each.id}`, onclick }, each.name[language()]);
    };
    const free = shipped.filter((each) => !known.some((item) => item.id === each.id));
    return [
      known.length ? el('ul', { class: 'alarmlist', 'data-testid': 'playbooks-list' }, known.map(row)) : el('p', { class: 'empty' }, t('playbooks.none')),
      may && free.length ? el('h3', {}, t('playbooks.templates')) : null,
      may ? el('div', { class: 'acts' }, free.map(template)) : null,
      el('div', { class: 'acts' }, [
        this.#file('playbooks.toml', 'playbooks.export', tomlFile),
        this.#file('incidents.csv', 'playbooks.history-file', csvFile),
        may ? new ImportForm(this.context.api, known.map((item) => item.id), (said) => this.open(said)).node : null,
      ]),
      el('h3', {}, t('playbooks.history')),
      over.length
        ? el('ul', { class: 'journal', 'data-testid': 'incidents-past' }, over.map((item) => this.#past(item)))
        : el('p', { class: 'empty', 'data-testid': 'incidents-past' }, t('playbooks.no-history')),
    ];
  }

  #when({ trigger }) {
    const types = (trigger.types ?? []).map((type) => word('event', type));
    return [...types, ...(trigger.classes ?? []), ...(trigger.severities ?? []).map((each) => word('severity', each))].join(', ');
  }

  #past(item) {
    const { times } = this.context;
    const why = t(`incidents.why.${item.ended_why}`, { by: item.ended_by ?? '' });
    const said = [item.name, item.device_name || item.device, `${times.full(item.opened)} – ${times.full(item.ended)}`, why, item.reason];
    return el('li', {}, [said.filter(Boolean).join(' · '), item.dry_run ? el('span', { class: 'badge' }, t('incidents.dry')) : null]);
  }

  #file(name, label, get) {
    const onclick = async () => {
      try {
        saveAs(await get(this.context.api), name);
      } catch (problem) {
        fill(this.dialog.querySelector('[data-testid=playbooks-said]'), problem.message);
      }
    };
    return el('button', { type: 'button', onclick }, t(label));
  }
}
