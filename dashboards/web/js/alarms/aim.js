/** Somebody is about to press something in a list that changes: it waits a moment, so that no other row comes under the pointer. */

const AIMS = 1_500; // ms after the pointer moved over the list in which somebody may be about to press
const WAITS = 10_000; // ms that the list waits for that at most

export class Aim {
  constructor() {
    this.pointed = this.held = -Infinity; // when the pointer moved over the list, since when the list waits for it (ms)
  }

  /** From now on look at the pointer over `list`. */
  watch(list) {
    for (const move of ['pointermove', 'pointerdown']) list.addEventListener(move, () => (this.pointed = performance.now()));
  }

  /** Whether the list is to wait now. */
  waits() {
    const now = performance.now();
    if (now - this.pointed < AIMS && this.held === -Infinity) this.held = now;
    if (now - this.pointed < AIMS && now - this.held < WAITS) return true;
    this.held = -Infinity;
    return false;
  }
}
