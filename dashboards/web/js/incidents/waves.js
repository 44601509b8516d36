/** Routes that an incident asks for: how many junctions run the prepared program, and what each does. */

import { el } from '../dom.js';
import { language, t, word } from '../i18n.js';

/** The lines of one route, in a card or a preview. */
export function waveLines({ route, legs, until }, times) {
  const running = legs.filter((leg) => leg.state === 'running').length;
  const line = (leg) =>
    el('li', { class: leg.state === 'refused' ? 'error' : 'muted', 'data-testid': `incident-leg-${leg.junction}` }, [
      el('b', {}, leg.junction),
      ` → ${leg.program} · ${word('legstate', leg.state)}`,
      leg.why ? `: ${leg.why[language()]}` : '',
    ]);
  return [
    el('p', { 'data-testid': `incident-route-${route}` }, t('incidents.route', { route, n: running, legs: legs.length, end: times.short(until) })),
    el('ul', { class: 'lamps' }, legs.map(line)),
  ];
}
