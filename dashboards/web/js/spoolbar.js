/** A bar while readings wait on disk because the store is away, and until they are stored. */

import { el, fill, setText } from './dom.js';
import { onLanguage, t } from './i18n.js';
import { percent } from './format.js';

const LOOK = 30_000;
const WORTH_SAYING = 0.01; // of the room on disk, once the store is back
const GRAVE = 0.9; // from here on there is soon no room

/** What the bar says of `spool` (of GET /about): a key of the catalogue, or null for no bar. */
export function spoolText(spool) {
  if (spool?.away) return spool.share >= GRAVE ? 'spool.full' : 'spool.away';
  return spool?.share >= WORTH_SAYING ? 'spool.draining' : null;
}

/** Looks every half minute, while somebody is signed in and the page is seen. */
export function spoolBar(bar, api, store) {
  let spool = null;
  fill(bar, el('strong'), el('span', { 'aria-live': 'off' }));
  const show = () => {
    const key = store.me ? spoolText(spool) : null;
    bar.hidden = key === null;
    if (key === null) return;
    bar.classList.toggle('grave', spool.share >= GRAVE);
    setText(bar.firstChild, t(key));
    setText(bar.lastChild, t('spool.share', { share: percent(spool.share * 100) }));
  };
  const look = async () => {
    if (!store.me || document.hidden) return;
    try {
      spool = (await api.about()).spool;
    } catch {
      return; // the banner says that the hub does not answer
    }
    show();
  };
  store.on('about', (about) => {
    spool = about.spool;
    show();
  });
  onLanguage(show);
  document.addEventListener('visibilitychange', look);
  setInterval(look, LOOK);
}
