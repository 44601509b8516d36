/** What is wrong at a device, as lines of its panel; what Modbus says of registers in words of the page. */

import { el } from './dom.js';
import { t, word } from './i18n.js';

const OF_CABINETS = ['cabinetDoorOpen', 'circuitBreakerTripped', 'relayFailure']; // their name and the panel say it all
const OF_READS = ['profileMismatch', 'equipmentFailure', 'deviceBusy']; // their points are reads, and many have one cause
const SHOWN = 3; // places of one line
const EXCEPTION = /^exception (\d+): /;
const EXPECTED = /^\S+ \(function (\d), address (\d+)\) holds (.*), not (.*)$/;
const READ = /^([1-4]):(\d+)\+(\d+)$/;

/** What exception `code` of a Modbus device means. */
export function exceptionMeaning(code) {
  const text = t(`exception.${code}`);
  return text === `exception.${code}` ? t('exception.other') : text;
}

/** Lines for `conditions` of a device. */
export function conditionLines({ times }, conditions) {
  return grouped(conditions).map(({ type, points, since, text }) => {
    const more = points.length - SHOWN;
    const places = points.slice(0, SHOWN).map((point) => place(type, point, text));
    if (more > 0) places.push(t('condition.more', { n: more }));
    return el('li', {}, [
      el('b', {}, word('event', type)),
      points[0] ? el('span', {}, places.join(', ')) : null,
      text && text !== type && !OF_CABINETS.includes(type) ? el('span', {}, saying(text)) : null,
      since ? el('span', { class: 'muted' }, t('device.since', { time: times.short(since) })) : null,
    ]);
  });
}

/** One line for all reads that a device refuses for the same reason, since the first of them. */
function grouped(conditions) {
  const found = new Map();
  for (const { type, point, since, text } of conditions) {
    const key = OF_READS.includes(type) ? `${type} ${text}` : `${type} ${point} ${text}`;
    const known = found.get(key);
    if (known) known.points.push(point);
    else found.set(key, { type, points: [point], since, text });
  }
  return [...found.values()];
}

function place(type, point, text) {
  if (type === 'relayFailure') return t('cabinet.segment', { name: point });
  const [, kind, first, count = '1'] = READ.exec(point) ?? EXPECTED.exec(text)?.slice(0, 3) ?? [];
  if (kind === undefined) return word('metric', point);
  const last = Number(first) + Number(count) - 1;
  return t(`registers.${kind}`, { n: Number(count), range: count === '1' ? first : `${first}–${last}` });
}

function saying(text) {
  const exception = EXCEPTION.exec(text);
  if (exception) return t('condition.exception', { code: exception[1], meaning: exceptionMeaning(exception[1]) });
  const expected = EXPECTED.exec(text);
  return expected ? t('condition.expected', { held: expected[3], wanted: expected[4] }) : text;
}
