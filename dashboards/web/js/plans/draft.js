/** What somebody is writing: every change can be undone, and the last save too. */

const FIELDS = { programs: ['name', 'steps', 'day', 'gap'], calendars: ['name', 'rules', 'default'] };

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** `value` without what is null, all the way down: the hub shows fields that nobody wrote. */
function without(value) {
  if (Array.isArray(value)) return value.map(without);
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(([, one]) => one !== null && one !== undefined);
  return Object.fromEntries(kept.map(([name, one]) => [name, without(one)]));
}

/** What can be written of a program or calendar as the hub shows it. */
export function bodyOf(kind, shown) {
  return without(Object.fromEntries(FIELDS[kind].map((name) => [name, shown[name]])));
}

export class Draft {
  /** Of `saved`, as the hub has it; of `first` when the hub has nothing yet. */
  constructor(saved, first = saved) {
    this.saved = saved;
    this.body = structuredClone(first);
    this.past = []; // earlier bodies, the newest last
    this.replaced = undefined; // what the last save replaced; null: it added
    this.kept = false; // nothing was typed, and yet it is worth keeping: its save was taken back
    this.last = null; // the field that changed last: typing in one field is one change
  }

  /** Change the body by `act(body)`; `field` names what is being typed in. */
  change(act, field = null) {
    const earlier = structuredClone(this.body);
    act(this.body);
    if (same(earlier, this.body)) return;
    if (field === null || field !== this.last) this.past.push(earlier);
    this.last = field;
  }

  /** True when leaving would lose something. */
  get dirty() {
    return this.saved === null ? this.kept || this.past.length > 0 : !same(this.body, this.saved);
  }

  /** What undo() would take back: 'change', 'save' or null. */
  get undoes() {
    if (this.past.length) return 'change';
    return this.replaced === undefined ? null : 'save';
  }

  /** Take back the last change. */
  undo() {
    this.body = this.past.pop() ?? this.body;
    this.last = null;
  }

  /** The hub has it now. */
  wasSaved() {
    this.replaced = this.saved;
    this.#settle(this.body);
  }

  /** The hub has again what was there before the last save. */
  wasPutBack() {
    const [back, now] = [this.replaced, this.body];
    this.replaced = undefined;
    this.#settle(back);
    if (back !== null) return;
    this.body = now;
    this.kept = true;
  }

  /** The hub has `saved` by now, which somebody else wrote: what is written here would replace that. */
  isOver(saved) {
    this.saved = structuredClone(saved);
  }

  /** Go on from `saved`, which somebody else wrote; undo() brings back what was written here. */
  take(saved) {
    const mine = this.body;
    this.replaced = undefined;
    this.#settle(saved);
    if (!same(mine, saved)) this.past.push(mine);
  }

  #settle(body) {
    this.saved = structuredClone(body);
    this.body = structuredClone(body);
    this.past = [];
    this.last = null;
  }
}
