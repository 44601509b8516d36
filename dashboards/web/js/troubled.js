/** Cabinets and other devices of a zone that report a fault: its counts are of lights alone, which may be dark because of them. */

import { el, fill } from './dom.js';
import { t, word } from './i18n.js';
import { KINDS, LIGHT } from './map/city.js';

const SHOWN = 5;

/** Those in zone `id` or beneath it, each as a way to its panel; hidden while there is none. */
export function troubledPart({ store }, id, life) {
  const node = el('p', { class: 'notice', 'data-testid': 'zone-troubled', hidden: true });
  let shown = '';
  const show = () => {
    const { city, tree } = store;
    const inside = city.members(tree.within(id));
    const troubled = (at) => inside[at] && city.kind[at] !== LIGHT && city.state(at) === 'fault';
    const places = [...city.ids.keys()].filter(troubled);
    if (places.join() === shown) return;
    shown = places.join();
    node.hidden = places.length === 0;
    const open = (at) => {
      const press = { type: 'button', class: 'link', onclick: () => store.select('device', city.ids[at]) };
      return el('button', press, `${word('kind', KINDS[city.kind[at]])} ${city.ids[at]}`);
    };
    const links = places.slice(0, SHOWN).flatMap((at) => [' ', open(at)]);
    const more = places.length - SHOWN;
    fill(node, t('zone.troubled'), links, more > 0 ? ` ${t('progress.more', { n: more })}` : null);
  };
  for (const topic of ['city', 'devices']) life.on(store, topic, show);
  show();
  return node;
}
