/** One message in quarantine: from whom, when, why, what it began with. */

import { el } from './dom.js';
import { number } from './format.js';
import { t, word } from './i18n.js';
import { holds } from './permission.js';

/** Hand `blob` to the browser as a file. */
export function saveAs(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = el('a', { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export class Refused {
  /** `again()` has it read again. */
  constructor({ api, store, times, announce }, item, again) {
    const save = async () => {
      try {
        saveAs(await api.rejectedBytes(item.id), `quarantine-${item.id}.bin`);
      } catch (problem) {
        announce(problem.message);
      }
    };
    const tried = item.tries ? t('quarantine.tried', { n: item.tries, time: times.short(item.tried) }) : null;
    this.node = el(
      'li',
      { 'data-testid': `refused-${item.id}` },
      el(
        'p',
        { class: 'from' },
        el('b', {}, item.device ?? t('quarantine.nobody')),
        el('span', { class: 'code' }, word('reason', item.code)),
        el('time', { class: 'muted' }, times.full(item.received)),
      ),
      el('p', {}, item.reason),
      el('pre', { tabindex: 0, 'aria-label': t('quarantine.preview') }, item.preview),
      el('p', { class: 'muted source' }, [item.source, t('quarantine.bytes', { n: item.size }), tried].filter(Boolean).join(' · ')),
      el(
        'div',
        { class: 'acts' },
        el('button', { type: 'button', 'data-testid': `save-${item.id}`, onclick: save }, t('quarantine.save-one', { size: number(item.size) })),
        holds(store, 'replay') ? el('button', { type: 'button', 'data-testid': `again-${item.id}`, onclick: again }, t('quarantine.replay-one')) : null,
      ),
    );
  }
}
