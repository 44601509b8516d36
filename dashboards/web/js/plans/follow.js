/** Letting a zone follow a calendar: says how many lamps that changes, and asks before it does it. */

import { el, fill } from '../dom.js';
import { t } from '../i18n.js';
import { whyNotFollow } from '../permission.js';

/** The lights in `zone` that would follow it: not those beneath a zone with a calendar of its own. */
export function lampsThatFollow(tree, calendars, zone) {
  const own = new Set(calendars.flatMap((calendar) => calendar.zones));
  const lights = (id) => tree.get(id)?.counts?.lights ?? 0;
  const without = (id) =>
    tree.children(id).reduce((sum, child) => sum + (own.has(child) ? lights(child) : without(child)), 0);
  return lights(zone) - without(zone);
}

export class Follow {
  /**
   * Asks once more for `wanted()` -> {zone, calendar (null: that of the zone above), name, same? (it is so already)}, then
   * calls `done()`. `refresh()` after a choice changed.
   */
  constructor({ store, plans }, wanted, done) {
    Object.assign(this, { store, plans, wanted, done });
    this.calendars = [];
    this.asking = false;
    this.node = el('div', { class: 'follow' });
    this.error = el('p', { class: 'error', role: 'alert', hidden: true });
    this.refresh();
  }

  refresh() {
    this.asking = false;
    this.error.hidden = true;
    this.#show();
  }

  #show() {
    const { zone, calendar, same } = this.wanted();
    const denied = whyNotFollow(this.store, zone);
    const button = (testid, kind, text, onclick, disabled = false) =>
      el('button', { type: 'button', class: kind, 'data-testid': testid, onclick, disabled }, text);
    if (!this.asking) {
      fill(
        this.node,
        denied ? el('p', { class: 'notice', 'data-testid': 'follow-denied' }, denied) : null,
        button('follow', '', t('follow.do'), () => this.#ask(), denied !== null || !zone || same),
        this.error,
      );
      return;
    }
    const lamps = lampsThatFollow(this.store.tree, this.calendars, zone);
    const says = { n: lamps, name: this.wanted().name, zone: this.store.tree.get(zone).name };
    fill(this.node, [
      el('div', { class: 'confirm' }, [
        el('span', { 'data-testid': 'follow-sure' }, t(calendar === null ? 'follow.sure-above' : 'follow.sure', says)),
        button('follow-yes', 'primary', t('follow.yes'), () => this.#follow()),
        button('follow-no', '', t('follow.no'), () => this.#no()),
      ]),
    ]);
    this.node.querySelector('.primary').focus();
  }

  async #ask() {
    try {
      this.calendars = await this.plans.calls.calendars();
      this.asking = true;
      this.#show();
    } catch (problem) {
      this.#failed(problem);
    }
  }

  #no() {
    this.refresh();
    this.node.querySelector('button').focus();
  }

  async #follow() {
    const { zone, calendar } = this.wanted();
    try {
      await this.plans.calls.follow(zone, calendar);
      this.refresh();
      this.done();
    } catch (problem) {
      this.refresh();
      this.#failed(problem);
    }
  }

  #failed(problem) {
    this.error.hidden = false;
    fill(this.error, problem.message);
  }
}
