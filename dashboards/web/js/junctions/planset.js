/** A plan set as it is written: what a new one begins with, and what differs between two. */

export const EMPTY_SET = {
  format: 1,
  intersection: { groups: [], conflicts: [], yields: [], intergreens: {} },
  programs: { day: { cycle: 60, offset: 0, states: {}, stages: [], switch: [0] } },
  day_plans: { every: [{ from: '00:00', program: 'day' }] },
  transition: 'dwell',
};

function isNode(value) {
  return value !== null && typeof value === 'object';
}

/** The same whatever the order of its names. */
function text(value) {
  if (!isNode(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(text).join(',')}]`;
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${text(value[name])}`).join(',')}}`;
}

/** Whether two values say the same. */
export function same(one, other) {
  return text(one ?? null) === text(other ?? null);
}

/**
 * Where `next` differs from `before`, as [{place, before, next}] with the place in dots; what is on one side only is undefined on the other.
 * Lists are compared as a whole.
 */
export function differences(before, next, place = '') {
  if (same(before, next)) return [];
  const plain = (value) => !isNode(value) || Array.isArray(value);
  if (plain(before) || plain(next)) return [{ place, before, next }];
  const names = [...new Set([...Object.keys(before), ...Object.keys(next)])];
  return names.flatMap((name) => differences(before[name], next[name], place ? `${place}.${name}` : name));
}

/** A value of a difference in a few letters. */
export function shortValue(value, most = 80) {
  if (value === undefined) return '–';
  const whole = typeof value === 'string' ? value : JSON.stringify(value);
  return whole.length > most ? `${whole.slice(0, most)}…` : whole;
}
