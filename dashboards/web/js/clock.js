/** The city's clock: the hub's time, not this computer's, and faster than the wall's in a simulated city. */

export class CityClock {
  constructor() {
    this.base = Date.now();
    this.taken = Date.now();
    this.rate = 1;
    this.zone = undefined; // IANA name; undefined: this computer's
  }

  /** Take over the hub's time from GET /about. */
  set({ time, rate = 1, time_zone }) {
    const heard = Date.parse(time);
    if (Number.isFinite(heard)) {
      this.base = heard;
      this.taken = Date.now();
    }
    this.rate = rate;
    this.zone = usableZone(time_zone);
  }

  /** Milliseconds since 1970 in the city. */
  now() {
    return this.base + (Date.now() - this.taken) * this.rate;
  }

  /** The next moment after now at which the city's clocks show hour:minute. */
  next(hour, minute) {
    const now = this.now();
    const wall = wallOf(now, this.zone);
    const on = (day) => fromWall({ ...wall, day, hour, minute, second: 0 }, this.zone);
    const today = on(wall.day);
    return today > now ? today : on(wall.day + 1);
  }

  /** Milliseconds of a `datetime-local` value as the city's clocks mean it; NaN when it is not one. */
  fromLocal(text) {
    const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)/.exec(text);
    if (!parts) return NaN;
    const [year, month, day, hour, minute] = parts.slice(1).map(Number);
    return fromWall({ year, month, day, hour, minute, second: 0 }, this.zone);
  }

  /** `moment` (ms) as a `datetime-local` value of the city. */
  toLocal(moment) {
    const wall = wallOf(moment, this.zone);
    const two = (value) => String(value).padStart(2, '0');
    return `${wall.year}-${two(wall.month)}-${two(wall.day)}T${two(wall.hour)}:${two(wall.minute)}`;
  }
}

function usableZone(name) {
  if (!name) return undefined;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name;
  } catch {
    return undefined;
  }
}

/** What clocks in `zone` show at `moment` (ms). */
export function wallOf(moment, zone) {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const wall = {};
  for (const { type, value } of format.formatToParts(moment)) if (type !== 'literal') wall[type] = Number(value);
  return wall;
}

/** The moment (ms) at which clocks in `zone` show `wall`; a time that a DST change skips moves forward. */
export function fromWall(wall, zone) {
  const asUtc = ({ year, month, day, hour, minute, second }) => Date.UTC(year, month - 1, day, hour, minute, second);
  const wanted = asUtc(wall);
  let moment = wanted;
  for (let round = 0; round < 2; round += 1) {
    const shown = asUtc(wallOf(moment, zone));
    moment += wanted - shown;
  }
  return moment;
}
