/** The event stream: server-sent events over fetch, so that the token travels in a header. */

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 15_000;
const LIVED = 10_000;
const SILENCE = 40_000; // the hub says something every 15 s; longer silence means a dead line

/** Splits server-sent events out of text that arrives in any pieces; `data` is undefined in a frame that only moves the id. */
export class Frames {
  constructor() {
    this.rest = '';
    this.frame = null;
  }

  /** The frames {id, event, data} that `text` completes. */
  push(text) {
    const lines = (this.rest + text).split(/\r\n|\n/);
    this.rest = lines.pop();
    const done = [];
    for (const line of lines) {
      if (line === '') {
        if (this.frame) done.push(this.frame);
        this.frame = null;
        continue;
      }
      if (line.startsWith(':')) continue;
      const colon = line.indexOf(':');
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      this.frame ??= { event: 'message' };
      if (field === 'data') this.frame.data = this.frame.data === undefined ? value : `${this.frame.data}\n${value}`;
      else if (field === 'id' || field === 'event') this.frame[field] = value;
    }
    return done;
  }
}

/**
 * Keeps one stream open until stop(). Calls
 *   on.frame(event, data)       for every event, data parsed;
 *   on.state(state, retryAt)    'connecting' | 'live' | 'cut' (retryAt: Date.now() of the next try);
 *   on.heard()                  whenever anything arrives, keep-alives too.
 */
export class Stream {
  constructor(session, on) {
    this.session = session;
    this.on = on;
    this.lastId = null;
    this.wait = FIRST_WAIT;
    this.stopped = true;
    this.abort = null;
    this.retry = 0;
  }

  start() {
    this.stopped = false;
    this.#run();
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.retry);
    this.abort?.abort();
  }

  /** Try at once instead of waiting for the back-off. */
  hurry() {
    if (this.stopped || this.abort) return;
    clearTimeout(this.retry);
    this.wait = FIRST_WAIT;
    this.#run();
  }

  async #run() {
    this.abort = new AbortController();
    this.on.state('connecting');
    let closed = false;
    try {
      closed = await this.#listen(this.abort);
    } catch {
      // Whatever cut the line, the answer is the same: say so and try again.
    }
    this.abort = null;
    if (this.stopped) return;
    if (closed) {
      this.#run();
      return;
    }
    const wait = this.wait * (0.75 + Math.random() / 2);
    this.wait = Math.min(LONGEST_WAIT, this.wait * 2);
    this.on.state('cut', Date.now() + wait);
    this.retry = setTimeout(() => this.#run(), wait);
  }

  /** Listen until the end; true when the hub closed a stream that had lived a while (a token ran out): no reason to wait. */
  async #listen(abort) {
    const token = await this.session.fresh();
    if (!token || this.stopped) return false;
    const begun = Date.now();
    let watchdog = setTimeout(() => abort.abort(), SILENCE);
    try {
      const headers = { Authorization: `Bearer ${token}`, Accept: 'text/event-stream' };
      if (this.lastId) headers['Last-Event-ID'] = this.lastId;
      const answer = await fetch('/api/v1/events', { headers, signal: abort.signal, cache: 'no-store' });
      if (answer.status === 401) await this.session.renew();
      if (!answer.ok) return false;
      this.wait = FIRST_WAIT;
      this.on.state('live');
      const frames = new Frames();
      const decoder = new TextDecoder();
      const reader = answer.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return Date.now() - begun > LIVED;
        clearTimeout(watchdog);
        watchdog = setTimeout(() => abort.abort(), SILENCE);
        this.on.heard();
        for (const frame of frames.push(decoder.decode(value, { stream: true }))) {
          if (frame.id) this.lastId = frame.id;
          if (frame.data !== undefined) this.on.frame(frame.event, JSON.parse(frame.data));
        }
      }
    } finally {
      clearTimeout(watchdog);
      abort.abort();
    }
  }
}
