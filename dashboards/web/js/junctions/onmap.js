/** Junctions outside their dialog: how each runs, kept for the map; and the part of a junction's panel. */

import { el, fill, paced } from '../dom.js';
import { t } from '../i18n.js';
import { KINDS } from '../map/city.js';
import { junction, junctions } from './calls.js';
import { ageText, isFresh, modeText, whyText } from './words.js';

const EVERY = 20_000;
const PANEL = 5_000;
const JUNCTION = KINDS.indexOf('junction');

/** Whether the city has a junction with a place on the map. */
export function hasJunctions(store) {
  return Boolean(store.me) && store.city.kind.includes(JUNCTION);
}

/** Keep `store.signalModes` (the mode of every junction, 'old' where nobody knows it by now) for the map. */
export function junctionMarks(api, store, map) {
  const load = async () => {
    if (!hasJunctions(store) || document.hidden) return;
    try {
      const found = await junctions(api);
      const now = store.clock.now();
      store.signalModes = new Map(found.map((item) => [item.id, isFresh(item.state, now) ? item.state.mode : 'old']));
      map.ask('lights');
    } catch {
      // The next look asks again; the map greys by itself while the hub is away.
    }
  };
  const soon = paced(500, load);
  store.on('junctions', (items) => {
    const now = store.clock.now();
    for (const item of items) store.signalModes.set(item.id, isFresh(item.state, now) ? item.state.mode : 'old');
    map.ask('lights');
  });
  store.on('city', soon);
  store.on('me', soon);
  setInterval(load, EVERY);
}

/** The part of the panel of junction `id`: how it runs, and the way to everything else. */
export function junctionPart(context, id, life) {
  const { api, store } = context;
  const said = el('p', { class: 'online', 'data-testid': 'panel-junction' });
  const wrong = el('p', { class: 'error', hidden: true });
  const load = async () => {
    try {
      const item = await junction(api, id);
      if (life.ended) return;
      const now = store.clock.now();
      fill(said, [modeText(item.state), ageText(item.state, now)].filter(Boolean).join(' · '));
      said.classList.toggle('away', !isFresh(item.state, now));
      const why = whyText(item.why_not);
      wrong.hidden = !why;
      fill(wrong, why);
    } catch (problem) {
      if (!life.ended) fill(said, problem.message);
    }
  };
  life.every(PANEL, load);
  load();
  const open = el('button', { type: 'button', class: 'primary', 'data-testid': 'panel-junction-open', onclick: () => context.junctions.open(id) }, t('junctions.open'));
  return el('section', { class: 'junctionpart' }, said, wrong, open);
}
