/** A bar while readings wait on disk because the store is away, and until they are stored. */

import { el, fill, setText } from './dom.js';
import { onLanguage, t } from './i18n.js';
import { percent } from './format.js';

const WORTH_SAYING = 0.01; // of the room on disk, once the store is back
const GRAVE = 0.9; // from here on there is soon no room

/** What the bar says of `spool` (of GET /about): a key of the catalogue, or null for no bar. */
export function spoolText(spool) {
  if (spool?.away) return spool.share >= GRAVE ? 'spool.full' : 'spool.away';
  return spool?.share >= WORTH_SAYING ? 'spool.draining' : null;
}

/** Shows what GET /about says of the spool. */
export function spoolBar(bar, store) {
  fill(bar, el('strong'), el('span', { 'aria-live': 'off' }));
  const show = () => {
    const spool = store.about?.spool;
    const key = store.me ? spoolText(spool) : null;
    bar.hidden = key === null;
    if (key === null) return;
    bar.classList.toggle('grave', spool.share >= GRAVE);
    setText(bar.firstChild, t(key));
    setText(bar.lastChild, t('spool.share', { share: percent(spool.share * 100) }));
  };
  store.on('about', show);
  onLanguage(show);
}
