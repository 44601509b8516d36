/** Why a lamp, or a zone, has its level: the hub's own sentences, in the page's language. */

import { debounce, el, fill } from './dom.js';
import { language, t } from './i18n.js';

const RENEW = 30_000;
const SHOWN = 5; // rules of a zone

/** Keep `node` up to date: `ask()` fetches, `show(answer)` gives the children; `topics` of the store say when to look again. */
function keep(context, life, node, { ask, show, topics }) {
  let asked = 0;
  const load = async () => {
    const turn = ++asked;
    try {
      const answer = await ask();
      if (!life.ended && turn === asked) fill(node, el('h3', {}, t('why.title')), show(answer));
    } catch (problem) {
      const text = el('p', { class: 'error', role: 'alert' }, problem.message);
      if (!life.ended && turn === asked) fill(node, el('h3', {}, t('why.title')), text);
    }
  };
  const soon = debounce(1_000, () => life.ended || load());
  for (const [topic, wanted] of topics) life.on(context.store, topic, (detail) => wanted(detail) && soon());
  life.every(RENEW, load);
  load();
  return node;
}

/** Why lamp `id` has its level, and why it may be doing something else. */
export function lampWhy(context, id, life) {
  const node = el('section', { class: 'why', 'data-testid': 'why' });
  return keep(context, life, node, {
    ask: () => context.api.why('devices', id),
    show: ({ sentence, differs }) => [
      el('p', { 'data-testid': 'why-sentence' }, sentence[language()]),
      differs ? el('p', { class: 'notice', 'data-testid': 'why-differs' }, differs[language()]) : null,
    ],
    topics: [
      ['devices', (items) => items.some((item) => item.id === id)],
      ['overrides', () => true],
    ],
  });
}

/** Which rules rule over the lamps of zone `id`: one sentence while they agree. */
export function zoneWhy(context, id, life) {
  const node = el('section', { class: 'why', 'data-testid': 'zone-why' });
  const line = (rule) => {
    const text = el('span', {}, rule.sentence[language()]);
    const press = { type: 'button', class: 'link', onclick: () => context.store.select('device', rule.device) };
    return el('li', {}, text, ' ', el('button', press, t('why.example')));
  };
  return keep(context, life, node, {
    ask: () => context.api.why('zones', id),
    show: ({ rules }) => {
      if (rules.length === 0) return el('p', { class: 'muted' }, t('order.touches-none'));
      if (rules.length === 1) return el('p', { 'data-testid': 'why-sentence' }, rules[0].sentence[language()]);
      const more = rules.length - SHOWN;
      return [
        el('ul', { 'data-testid': 'why-rules' }, rules.slice(0, SHOWN).map(line)),
        more > 0 ? el('p', { class: 'muted' }, t('why.more', { n: more })) : null,
      ];
    },
    topics: [['overrides', () => true]],
  });
}
