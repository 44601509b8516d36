/** The sign-in form. */

import { setText } from './dom.js';
import { onLanguage, t } from './i18n.js';

export class SignIn {
  /** In `section`; `signedIn()` is called after the hub took name and password. */
  constructor(section, api, signedIn) {
    this.section = section;
    this.form = section.querySelector('form');
    this.reason = section.querySelector('[data-role=reason]');
    this.error = section.querySelector('[data-role=error]');
    this.api = api;
    this.signedIn = signedIn;
    this.why = null;
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send();
    });
    onLanguage(() => this.#showReason());
  }

  /** Show the form; `why` is 'expired', 'signed-out' or null. */
  show(why = null) {
    this.why = why;
    this.#showReason();
    this.error.hidden = true;
    this.section.hidden = false;
    this.form.elements.password.value = '';
    const first = this.form.elements.username.value ? 'password' : 'username';
    this.form.elements[first].focus();
  }

  hide() {
    this.section.hidden = true;
  }

  #showReason() {
    this.reason.hidden = this.why === null;
    if (this.why) setText(this.reason, t(`signin.reason.${this.why}`));
  }

  async #send() {
    const { username, password } = this.form.elements;
    const button = this.form.querySelector('button[type=submit]');
    button.disabled = true;
    this.error.hidden = true;
    try {
      await this.api.signIn(username.value.trim(), password.value);
      password.value = '';
      await this.signedIn();
    } catch (problem) {
      setText(this.error, problem.message);
      this.error.hidden = false;
      password.focus();
    } finally {
      button.disabled = false;
    }
  }
}
