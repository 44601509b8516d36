/** A lamp's three levels as three lines. None is ever filled from another: what is not known is said to be unknown. */

import { el } from './dom.js';
import { percent } from './format.js';
import { t, word } from './i18n.js';
import { differs } from './map/city.js';

const LINES = ['requested', 'in_effect', 'actual'];

function line(name, value) {
  const known = value !== null && value !== undefined;
  const bar = el('dd', { class: 'meter', 'aria-hidden': 'true' }, el('i', {}));
  bar.firstChild.style.setProperty('width', `${known ? value : 0}%`);
  return el(
    'div',
    { class: `levelrow ${name} ${known ? '' : 'unknown'}` },
    el('dt', {}, t(`level.${name}`)),
    el('dd', { class: 'value', 'data-testid': `level-${name}` }, known ? percent(value) : t('level.unknown')),
    bar,
    el('dd', { class: 'meaning muted' }, t(`level.${name}.meaning`)),
  );
}

function leftAlone({ times }, until) {
  return t('level.local-until', { time: times.short(until) });
}

/** Why the lamp burns as it does. A lamp without power does what nobody chose, whatever it last said of it. */
function cause(state, dead) {
  if (dead) return t('offline.unpowered');
  return state.cause ? word('cause', state.cause) : t('level.unknown');
}

/** The `light` of a device: {requested, in_effect, actual, cause, local_until}. */
export function levels(context, device) {
  const state = device.light ?? {};
  const dead = !device.online && device.offline_because === 'unpowered';
  const local = state.cause === 'local' && !dead;
  return el('section', { class: 'levels', 'data-testid': 'lamp-panel' }, [
    el(
      'dl',
      {},
      LINES.map((name) => line(name, state[name])),
    ),
    el('p', {}, [
      el('span', { class: 'muted' }, `${t('level.cause')} `),
      el('b', { 'data-testid': 'level-cause' }, cause(state, dead)),
      local && state.local_until ? el('span', { class: 'muted' }, ` ${leftAlone(context, state.local_until)}`) : null,
      differs(state) && !local && !dead ? el('span', { class: 'tag waiting' }, t('level.waiting')) : null,
    ]),
    differs(state) && local ? el('p', { class: 'local', 'data-testid': 'level-local' }, t('level.local')) : null,
  ]);
}
