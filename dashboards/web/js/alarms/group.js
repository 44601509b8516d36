/** A group of alarms in the list: of one cabinet, street or cause. */

import { el } from '../dom.js';
import { number } from '../format.js';
import { language, t, word } from '../i18n.js';

/** The row of a group `item`, grouped `by`; `open` shows its alarms, `seen` acknowledges them, null where one may not. */
export function groupRow({ item, by, times, open, seen }) {
  const types = Object.entries(item.types).map(([type, n]) => `${item.texts[type][language()]}: ${number(n)}`);
  const key = (event) => {
    if (event.target !== event.currentTarget) return;
    if (event.key === 'Enter') open();
    else if (event.key === 'a' && seen) seen();
    else return;
    event.preventDefault();
  };
  return el(
    'li',
    { class: `alarm ${item.severity} ${item.unseen ? 'fresh' : ''}`, tabindex: 0, onkeydown: key, 'data-testid': `alarmgroup-${item.key || 'none'}` },
    el(
      'p',
      { class: 'head' },
      el('span', { class: 'severity' }, word('severity', item.severity)),
      el('b', {}, item.name[language()] || item.key || t('alarms.nowhere')),
      el('span', { class: 'state' }, t('alarms.count', { n: item.count, unseen: item.unseen })),
      el('time', { class: 'muted' }, times.full(item.newest)),
    ),
    by === 'cause' ? null : el('p', { class: 'muted' }, types.join(' · ')),
    el(
      'div',
      { class: 'acts' },
      seen ? el('button', { type: 'button', 'data-testid': 'alarmgroup-ack', onclick: seen }, t('alarms.ack-group', { n: item.unseen })) : null,
      el('button', { type: 'button', 'data-testid': 'alarmgroup-open', onclick: open }, t('alarms.open-group')),
    ),
  );
}
