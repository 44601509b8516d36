/** The coordination groups of the city: which junctions keep to one cycle, whether they do now, and the way to their time-space diagram. */

import { el, fill, paced } from '../dom.js';
import { number } from '../format.js';
import { t, word } from '../i18n.js';
import { rowKeys } from '../rowkeys.js';
import { groups } from './calls.js';
import { clockText, saidText } from './words.js';

const EVERY = 10_000;
const WORST = { off: 'high', partly: 'medium', 'in-step': 'low' };

/** The view of all groups. */
export function wavesPage(room, life) {
  const { api, store } = room.context;
  const error = el('p', { class: 'error', role: 'alert', hidden: true });
  const list = el('ul', { class: 'alarmlist junctionlist', tabindex: -1, 'data-testid': 'waves-list' }, el('li', { class: 'empty' }, t('loading')));
  let shown = '';
  const load = async () => {
    try {
      const items = await groups(api);
      if (life.ended) return;
      error.hidden = true;
      const text = JSON.stringify(items);
      if (text === shown) return;
      shown = text;
      const focused = list.contains(document.activeElement) ? document.activeElement.closest('li')?.dataset.testid : null;
      fill(list, items.length ? items.map((item) => row(room, item)) : el('li', { class: 'empty' }, t('waves.none')));
      if (focused) (list.querySelector(`[data-testid="${CSS.escape(focused)}"]`) ?? list).focus();
    } catch (problem) {
      if (life.ended) return;
      error.hidden = false;
      fill(error, problem.message);
    }
  };
  life.on(store, 'junctions', paced(1_000, load));
  life.on(store, 'signalplans', paced(1_000, load));
  life.every(EVERY, load);
  load();
  const node = el('div', { class: 'wavesview' }, el('p', { class: 'muted' }, t('waves.about')), error, list);
  rowKeys(node, () => list);
  return { title: t('waves.title'), node };
}

function row(room, item) {
  const open = () => room.visit('wave', item.group);
  const key = (event) => {
    if (event.key !== 'Enter' || event.target !== event.currentTarget) return;
    event.preventDefault();
    open();
  };
  const out = item.junctions.filter((each) => !each.in_step);
  return el(
    'li',
    { class: `alarm junction ${WORST[item.state]}`, tabindex: 0, 'data-testid': `wave-${item.group}`, onkeydown: key, onclick: open },
    el('p', { class: 'head' }, [
      el('b', {}, item.group),
      el('span', { class: `mode ${item.state === 'off' ? 'flash' : ''}` }, word('waves.state', item.state)),
      el('span', { class: 'muted' }, t('waves.count', { n: item.junctions.length, well: item.junctions.length - out.length })),
    ]),
    out.map((each) => el('p', { class: 'flags' }, `${each.name || each.junction}: ${saidText(each.out)}`)),
    el('p', { class: 'muted' }, [item.cycle ? t('waves.cycle', { s: number(item.cycle, 0) }) : '', item.clock_error === null ? '' : t('waves.clock', { by: clockText(item.clock_error) })].filter(Boolean).join(' · ')),
  );
}
