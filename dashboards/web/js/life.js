/** What a part of the page holds on to while it is shown, let go of together by end(). */
export class Life {
  constructor() {
    this.undo = [];
    this.ended = false;
  }

  /** Listen to a topic of the store. */
  on(store, topic, listener) {
    this.undo.push(store.on(topic, listener));
  }

  /** Run `act` every `ms`. */
  every(ms, act) {
    const timer = setInterval(act, ms);
    this.undo.push(() => clearInterval(timer));
  }

  /** A life that ends with this one. */
  child() {
    const life = new Life();
    this.undo.push(() => life.end());
    return life;
  }

  /** Run `act` at the end. */
  finally(act) {
    this.undo.push(act);
  }

  end() {
    this.ended = true;
    for (const undo of this.undo.splice(0)) undo();
  }
}
