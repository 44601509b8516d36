/** When an order ends. Every order has an end: the choice is mandatory and nothing is chosen beforehand. */

import { el } from './dom.js';
import { duration } from './format.js';
import { t } from './i18n.js';

const LENGTHS = [
  ['30m', 'PT30M', 30 * 60],
  ['1h', 'PT1H', 3600],
  ['2h', 'PT2H', 7200],
];
const MORNING = 6; // o'clock, city's time
const LONGEST = 31 * 86_400; // s, of an order to lights

/** The choice of `draft` as fields of the order: {for} or {until}; null while it is not complete. */
export function endFields(draft, clock) {
  const length = LENGTHS.find(([name]) => name === draft.end);
  if (length) return { for: length[1] };
  if (draft.end === 'morning') return { until: new Date(clock.next(MORNING, 0)).toISOString() };
  if (draft.end !== 'own') return null;
  const moment = clock.fromLocal(draft.own);
  return Number.isNaN(moment) ? null : { until: new Date(moment).toISOString() };
}

/** The moment (ms) at which an order of this draft would end if sent now; null while not chosen. */
export function endMoment(draft, clock) {
  const length = LENGTHS.find(([name]) => name === draft.end);
  if (length) return clock.now() + length[2] * 1000;
  const fields = endFields(draft, clock);
  return fields ? Date.parse(fields.until) : null;
}

/** What is wrong with the choice, as a sentence; null when it will do. No order may last longer than `longest` seconds. */
export function endProblem(draft, clock, longest = LONGEST) {
  if (!draft.end) return t('order.end.missing');
  const moment = endMoment(draft, clock);
  if (moment === null) return t('order.end.own-missing');
  if (moment <= clock.now()) return t('order.end.past');
  if (moment > clock.now() + longest * 1000) return t('order.end.far', { longest: duration(longest) });
  return null;
}

/** The choice as radio buttons, none that lasts longer than `longest` seconds; writes to `draft.end` and `draft.own` and calls `changed`. */
export function endChoice(draft, clock, changed, longest = LONGEST) {
  const fits = (end) => endMoment({ end }, clock) <= clock.now() + longest * 1000;
  const own = el('input', {
    type: 'datetime-local',
    value: draft.own ?? '',
    hidden: draft.end !== 'own',
    'aria-label': t('order.end.own-label'),
    'data-testid': 'order-end-time',
    onchange: () => {
      draft.own = own.value;
      changed();
    },
  });
  const option = (name, text) =>
    el(
      'label',
      { class: 'chip' },
      el('input', {
        type: 'radio',
        name: 'end',
        value: name,
        checked: draft.end === name,
        'data-testid': `order-end-${name}`,
        onchange: () => {
          draft.end = name;
          own.hidden = name !== 'own';
          if (name === 'own' && !own.value) {
            own.value = clock.toLocal(clock.now() + Math.min(3 * 3600, longest) * 1000);
            draft.own = own.value;
          }
          changed();
        },
      }),
      el('span', {}, text),
    );
  return el(
    'fieldset',
    { class: 'choice', 'data-testid': 'order-end' },
    el('legend', {}, t('order.end')),
    el('div', { class: 'chips' }, [
      fits('30m') && option('30m', t('order.end.30m')),
      fits('1h') && option('1h', t('order.end.1h')),
      fits('2h') && option('2h', t('order.end.2h')),
      fits('morning') && option('morning', t('order.end.morning')),
      option('own', t('order.end.own')),
    ]),
    own,
  );
}
