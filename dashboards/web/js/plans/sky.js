/** What the sky is like over a program day: day, twilight (civil) and night. */

const TURNS = {
  sunset: ['day', 'twilight'],
  dusk: ['twilight', 'night'],
  dawn: ['night', 'twilight'],
  sunrise: ['twilight', 'day'],
};
const TILT = 23.44;

/** Where the sun neither rises nor sets: by its highest point of that date. */
function allDay(lat, date) {
  const day = (Date.parse(`${date}T12:00:00Z`) - Date.parse(`${date.slice(0, 4)}-01-01T12:00:00Z`)) / 86_400_000;
  const declination = -TILT * Math.cos((2 * Math.PI * (day + 10)) / 365.25);
  const highest = 90 - Math.abs(lat - declination);
  const lowest = Math.abs(lat + declination) - 90;
  if (lowest >= -0.833 || highest > 12) return 'day';
  return highest < -6 ? 'night' : 'twilight';
}

/** The bands [{start, end, sky}] (ms) of a timeline of the hub, without a gap. */
export function skyBands({ start, end, sun, location, date }) {
  const [first, last] = [Date.parse(start), Date.parse(end)];
  const turns = Object.entries(sun)
    .filter(([, at]) => at)
    .map(([name, at]) => ({ at: Date.parse(at), before: TURNS[name][0], after: TURNS[name][1] }))
    .sort((one, other) => one.at - other.at);
  if (!turns.length) return [{ start: first, end: last, sky: allDay(location.lat, date) }];
  const bands = [];
  let from = first;
  let sky = turns[0].before;
  for (const turn of [...turns, { at: last, after: sky }]) {
    const until = Math.min(Math.max(turn.at, from), last);
    if (until > from) bands.push({ start: from, end: until, sky });
    from = until;
    sky = turn.after;
  }
  return bands;
}
