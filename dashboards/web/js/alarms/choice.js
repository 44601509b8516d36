/** One of the choices above the list of alarms. */

import { el } from '../dom.js';
import { t } from '../i18n.js';

/** `options` are values, told by `words(value)`; `chosen(value)` is called after a choice. */
export function choice(name, options, value, chosen, words) {
  const node = el(
    'select',
    { 'data-testid': `alarms-${name}`, 'aria-label': t(`alarms.${name}`), onchange: () => chosen(node.value) },
    options.map((each) => el('option', { value: each }, words(each))),
  );
  node.value = value;
  return node;
}
