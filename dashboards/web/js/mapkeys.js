/** What lies over the map: buttons, the legend, the summary of the city, the hint under the mouse. */

import { el, fill, setText } from './dom.js';
import { number, percent } from './format.js';
import { icon } from './icons.js';
import { onLanguage, t, word } from './i18n.js';
import { KINDS, LIGHT } from './map/city.js';
import { drawSymbol } from './map/symbols.js';

const LEGEND = [
  ['light', 'on', 100],
  ['light', 'on', 30],
  ['light', 'off', 0],
  ['light', 'override', 70],
  ['light', 'emergency', 100],
  ['light', 'waiting', 50],
  ['light', 'local', 70],
  ['light', 'offline', 0],
  ['light', 'fault', 0],
  ['light', 'unknown', 0],
];

/** Buttons for those without a wheel. */
export function mapButtons(box, map) {
  const button = (name, key, act) =>
    el(
      'button',
      { type: 'button', class: 'square', 'data-i18n-label': key, 'data-i18n-title': key, onclick: act },
      icon(name),
    );
  fill(box, [
    button('plus', 'map.in', () => map.zoomBy(1.6)),
    button('minus', 'map.out', () => map.zoomBy(1 / 1.6)),
    button('fit', 'map.fit', () => map.fitCity()),
  ]);
}

/** The legend, drawn by the code that draws the map; show() again after a change of theme, language or city. */
export function legend(box, map, store) {
  const show = () => {
    const kinds = new Set(store.city.kind);
    const others = KINDS.filter((kind, at) => at !== LIGHT && kinds.has(at)).map((kind) => [kind, 'on', 0]);
    fill(
      box.querySelector('ul'),
      [...LEGEND, ...others].map(([kind, state, level]) => {
        const canvas = el('canvas', { width: 56, height: 44, 'aria-hidden': 'true' });
        const ctx = canvas.getContext('2d');
        ctx.setTransform(2, 0, 0, 2, 28, 22);
        drawSymbol(ctx, kind, state, level, 5.5, map.palette);
        const text = kind === 'light' ? t(`state.${state}`) : word('kind', kind);
        return el('li', {}, canvas, state === 'on' && level ? `${text} ${percent(level)}` : text);
      }),
    );
  };
  store.on('city', show);
  onLanguage(show);
  show();
  return show;
}

/** One line for the whole city: all roots of the zone tree, and the lights in no zone. */
export function summary(box, store) {
  const show = () => {
    const sum = { lights: 0, online: 0, on: 0, faulty: 0 };
    const roots = store.tree.children(null).map((id) => store.tree.get(id).counts ?? {});
    for (const counts of [...roots, store.zoneless]) {
      for (const name of Object.keys(sum)) sum[name] += counts[name] ?? 0;
    }
    if (!store.loaded && !sum.lights) {
      setText(box, t('loading'));
      return;
    }
    const piece = (name, kind = name) =>
      el('span', { class: kind }, el('b', {}, number(sum[name])), ` ${t(`summary.${name}`)}`);
    fill(box, piece('lights'), piece('on'), piece('online'), sum.faulty ? piece('faulty', 'bad') : null);
  };
  for (const topic of ['zones', 'counts', 'connection']) store.on(topic, show);
  onLanguage(show);
  show();
}

/** The hint under the mouse: a function (place, x, y) for the map; place -1 hides it. */
export function mapHint(box, store) {
  return (place, x, y) => {
    const { city } = store;
    box.hidden = place < 0;
    box.parentElement.classList.toggle('pointing', place >= 0);
    if (place < 0) return;
    const kind = KINDS[city.kind[place]];
    const state = city.state(place);
    const level =
      ['on', 'override', 'emergency', 'local'].includes(state) && kind === 'light' ? ` · ${percent(city.level[place])}` : '';
    const said = kind === 'light' ? t(`state.${state}`) : `${word('kind', kind)} · ${t(`device.${state}`)}`;
    setText(box, `${city.ids[place]} · ${said}${level}`);
    box.style.setProperty('left', `${x}px`);
    box.style.setProperty('top', `${y}px`);
    box.classList.toggle('leftward', x > box.parentElement.clientWidth - 220);
  };
}
