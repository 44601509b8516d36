/** Below an editor: save, undo, delete, and what the hub says against it. */

import { el, fill, setText } from '../dom.js';
import { t } from '../i18n.js';
import { whyNotPlan } from '../permission.js';
import { bodyOf } from './draft.js';
import { some } from './list.js';
import { rowOf } from './words.js';

const ID = /^[a-z0-9][a-z0-9-]{0,62}$/;

export class SaveBar {
  /** `page` {kind, id (null: new), newId, version, draft}; `changed()` after an undo; `failed(row)`, when the hub names a row, says why. */
  constructor(plans, page, { changed, failed }) {
    Object.assign(this, { plans, page, changed, failed });
    this.busy = false;
    const press = (name, kind, act) =>
      el('button', { type: 'button', class: kind, 'data-testid': `plan-${name}`, onclick: act }, t(`plans.${name}`));
    this.save = press('save', 'primary', () => this.#save());
    this.undo = press('undo', '', () => this.#undo());
    this.remove = press('delete', 'quiet', () => this.#ask());
    this.state = el('p', { class: 'muted state', role: 'status', 'data-testid': 'plan-state' });
    this.error = el('p', { class: 'error', role: 'alert', hidden: true, 'data-testid': 'plan-error' });
    this.sure = el('div', { class: 'confirm', hidden: true });
    this.node = el('footer', { class: 'savebar' }, [this.error, this.sure, this.state, this.save, this.undo, this.remove]);
    this.refresh();
  }

  /** Why nothing can be changed here; null: it can. */
  get denied() {
    const { page, plans } = this;
    return whyNotPlan(plans.context.store) ?? (page.fromSettings ? t('plans.denied.settings') : null);
  }

  refresh(said = null) {
    const { draft, id } = this.page;
    const fixed = this.denied !== null || this.busy;
    this.save.disabled = fixed || (id !== null && !draft.dirty);
    this.undo.disabled = fixed || draft.undoes === null;
    this.remove.disabled = fixed;
    this.remove.hidden = id === null;
    setText(this.undo, t(draft.undoes === 'save' ? 'plans.undo-save' : 'plans.undo'));
    const state = id === null ? 'plans.state.new' : draft.dirty ? 'plans.state.unsaved' : 'plans.state.saved';
    setText(this.state, said ?? t(state));
  }

  /** Forget an error that the last change may have mended. */
  typed() {
    this.error.hidden = true;
    this.sure.hidden = true;
    this.refresh();
  }

  fail(text) {
    this.error.hidden = false;
    fill(this.error, text);
  }

  /** Do it; when somebody else has changed what it is about, ask first and then do it to what is there. */
  async #run(act, over = 'plans.mine') {
    this.busy = true;
    this.error.hidden = true;
    this.sure.hidden = true;
    this.refresh();
    try {
      await act();
    } catch (problem) {
      if (problem.code === 'changed-meanwhile' && (await this.#conflict(act, over))) return;
      const row = rowOf(problem, this.page.kind === 'programs' ? 'step' : 'rule');
      this.fail(row ? this.failed(row) : problem.message);
    } finally {
      this.busy = false;
      this.refresh();
    }
  }

  /** Offer the other's version, or to go on over it. False when it cannot be fetched any more. */
  async #conflict(act, over) {
    const { page, plans } = this;
    const theirs = await plans.calls.one(page.kind, page.id).catch(() => null);
    if (theirs === null) return false;
    const body = bodyOf(page.kind, theirs);
    const press = (name, kind, text, then) =>
      el('button', { type: 'button', class: kind, 'data-testid': `plan-${name}`, onclick: then }, text);
    const load = press('theirs', 'primary', t('plans.theirs'), async () => {
      page.version = theirs.version;
      page.draft.take(body);
      await plans.stay(t('plans.theirs-loaded', { by: theirs.by }));
    });
    const keep = press('mine', '', t(over), () => {
      page.version = theirs.version;
      page.draft.isOver(body);
      return this.#run(act, over);
    });
    const when = plans.context.times.short(theirs.changed);
    this.sure.hidden = false;
    const said = el('span', { role: 'alert', 'data-testid': 'plan-changed' }, t('plans.changed', { by: theirs.by, when }));
    fill(this.sure, said, load, keep);
    load.focus();
    return true;
  }

  #save() {
    const { page, plans } = this;
    if (page.id === null && !ID.test(page.newId)) {
      this.fail(t('plans.bad-id'));
      this.plans.dialog.querySelector('[data-testid=plan-id]').focus();
      return undefined;
    }
    return this.#run(async () => {
      if (page.id === null) {
        page.version = (await plans.calls.add(page.kind, { id: page.newId, ...page.draft.body })).version;
        page.id = page.newId;
      } else page.version = (await plans.calls.replace(page.kind, page.id, page.draft.body, page.version)).version;
      page.draft.wasSaved();
      await plans.stay(t('plans.saved'));
    });
  }

  #undo() {
    const { page, plans } = this;
    const { draft } = page;
    if (draft.undoes === 'change') {
      draft.undo();
      this.typed();
      this.changed();
      return undefined;
    }
    return this.#run(async () => {
      if (draft.replaced === null) {
        await plans.calls.remove(page.kind, page.id, page.version);
        page.id = null;
      } else page.version = (await plans.calls.replace(page.kind, page.id, draft.replaced, page.version)).version;
      draft.wasPutBack();
      await plans.stay(t('plans.put-back'));
    });
  }

  #ask() {
    const { page, plans } = this;
    const users = plans.usersOf(page.kind, page.id);
    this.sure.hidden = false;
    const no = (text) =>
      el('button', { type: 'button', onclick: () => this.#unsure() }, text);
    if (users.length) {
      const why = t(page.kind === 'programs' ? 'plans.in-use.program' : 'plans.in-use.calendar', { names: some(users) });
      fill(this.sure, el('span', { class: 'error', 'data-testid': 'plan-in-use' }, why), no(t('plans.in-use.good')));
      return;
    }
    const yes = el('button', { type: 'button', class: 'primary', 'data-testid': 'plan-delete-yes' }, t('plans.delete-yes'));
    yes.addEventListener('click', () => this.#remove());
    fill(this.sure, el('span', {}, t('plans.delete-sure', { id: page.id })), yes, no(t('plans.delete-no')));
    yes.focus();
  }

  #unsure() {
    this.sure.hidden = true;
    this.remove.focus();
  }

  #remove() {
    const { page, plans } = this;
    this.sure.hidden = true;
    return this.#run(async () => {
      await plans.calls.remove(page.kind, page.id, page.version);
      await plans.home(t('plans.deleted', { id: page.id }));
    }, 'plans.mine-delete');
  }
}
