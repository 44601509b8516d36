/** Programs and calendars: a dialog with the list and the two editors, and the guard of what is not saved. */

import { el, fill } from '../dom.js';
import { guardBox, secondThought } from '../guard.js';
import { icon } from '../icons.js';
import { onLanguage, t } from '../i18n.js';
import { Life } from '../life.js';
import { calendarEditor } from './calendar.js';
import { PlanCalls } from './calls.js';
import { bodyOf, Draft } from './draft.js';
import { planList } from './list.js';
import { calendarName, programName } from './names.js';
import { programEditor } from './program.js';

const NEW = {
  programs: () => ({ steps: [{ at: 'sunset', level: 100, ramp: 30 }, { at: 'sunrise', level: 0, ramp: 30 }] }),
  calendars: (programs) => ({ rules: [], default: programs[0]?.id ?? '' }),
};

export class Plans {
  constructor(dialog, opener, context) {
    Object.assign(this, { dialog, context });
    this.calls = new PlanCalls(context.api);
    this.life = new Life();
    this.#forget();
    opener.append(icon('plans'), el('span', { 'data-i18n': 'tabs.plans' }, t('tabs.plans')));
    opener.addEventListener('click', () => this.open());
    dialog.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault(); // a second Escape would close it whatever is unsaved
      this.leave(() => this.close());
    });
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      this.leave(() => this.close());
    });
    addEventListener('beforeunload', (event) => this.dirty && event.preventDefault());
    onLanguage(() => dialog.open && this.#build());
  }

  #forget() {
    this.known = null; // {programs, calendars, templates}
    this.page = null; // {kind, id, newId, version, draft, fromSettings} of an editor; null: the list
    this.zone = null; // whose place previews are for
    this.fresh = null; // the calendar of the template that was installed last
  }

  get dirty() {
    return this.page?.draft.dirty ?? false;
  }

  programName(id) {
    return programName(this.known, id);
  }

  calendarName(id) {
    return calendarName(this.known, id);
  }

  /** Names of what still needs a program or calendar. */
  usersOf(kind, id) {
    const item = this.known[kind].find((each) => each.id === id);
    if (kind === 'programs') return (item?.calendars ?? []).map((calendar) => this.calendarName(calendar));
    return (item?.zones ?? []).map((zone) => this.context.store.tree.get(zone)?.name ?? zone);
  }

  /** Show the list, or at once the calendar `id` as it is in `zone`. */
  async open(id = null, zone = null) {
    const { store } = this.context;
    this.#forget();
    const selected = store.selection?.type === 'zone' ? store.selection.id : null;
    this.zone = zone ?? selected ?? store.tree.children(null)[0] ?? null;
    this.#build();
    if (!this.dialog.open) this.dialog.showModal();
    await this.#load();
    if (!this.dialog.open || !this.known) return;
    if (id && this.known.calendars.some((calendar) => calendar.id === id)) this.edit('calendars', id);
    else this.#build();
  }

  /** Close it and forget everything: somebody else may sign in. */
  close() {
    this.life.end();
    this.#forget();
    fill(this.dialog);
    this.dialog.close();
  }

  async #load() {
    try {
      this.known = await this.calls.known();
    } catch (problem) {
      this.#build(problem.message);
    }
  }

  /** Fetch everything anew and show the same page, with `said` above it. */
  async reload(said = null) {
    await this.#load();
    this.context.store.emit('plans');
    if (this.dialog.open) this.#build(said);
  }

  /** After a save: the same editor over the same draft. */
  async stay(said) {
    await this.reload(said);
    this.dialog.querySelector('.savebar button:enabled')?.focus();
  }

  async home(said = null) {
    this.page = null;
    await this.reload(said);
    this.dialog.querySelector('h2')?.focus();
  }

  begin(kind) {
    const draft = new Draft(null, NEW[kind](this.known.programs));
    this.#turn({ kind, id: null, newId: '', version: null, draft, fromSettings: false });
  }

  edit(kind, id) {
    const item = this.known[kind].find((each) => each.id === id);
    const draft = new Draft(bodyOf(kind, item));
    this.#turn({ kind, id, newId: id, version: item.version, draft, fromSettings: item.from_settings ?? false });
  }

  async install(template) {
    await this.calls.install(template.id);
    this.fresh = template.calendar.id;
    await this.reload();
    this.dialog.querySelector(`[data-testid="template-${template.id}"] select`)?.focus();
  }

  #turn(page) {
    this.page = page;
    this.#build();
    this.dialog.scrollTop = 0;
    this.dialog.querySelector('h2').focus();
  }

  /** Run `then` at once, or, when something would be lost, after a second thought. */
  leave(then) {
    if (!this.dirty) {
      then();
      return;
    }
    secondThought(this.guard, then);
  }

  #build(said = null) {
    this.life.end();
    this.life = new Life();
    const { page } = this;
    this.guard = guardBox();
    const square = (name, label, act) =>
      el(
        'button',
        { type: 'button', class: 'quiet square', 'aria-label': label, title: label, 'data-testid': `plans-${name}`, onclick: act },
        icon(name),
      );
    const named = () => (page.kind === 'programs' ? this.programName(page.id) : this.calendarName(page.id));
    const title = page === null ? t('plans.title') : page.id === null ? t(`plans.new.${page.kind}`) : named();
    const body = () => {
      if (!this.known) return el('p', { class: 'muted' }, said ? '' : t('loading'));
      if (page === null) return planList(this);
      return page.kind === 'programs' ? programEditor(this, page, this.life) : calendarEditor(this, page, this.life);
    };
    fill(
      this.dialog,
      el('header', {}, [
        page ? square('back', t('plans.back'), () => this.leave(() => this.home())) : null,
        el('h2', { tabindex: -1 }, title),
        square('close', t('panel.close'), () => this.leave(() => this.close())),
        this.guard,
      ]),
      el('p', { class: 'said', role: 'status', 'data-testid': 'plans-said' }, said ?? ''),
      body(),
    );
  }
}
