/** What sensor rules do in a zone now: raise it, or shift its switching; and which sensors are dead. */

import { debounce, el, fill } from './dom.js';
import { percent, quantity } from './format.js';
import { t, word } from './i18n.js';

const RENEW = 15_000;

/** What one rule does, as a sentence; null while the program rules alone. */
function doing(times, rule) {
  if (!rule.active) return null;
  const end = times.short(rule.until);
  if (rule.effect !== 'raise') return t(`sensing.${rule.effect}`, { level: percent(rule.asks), end });
  const read = rule.states.find((state) => !state.dead && state.value !== null);
  const value = read ? `${word('metric', rule.metric)} ${quantity(read.value, read.unit)}` : word('metric', rule.metric);
  return t('sensing.raise', { value, level: percent(rule.asks), end });
}

function dead(rule) {
  if (!rule.dead.length) return null;
  const all = rule.dead.length === rule.sensors.length;
  return t(all ? 'sensing.all-dead' : 'sensing.some-dead', { sensors: rule.dead.join(', ') });
}

/** The rules of zone `id`, of those around it and of those within that do something, or whose sensors are dead. */
export function sensingOfZone({ api, store, times }, id, life) {
  const list = el('div', { class: 'overrides' });
  const box = el('section', { class: 'held', hidden: true, 'data-testid': 'sensing' }, el('h3', {}, t('sensing.title')), list);
  const touches = (rule) => {
    const around = store.tree.path(id).some((zone) => zone.id === rule.zone);
    return around || store.tree.within(id).has(rule.zone);
  };
  const card = (rule) => {
    const [does, silent] = [doing(times, rule), dead(rule)];
    if (!does && !silent) return null;
    return el('article', { class: 'override sensed', 'data-testid': `sensing-${rule.id}` }, [
      el('div', { class: 'what' }, [
        el('b', {}, rule.name ?? rule.id),
        el('span', {}, does ?? t('sensing.clock')),
        silent ? el('span', { class: 'ruled' }, silent) : null,
      ]),
    ]);
  };
  const load = async () => {
    try {
      const cards = (await api.sensing()).filter(touches).map(card).filter(Boolean);
      if (life.ended) return;
      fill(list, cards);
      box.hidden = !cards.length;
    } catch {
      // The stream's banner says that the hub is away; what was shown stays.
    }
  };
  life.on(store, 'overrides', debounce(500, load));
  life.every(RENEW, load);
  load();
  return box;
}
