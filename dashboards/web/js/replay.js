/** What can be done with the chosen messages: try, read again with its progress, download, throw away. */

import { el, fill, setText } from './dom.js';
import { number } from './format.js';
import { t, word } from './i18n.js';
import { holds } from './permission.js';
import { saveAs } from './refused.js';

const LOOK = 700;

export class ReplayBox {
  /** `filter()` tells what is chosen now; `changed()` is called when messages have left. */
  constructor(context, life, filter, changed) {
    Object.assign(this, { context, life, filter, changed });
    const { store } = context;
    const button = (name, act, primary = false) =>
      el(
        'button',
        { type: 'button', class: primary ? 'primary' : '', 'data-testid': `quarantine-${name}`, onclick: act },
        t(`quarantine.${name}`),
      );
    this.buttons = [
      holds(store, 'replay') ? button('replay', () => this.start(this.#chosen()), true) : null,
      holds(store, 'replay') ? button('try', () => this.start({ ...this.#chosen(), dry_run: true })) : null,
      button('download', () => this.#download()),
      holds(store, 'clear') ? button('clear', () => this.#ask()) : null,
    ].filter(Boolean);
    this.sure = el('div', { class: 'confirm', hidden: true });
    this.bar = el('div', { class: 'bar', 'aria-hidden': 'true' }, el('i', { class: 'applied' }), el('i', { class: 'failed' }), el('i', {}));
    this.said = el('p', { role: 'status', 'data-testid': 'replay-said' });
    this.reasons = el('ul', { class: 'reasons' });
    this.result = el('div', { class: 'replayed', hidden: true }, this.bar, this.said, this.reasons);
    this.node = el('section', { class: 'replay', tabindex: -1, 'data-testid': 'replay' }, el('div', { class: 'acts' }, this.buttons), this.sure, this.result);
    this.#resume();
  }

  /** Whether there is anything to do it with. */
  offer(any) {
    this.any = any;
    this.#enable();
  }

  /** A disabled button loses the keyboard's focus: it waits at the section, and comes back with the button. */
  #enable() {
    const held = this.buttons.find((button) => button === document.activeElement);
    for (const button of this.buttons) button.disabled = !this.any || this.running;
    if (held?.disabled) {
      this.left = held;
      this.node.focus();
    } else if (this.left && !this.left.disabled) {
      if (document.activeElement === this.node) this.left.focus();
      this.left = null;
    }
  }

  /** The filter as a body of POST /quarantine/replay. */
  #chosen() {
    const said = Object.entries(this.filter()).filter(([, value]) => value !== undefined);
    return said.length ? Object.fromEntries(said) : { all: true };
  }

  /** One that was begun before the page was opened goes on. */
  async #resume() {
    try {
      const [last] = await this.context.api.replays();
      if (last?.state === 'running' && !this.life.ended) this.#follow(last);
    } catch {
      // The list tells what is wrong with the hub.
    }
  }

  /** Begin; shows the progress until the end. */
  async start(body) {
    this.sure.hidden = true;
    try {
      this.#follow(await this.context.api.replay(body));
    } catch (problem) {
      this.#failed(problem);
    }
  }

  #follow(first) {
    this.running = true;
    this.#enable();
    const look = async (replay) => {
      if (this.life.ended) return;
      this.#show(replay);
      if (replay.state !== 'running') {
        this.running = false;
        this.#enable();
        this.changed();
        return;
      }
      await new Promise((done) => setTimeout(done, LOOK));
      try {
        await look(await this.context.api.oneReplay(replay.id));
      } catch (problem) {
        this.running = false;
        this.#enable();
        this.#failed(problem);
      }
    };
    look(first);
  }

  #show(replay) {
    const { total, done, understood, refused } = replay;
    this.result.hidden = false;
    this.result.dataset.state = replay.state;
    this.bar.hidden = total === 0;
    [understood, refused, total - done].forEach((part, at) => {
      this.bar.children[at].hidden = part === 0;
      this.bar.children[at].style.setProperty('flex-grow', part);
    });
    const kind = replay.state === 'running' ? 'running' : replay.state === 'failed' ? 'failed' : replay.dry_run ? 'tried' : 'done';
    const text = t(`replay.${kind}`, { total, done, understood, refused });
    setText(this.said, replay.waits_for ? `${text} ${t('replay.waits', { what: replay.waits_for })}` : text);
    fill(
      this.reasons,
      replay.reasons.map(({ code, count, reason }) =>
        el('li', {}, el('b', {}, number(count)), ` ${word('reason', code)}: ${reason}`),
      ),
    );
  }

  async #download() {
    try {
      saveAs(await this.context.api.quarantineFile(this.filter()), 'quarantine.ndjson');
    } catch (problem) {
      this.#failed(problem);
    }
  }

  #askedEnough() {
    this.sure.hidden = true;
    this.buttons.at(-1).focus(); // the one that asked
  }

  #ask() {
    const act = async () => {
      try {
        const { deleted } = await this.context.api.clearQuarantine(this.#chosen());
        this.#askedEnough();
        this.context.announce(t('quarantine.cleared', { n: deleted }));
        this.changed();
      } catch (problem) {
        this.#failed(problem);
      }
    };
    this.sure.hidden = false;
    const no = el('button', { type: 'button', onclick: () => this.#askedEnough() }, t('overrides.resume-no'));
    const sure = this.#chosen().all ? t('quarantine.clear-all-sure') : t('quarantine.clear-sure');
    fill(
      this.sure,
      el('p', {}, sure),
      el('button', { type: 'button', class: 'primary', 'data-testid': 'clear-yes', onclick: act }, t('quarantine.clear-yes')),
      no,
    );
    no.focus();
  }

  #failed(problem) {
    this.result.hidden = false;
    this.bar.hidden = true;
    setText(this.said, problem.message);
    fill(this.reasons);
  }
}
