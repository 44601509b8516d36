/** The choice that makes an order an emergency: it wins over every other order, and no limit holds it up. */

import { el } from './dom.js';
import { t } from './i18n.js';

/** A check box that writes to `draft.emergency` and calls `changed`. */
export function emergencyChoice(draft, changed) {
  const box = el('input', {
    type: 'checkbox',
    checked: draft.emergency,
    'data-testid': 'order-emergency',
    onchange: () => {
      draft.emergency = box.checked;
      changed();
    },
  });
  return el('label', { class: 'emergency' }, box, el('span', {}, t('order.emergency')));
}
