/** Lights in no zone: below the tree, with their counts; opened, they are listed to be chosen. */

import { el, fill, setText } from './dom.js';
import { number } from './format.js';
import { onLanguage, t } from './i18n.js';

const MOST = 200;

/** Keep `box` (a <details>) up to date; it is hidden while every light has a zone. */
export function zoneless(box, api, store) {
  const name = el('span', {});
  const counts = el('small', { class: 'muted', 'data-testid': 'zoneless-counts' });
  const list = el('div', {});
  box.append(el('summary', {}, name, ' ', counts), list);
  let listed = null; // how many lights there were when they were listed

  const load = async () => {
    const { lights = 0 } = store.zoneless;
    if (!box.open || lights === listed) return;
    listed = lights;
    try {
      const found = await api.zoneless(MOST);
      fill(
        list,
        found.map(({ id, name: called }) =>
          el(
            'button',
            {
              type: 'button',
              class: 'result',
              'data-testid': `zoneless-${id}`,
              onclick: () => store.select('device', id),
            },
            called || id,
          ),
        ),
        lights > found.length ? el('p', { class: 'muted' }, t('progress.more', { n: lights - found.length })) : null,
      );
    } catch (problem) {
      listed = null;
      fill(list, el('p', { class: 'error', role: 'alert' }, problem.message));
    }
  };
  const show = () => {
    const { lights = 0, on = 0, online = 0, faulty = 0 } = store.zoneless;
    box.hidden = !lights;
    setText(name, t('zoneless.title'));
    setText(counts, `${number(on)} / ${number(lights)}`);
    counts.title = t('counts.spoken', { on, lights, away: lights - online, faulty });
    load();
  };
  box.addEventListener('toggle', load);
  store.on('counts', show);
  onLanguage(() => {
    listed = null;
    show();
  });
  show();
}
