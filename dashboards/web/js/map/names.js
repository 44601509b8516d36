/** Where names of streets and places go: along straight pieces, clear of other streets and of other names. */

const STRAIGHT = Math.cos(0.07); // a street that turns by less is still one run for its name

/** Take the room for a name when it is free. */
export function claim(taken, x, y, wide, high) {
  if (taken.some((other) => Math.abs(other.x - x) < other.wide + wide && Math.abs(other.y - y) < other.high + high)) {
    return false;
  }
  taken.push({ x, y, wide, high });
  return true;
}

/** The nearly straight runs of a line, as pairs of ends. */
export function straightRuns(line) {
  const runs = [];
  let start = line[0];
  let heading = null;
  for (let at = 1; at < line.length; at += 1) {
    const next = Math.atan2(line[at][1] - line[at - 1][1], line[at][0] - line[at - 1][0]);
    if (heading !== null && Math.cos(next - heading) < STRAIGHT) {
      runs.push([start, line[at - 1]]);
      start = line[at - 1];
      heading = null;
    }
    heading ??= next;
  }
  runs.push([start, line.at(-1)]);
  return runs;
}

/** Where a name of `width` pixels goes: on a single piece of the line when it fits there, else along a straight run. */
export function namePiece(street, width, view) {
  const piece = longestPiece(street.pieces, view);
  return piece?.length >= width ? piece : longestPiece(street.runs, view);
}

/** Middle, length and angle (readable, never upside down) of the longest run that is on the screen. */
export function longestPiece(runs, view) {
  let best = null;
  for (const run of runs) {
    const ends = run.map(([x, y]) => [view.screenX(x), view.screenY(y)]);
    const [from, to] = clip(ends, view);
    if (!from) continue;
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    if (best && length <= best.length) continue;
    let angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
    if (Math.abs(angle) > Math.PI / 2) angle += Math.PI;
    best = { x: (from[0] + to[0]) / 2, y: (from[1] + to[1]) / 2, length, angle };
  }
  return best;
}

/** The part of a piece inside the screen (Liang-Barsky); an empty list when there is none. */
function clip([[x0, y0], [x1, y1]], view) {
  let enter = 0;
  let leave = 1;
  const dx = x1 - x0;
  const dy = y1 - y0;
  for (const [move, room] of [
    [-dx, x0],
    [dx, view.width - x0],
    [-dy, y0],
    [dy, view.height - y0],
  ]) {
    if (move === 0 && room < 0) return [];
    if (move < 0) enter = Math.max(enter, room / move);
    if (move > 0) leave = Math.min(leave, room / move);
  }
  if (enter > leave) return [];
  return [
    [x0 + enter * dx, y0 + enter * dy],
    [x0 + leave * dx, y0 + leave * dy],
  ];
}

/** Where along a piece a name of half length `reach` crosses no other street; the middle when there is no such place. */
export function freeSpot(piece, reach, others) {
  const spare = (piece.length - 2 * reach) / 2;
  const dx = Math.cos(piece.angle);
  const dy = Math.sin(piece.angle);
  for (const share of [0, 0.5, -0.5, 0.25, -0.25, 0.9, -0.9]) {
    const spot = { x: piece.x + dx * spare * share, y: piece.y + dy * spare * share };
    if (others.every((other) => distance(spot, other) > reach)) return spot;
  }
  return piece;
}

/** From a spot to the nearest point of a piece. */
function distance({ x, y }, piece) {
  const along = (x - piece.x) * Math.cos(piece.angle) + (y - piece.y) * Math.sin(piece.angle);
  const bounded = Math.min(Math.max(along, -piece.length / 2), piece.length / 2);
  return Math.hypot(x - piece.x - bounded * Math.cos(piece.angle), y - piece.y - bounded * Math.sin(piece.angle));
}
