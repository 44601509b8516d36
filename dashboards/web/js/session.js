/** The signed-in session: its token, when it ends, and renewing it in time. Kept for this tab only. */

const KEY = 'lamplighter.session';
const RENEW_BEFORE = 90_000; // ms before the token ends
const FALLBACK_LIFE = 900; // s, when the hub does not say

/** Holds the bearer token. `onEnd(reason)` is called once when the session is over: 'expired' or 'signed-out'. */
export class Session {
  constructor(onEnd) {
    this.onEnd = onEnd;
    this.timer = 0;
    this.renewing = null;
    this.kept = this.#recall();
    if (this.kept) this.#plan();
  }

  get token() {
    return this.kept?.token ?? null;
  }

  #recall() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEY));
      return kept && kept.ends > Date.now() ? kept : null;
    } catch {
      return null;
    }
  }

  /** Begin or continue with the answer of POST /auth/token or /auth/refresh. */
  keep(answer) {
    const life = (answer.expires_in ?? FALLBACK_LIFE) * 1000;
    this.kept = { token: answer.access_token, ends: Date.now() + life, life };
    try {
      sessionStorage.setItem(KEY, JSON.stringify(this.kept));
    } catch {
      // Storage may be closed to us; the session then lasts until the page is reloaded.
    }
    this.#plan();
  }

  #plan() {
    clearTimeout(this.timer);
    const margin = Math.min(RENEW_BEFORE, this.kept.life / 3);
    this.timer = setTimeout(() => this.renew(), Math.max(0, this.kept.ends - margin - Date.now()));
  }

  /** A token that is still good: renews first when it is about to end (a sleeping laptop misses its timers). */
  async fresh() {
    if (this.kept && this.kept.ends - Date.now() < 10_000) await this.renew();
    return this.token;
  }

  /** Get a new token; the session ends only when the hub refuses, not when it cannot be reached. */
  renew() {
    this.renewing ??= this.#renew().finally(() => {
      this.renewing = null;
    });
    return this.renewing;
  }

  async #renew() {
    const token = this.token;
    if (!token) return;
    try {
      const answer = await fetch('/api/v1/auth/refresh', {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}` },
      });
      if (answer.ok) this.keep(await answer.json());
      else if (answer.status === 401 || answer.status === 403) this.end('expired');
      else this.#again();
    } catch {
      this.#again();
    }
  }

  #again() {
    clearTimeout(this.timer);
    if (this.kept.ends <= Date.now()) this.end('expired');
    else this.timer = setTimeout(() => this.renew(), 5_000);
  }

  /** Forget the token and say why. */
  end(reason) {
    if (!this.kept) return;
    clearTimeout(this.timer);
    this.kept = null;
    sessionStorage.removeItem(KEY);
    this.onEnd(reason);
  }
}
