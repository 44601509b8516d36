/** A second thought before something is lost that was written and not saved. */

import { el, fill } from './dom.js';
import { t } from './i18n.js';

/** Where the question stands. */
export function guardBox() {
  return el('div', { class: 'guard', role: 'alertdialog', 'aria-label': t('guard.text') });
}

/** Ask in `box` whether to leave without saving; `then()` is called when it is so. */
export function secondThought(box, then) {
  const before = document.activeElement;
  const press = (name, kind, act) =>
    el('button', { type: 'button', class: kind, 'data-testid': `guard-${name}`, onclick: act }, t(`guard.${name}`));
  fill(
    box,
    el('span', {}, t('guard.text')),
    press('stay', 'primary', () => {
      fill(box);
      if (before?.isConnected) before.focus();
    }),
    press('leave', '', () => {
      fill(box);
      then();
    }),
  );
  box.querySelector('button').focus();
}
