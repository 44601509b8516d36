/** What a plan set changes against the one that runs: each place with what was and what would be. */

import { el } from '../dom.js';
import { t } from '../i18n.js';
import { differences, shortValue } from './planset.js';

const SHOWN = 60;

/** The part that shows it. */
export function changePart(before, next) {
  const found = differences(before, next);
  const line = ({ place, before: was, next: will }) =>
    el('li', {}, [el('code', {}, place), ' ', el('del', {}, shortValue(was)), ' → ', el('ins', {}, shortValue(will))]);
  return [
    el('h3', {}, t('sets.change')),
    found.length ? el('ul', { class: 'changes', 'data-testid': 'set-changes' }, found.slice(0, SHOWN).map(line)) : el('p', { class: 'muted' }, t('sets.no-change')),
    found.length > SHOWN ? el('p', { class: 'muted' }, t('sets.more-changes', { n: found.length - SHOWN })) : null,
  ];
}
