/** A bar while a part of the hub's own machine is not well: its broker takes nothing, its disk is nearly full. */

import { setText } from './dom.js';
import { onLanguage, t } from './i18n.js';

/** Shows what GET /about calls `unwell`. */
export function unwellBar(bar, store) {
  const show = () => {
    const parts = store.me ? (store.about?.unwell ?? []) : [];
    bar.hidden = parts.length === 0;
    setText(bar, parts.map((part) => t(`unwell.${part}`)).join(' '));
  };
  store.on('about', show);
  onLanguage(show);
}
