/** The bar at the top: is the picture live, what time is it in the city, language, theme, who is signed in. */

import { el, fill, setText } from './dom.js';
import { icon } from './icons.js';
import { LANGUAGES, language, onLanguage, setLanguage, t, word } from './i18n.js';
import { number } from './format.js';

const THEME = 'lamplighter.theme';

/** Language buttons, in every element that has room for them. */
export function languageSwitches(root) {
  const boxes = root.querySelectorAll('[data-role=languages]');
  const show = () => {
    for (const box of boxes) {
      fill(
        box,
        LANGUAGES.map((code) =>
          el(
            'button',
            {
              type: 'button',
              class: 'quiet square',
              lang: code,
              title: code === 'vi' ? 'Tiếng Việt' : 'English',
              'aria-label': code === 'vi' ? 'VI: Tiếng Việt' : 'EN: English',
              'aria-pressed': String(code === language()),
              'data-testid': `lang-${code}`,
              onclick: () => setLanguage(code),
            },
            code.toUpperCase(),
          ),
        ),
      );
    }
  };
  show();
  onLanguage(show);
}

/** Dark unless chosen otherwise: operators work at night. `changed()` is called after a switch. */
export function themeSwitch(button, changed) {
  const root = document.documentElement;
  const recall = () => {
    try {
      return localStorage.getItem(THEME);
    } catch {
      return null;
    }
  };
  root.dataset.theme = recall() === 'light' ? 'light' : 'dark';
  fill(button, icon('sun'));
  button.addEventListener('click', () => {
    root.dataset.theme = root.dataset.theme === 'light' ? 'dark' : 'light';
    try {
      localStorage.setItem(THEME, root.dataset.theme);
    } catch {
      // Not remembered, then.
    }
    changed();
  });
}

export class TopBar {
  constructor(root, store, times, signOut) {
    this.part = (id) => root.querySelector(`#${id}`);
    this.store = store;
    this.times = times;
    const leave = this.part('signout');
    leave.addEventListener('click', signOut);
    const label = () => fill(leave, icon('leave'), el('span', { class: 'wide' }, t('signout')));
    label();
    onLanguage(() => {
      label();
      this.#show();
    });
    for (const topic of ['about', 'connection', 'me']) store.on(topic, () => this.#show());
    setInterval(() => this.#show(), 1000);
  }

  #show() {
    const { store, times } = this;
    const { state, heard } = store.connection;
    const place = this.part('connection');
    place.dataset.state = state;
    setText(place, t(`connection.${state}`));
    place.title = heard === null ? '' : t('connection.heard', { time: times.second(heard) });
    const rate = store.about?.rate ?? 1;
    const time = times.second(store.clock.now());
    const clock = this.part('clock');
    setText(clock.firstElementChild, time);
    setText(clock.lastElementChild, rate > 1 ? t('clock.simulated', { rate: number(rate, 1) }) : '');
    clock.classList.toggle('simulated', rate > 1);
    const { me } = store;
    setText(this.part('user'), me ? [...new Set([me.name, word('role', me.role)])].join(' · ') : '');
    this.#banner(state, heard);
  }

  /** Nobody shall believe an old screen: while the stream is away, say since when, across the page. */
  #banner(state, heard) {
    const { store } = this;
    const banner = this.part('banner');
    const old = store.loaded && heard !== null && (state === 'cut' || (state === 'connecting' && !banner.hidden));
    document.querySelector('#app').classList.toggle('stale', old);
    banner.hidden = !old;
    if (!old) return;
    const wait = store.connection.retryAt ? Math.ceil((store.connection.retryAt - Date.now()) / 1000) : 0;
    const text = t('banner.cut', { time: this.times.second(heard) });
    const next = wait > 0 ? t('banner.retry', { s: wait }) : t('banner.trying');
    if (!banner.firstChild) banner.append(el('strong'), el('span', { 'aria-live': 'off' }));
    setText(banner.firstChild, text);
    setText(banner.lastChild, next);
  }
}
