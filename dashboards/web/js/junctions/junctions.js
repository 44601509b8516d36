/** The dialog of junctions: one view at a time (the list, a junction, its plan sets, an editor, routes), a way back, and a guard of what was typed. */

import { el, fill } from '../dom.js';
import { guardBox, secondThought } from '../guard.js';
import { icon } from '../icons.js';
import { onLanguage, t } from '../i18n.js';
import { Life } from '../life.js';
import { hasJunctions } from './onmap.js';
import { VIEWS } from './views.js';

export class Junctions {
  /** `dialog` shows them; `openers` open it, and are there once the city has a junction. */
  constructor(dialog, openers, context) {
    Object.assign(this, { dialog, openers, context });
    this.life = new Life();
    this.path = []; // the views that were left, the newest last
    this.view = null; // {title, node, dirty?()}
    for (const opener of openers) opener.addEventListener('click', () => this.open());
    const leave = (event) => {
      event.preventDefault(); // a second Escape would close it whatever was typed
      this.leave(() => (this.path.length ? this.back() : this.close()));
    };
    dialog.addEventListener('keydown', (event) => event.key === 'Escape' && leave(event));
    dialog.addEventListener('cancel', leave);
    addEventListener('beforeunload', (event) => dialog.open && this.dirty && event.preventDefault());
    const { store } = context;
    const there = () => {
      for (const opener of openers) opener.hidden = !hasJunctions(store);
    };
    store.on('city', there);
    store.on('me', there);
    there();
    onLanguage(() => {
      this.#label();
      if (dialog.open && !this.dirty) this.#build();
    });
    this.#label();
  }

  #label() {
    for (const opener of this.openers) fill(opener, icon('junction'), el('span', { 'data-i18n': 'junctions.title' }, t('junctions.title')));
  }

  /** Show the list, or one junction. */
  open(id = null) {
    this.path = [];
    this.make = this.#maker('list');
    if (id) {
      this.path.push(this.make);
      this.make = this.#maker('one', id);
    }
    this.#build();
    if (!this.dialog.open) this.dialog.showModal();
  }

  /** Close it and forget what was shown: somebody else may sign in. */
  close() {
    this.life.end();
    this.view = null;
    this.path = [];
    this.dialog.close();
    fill(this.dialog);
  }

  /** Whether leaving would lose something that was typed. */
  get dirty() {
    if (this.view?.dirty?.()) return true;
    return [...this.dialog.querySelectorAll('[data-typed]')].some((field) => field.value.trim() !== '');
  }

  /** Run `then` at once, or, when something would be lost, after a second thought. */
  leave(then) {
    if (this.dirty) secondThought(this.guard, then);
    else then();
  }

  /** Go on to the view of that name, about what follows; back() comes back to this one. */
  visit(name, ...about) {
    this.leave(() => {
      this.path.push(this.make);
      this.make = this.#maker(name, ...about);
      this.#build();
    });
  }

  /** Go on to a view in place of this one: nobody wants to come back to it. */
  instead(name, ...about) {
    this.make = this.#maker(name, ...about);
    this.#build();
  }

  #maker(name, ...about) {
    return (life) => VIEWS[name](this, ...about, life);
  }

  /** The view before this one, built anew; `said` stands above it. */
  back(said = '') {
    this.make = this.path.pop() ?? this.#maker('list');
    this.#build(said);
  }

  /** This view anew, with `said` above it. */
  again(said = '') {
    this.#build(said);
  }

  /** Say something above the view, for everybody. */
  say(text) {
    fill(this.said, text);
    this.context.announce(text);
  }

  /** Name the view once its name is known. */
  title(text) {
    fill(this.heading, text);
  }

  #build(said = '') {
    this.life.end();
    this.life = new Life();
    const square = (name, label, act) =>
      el('button', { type: 'button', class: 'quiet square', 'aria-label': label, title: label, 'data-testid': `junctions-${name}`, onclick: act }, icon(name));
    this.guard = guardBox();
    this.heading = el('h2', { tabindex: -1 });
    this.said = el('p', { class: 'said', role: 'status', 'data-testid': 'junctions-said' }, said);
    this.view = this.make(this.life);
    fill(this.heading, this.view.title);
    fill(
      this.dialog,
      el('header', {}, [
        this.path.length ? square('back', t('junctions.back'), () => this.leave(() => this.back())) : null,
        this.heading,
        square('close', t('panel.close'), () => this.leave(() => this.close())),
        this.guard,
      ]),
      this.said,
      this.view.node,
    );
    this.dialog.scrollTop = 0;
    this.heading.focus();
  }
}
