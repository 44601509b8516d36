/** A fixed-time program as arithmetic on a circle of seconds: what each group shows when, and what a change of it makes. */

import { isPassing } from './letters.js';

const FRESH = 5; // s of the wall's clock: so old may a state be that is sent each second

/** `second` in the cycle, from 0 on. */
export function onCircle(second, cycle) {
  return ((second % cycle) + cycle) % cycle;
}

/** The seconds at which the state changes, in order, with the states from then on: [[0, "GrG"], [31, "yrf"]]. */
export function changes({ states }) {
  return Object.entries(states ?? {})
    .map(([second, state]) => [Number(second), state])
    .sort((one, other) => one[0] - other[0]);
}

/**
 * What the group at `place` shows, as runs {from, length, letter} around the circle, the one that begins first at the start.
 * A group that never changes has one run of the whole cycle; one that no state speaks of has none.
 */
export function runsOf(program, place) {
  const { cycle } = program;
  const steps = changes(program).filter(([, state]) => state[place] !== undefined);
  const starts = steps.filter(([, state], at) => state[place] !== steps.at(at - 1)[1][place]);
  if (!starts.length) return steps.length ? [{ from: 0, length: cycle, letter: steps[0][1][place] }] : [];
  return starts.map(([from, state], at) => ({
    from,
    length: onCircle(starts[(at + 1) % starts.length][0] - from, cycle) || cycle,
    letter: state[place],
  }));
}

/** Runs cut where the cycle begins anew: {from, to, letter, run} with from < to <= cycle, in order; `run` is their place. */
export function pieces(runs, cycle) {
  const cut = runs.flatMap(({ from, length, letter }, run) => {
    const to = from + length;
    if (to <= cycle) return [{ from, to, letter, run }];
    return [
      { from, to: cycle, letter, run },
      { from: 0, to: to - cycle, letter, run },
    ];
  });
  return cut.sort((one, other) => one.from - other.from);
}

/** What runs show at `second`; undefined where there are none. */
export function letterAt(runs, second, cycle) {
  const now = onCircle(second, cycle);
  return runs.find(({ from, length }) => onCircle(now - from, cycle) < length)?.letter;
}

/** The states of a program of which each group has these runs. */
export function statesOf(rows, cycle) {
  const seconds = new Set([0, ...rows.flat().map(({ from }) => from)]);
  const at = (second) => rows.map((runs) => letterAt(runs, second, cycle) ?? 'r').join('');
  const found = [...seconds].sort((one, other) => one - other).map((second) => [second, at(second)]);
  const kept = found.filter(([second, state], place) => second === 0 || state !== found[place - 1][1]);
  return Object.fromEntries(kept.map(([second, state]) => [String(second), state]));
}

/** Neighbours of one letter made one run, as `runsOf` has them. */
function joined(runs, cycle) {
  const states = statesOf([runs], cycle);
  return runsOf({ cycle, states }, 0);
}

/**
 * Runs after the start of run `at` moved by `by` seconds. What only leads over (amber, red with amber, flashing green) keeps its length:
 * the end of a green takes its amber along, its start the red with amber before it. `alone`: only this one moves. Null where no room is.
 */
export function moved(runs, at, by, cycle, alone = false) {
  const count = runs.length;
  if (count < 2) return null;
  const before = (at - 1 + count) % count;
  let first = at;
  let last = at;
  if (!alone && isPassing(runs[at].letter)) while (isPassing(runs[last].letter) && (last + 1) % count !== before) last = (last + 1) % count;
  else if (!alone) while (isPassing(runs[(first - 1 + count) % count].letter) && (first - 1 + count) % count !== at) first = (first - 1 + count) % count;
  const shrinks = (first - 1 + count) % count;
  const next = runs.map((run) => ({ ...run }));
  next[shrinks].length += by;
  next[last].length -= by;
  if (next[shrinks].length < 1 || next[last].length < 1) return null;
  for (let step = first; ; step = (step + 1) % count) {
    next[step].from = onCircle(next[step].from + by, cycle);
    if (step === last) break;
  }
  return next.sort((one, other) => one.from - other.from);
}

/** Runs of which the one at `second` shows another letter from `from` for `length` seconds. */
export function painted(runs, from, length, letter, cycle) {
  const rows = Array.from({ length: cycle }, (_, second) =>
    onCircle(second - from, cycle) < length ? letter : letterAt(runs, second, cycle),
  );
  const states = Object.fromEntries(rows.map((each, second) => [String(second), each ?? 'r']));
  return joined(runsOf({ cycle, states }, 0), cycle);
}

/** Runs of a cycle that was `before` seconds long, in one of `cycle`: what lies behind its end is cut, what is missing is as at the end. */
export function resized(runs, before, cycle) {
  if (!runs.length) return runs;
  const states = Object.fromEntries(
    Array.from({ length: cycle }, (_, second) => [String(second), letterAt(runs, Math.min(second, before - 1), before)]),
  );
  return runsOf({ cycle, states }, 0);
}

/** The stage of `second`, as its id; null between stages. A stage may go over the end of the cycle. */
export function stageAt(stages, second, cycle) {
  const now = onCircle(second, cycle);
  return (stages ?? []).find(({ from, to }) => onCircle(now - from, cycle) < (onCircle(to - from, cycle) || cycle))?.id ?? null;
}

/**
 * Where the second hand stands at `now` after `state` {time, received, second, cycle, mode, clock_error}; moments are s since 1970, `time` by the
 * controller's clock, the others by the hub's: {second, age, live}. It goes on by itself only while states come each second; an old one stays
 * where it was when it was said. `rate`: how much faster than the wall's clock the city's goes.
 */
export function handOf(state, now, rate = 1) {
  const said = Math.min(state.time - (state.clock_error ?? 0), state.received ?? Infinity); // nothing is heard before it is said
  const age = Math.max(0, now - said);
  const live = age <= FRESH * Math.max(1, rate);
  if (state.mode !== 'plan' || !(state.cycle > 0) || !Number.isFinite(state.second)) return { second: null, age, live };
  return { second: onCircle(state.second + (live ? age : 0), state.cycle), age, live };
}
