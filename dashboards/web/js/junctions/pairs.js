/** The pairs of groups of an intersection: who conflicts, who gives way, how long one clears for another; and what a change of them makes. */

/** Whether two groups must never move together; written once in a list, or in a row of a matrix. */
export function conflicting({ conflicts }, one, other) {
  if (Array.isArray(conflicts)) return conflicts.some(([a, b]) => (a === one && b === other) || (a === other && b === one));
  return Boolean(conflicts?.[one]?.includes(other) || conflicts?.[other]?.includes(one));
}

/** Whether `one`, while it shows `g`, gives way to `other`. */
export function yielding({ yields }, one, other) {
  return (yields ?? []).some(([a, b]) => a === one && b === other);
}

/** Seconds from the end of `ends` to the start of `starts`; null where nothing is written. */
export function intergreen({ intergreens }, ends, starts) {
  return intergreens?.[ends]?.[starts] ?? null;
}

/** Write a conflict, for both at once; without it neither intergreens nor giving way have a meaning, and they go with it. */
export function setConflict(intersection, one, other, on) {
  const { conflicts } = intersection;
  if (Array.isArray(conflicts) || !conflicts) {
    const others = (conflicts ?? []).filter(([a, b]) => !((a === one && b === other) || (a === other && b === one)));
    intersection.conflicts = on ? [...others, [one, other]] : others;
  } else {
    for (const [row, column] of [[one, other], [other, one]]) {
      const rest = (conflicts[row] ?? []).filter((each) => each !== column);
      conflicts[row] = on ? [...rest, column] : rest;
    }
  }
  if (on) return;
  for (const [a, b] of [[one, other], [other, one]]) {
    setIntergreen(intersection, a, b, null);
    setYielding(intersection, a, b, false);
  }
}

/** Write that `one` gives way to `other`, or not. */
export function setYielding(intersection, one, other, on) {
  const others = (intersection.yields ?? []).filter(([a, b]) => !(a === one && b === other));
  if (on || others.length !== (intersection.yields?.length ?? 0)) intersection.yields = on ? [...others, [one, other]] : others;
}

/** Write an intergreen; null takes it away. */
export function setIntergreen(intersection, ends, starts, seconds) {
  const table = (intersection.intergreens ??= {});
  if (seconds !== null) (table[ends] ??= {})[starts] = seconds;
  else if (table[ends]) {
    delete table[ends][starts];
    if (!Object.keys(table[ends]).length) delete table[ends];
  }
}

/** The worst finding of each cell: a map of "ends starts" to findings. One that says no order is of both cells. */
export function findingsOfPairs(findings) {
  const found = new Map();
  const put = (one, other, finding) => {
    const key = `${one} ${other}`;
    found.set(key, [...(found.get(key) ?? []), finding]);
  };
  for (const finding of findings) {
    const [one, other] = finding.groups ?? [];
    if (finding.groups?.length !== 2) continue;
    put(one, other, finding);
    if (/^conflict/.test(finding.rule)) put(other, one, finding);
  }
  return found;
}
