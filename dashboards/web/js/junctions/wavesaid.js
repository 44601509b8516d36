/** A green wave in words: its junctions with what keeps them out of it, the width of its bands, and all of it as a table. */

import { csv } from '../csv.js';
import { el } from '../dom.js';
import { number } from '../format.js';
import { t } from '../i18n.js';
import { saidText } from './words.js';

const WAYS = ['outbound', 'inbound'];

/** What a way of the diagram says; `name(junction)` is how people call it. */
function wayText(way, { width = 0, share = 0, speed = null, bands = [] }, name) {
  const values = { way: t(`bands.${way}`), speed: speed === null ? '–' : number(speed * 3.6, 0) };
  if (width) return t('bands.width', { ...values, s: number(width, 0), share: number(share * 100, 0) });
  const widest = new Map(); // by its ends: a stretch is all that the others leave of the road
  for (const { width: wide, at } of bands) {
    const ends = `${at[0].junction} ${at.at(-1).junction}`;
    if (!(widest.get(ends)?.wide >= wide)) widest.set(ends, { wide, at });
  }
  if (!widest.size) return t('bands.none', values);
  const stretch = ({ wide, at }) => t('bands.stretch', { s: number(wide, 0), from: name(at[0].junction), to: name(at.at(-1).junction) });
  return t('bands.stretches', { ...values, stretches: [...widest.values()].map(stretch).join('; ') });
}

/** What the diagram says, for those who cannot see it: a sentence a way. */
export function bandsInWords(corridor, names = new Map()) {
  const name = (junction) => names.get(junction) ?? junction;
  return WAYS.filter((way) => corridor[way]).map((way) => wayText(way, corridor[way], name));
}

/** The junctions of a wave, the furthest first as the diagram has them; `open(id)` shows one. */
export function junctionsOf(wave, open) {
  const { signals } = wave;
  return signals.toReversed().map((each) =>
    el('li', { class: each.in_step ? '' : 'out', 'data-testid': `wave-at-${each.junction}` }, [
      el('button', { type: 'button', class: 'link', 'data-testid': `wave-open-${each.junction}`, onclick: () => open(each.junction) }, each.name || each.junction),
      ' ',
      el('span', { class: 'muted' }, [t('waves.metres', { m: number(each.position, 0) }), each.program ?? '', each.in_step ? t('waves.offset', { s: number(each.offset, 0) }) : ''].filter(Boolean).join(' · ')),
      each.in_step ? null : el('p', { class: 'wrong' }, saidText(each.out)),
    ]),
  );
}

/** A row for each green and each crossing of a band, in system seconds of a common cycle. */
export function waveCsv(wave) {
  const head = ['group', 'time', 'basis', 'cycle', 'speed_kmh', 'junction', 'name', 'position_m', 'program', 'offset', 'in_step', 'why', 'what', 'way', 'from', 'to'];
  const common = [wave.group, wave.time, wave.basis, wave.cycle ?? '', wave.speed];
  const place = (each) => [...common, each.junction, each.name, each.position, each.program ?? '', each.offset ?? '', String(each.in_step), saidText(each.out)];
  const greens = wave.signals.flatMap((each) => {
    const spans = WAYS.flatMap((way) => each.greens[way].map(([from, to]) => [...place(each), 'green', way, from, to]));
    return spans.length ? spans : [[...place(each), '', '', '', '']];
  });
  const by = new Map(wave.signals.map((each) => [each.junction, each]));
  const bands = WAYS.flatMap((way) => (wave[way]?.bands ?? []).flatMap(({ at }) => at.map((stop) => [...place(by.get(stop.junction)), 'band', way, stop.from, stop.to])));
  return csv(head, [...greens, ...bands]);
}
