/** Calls to the hub. Every failure is a Problem with a message in the page's language. */

import { t } from './i18n.js';
import { Problem, problemOf } from './problem.js';

const BASE = '/api/v1';
const PAGE = 1000;

async function reach(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, 'no-answer', t('error.no-answer'));
  }
}

/** `fields` as a query, without those that are undefined. */
function query(fields) {
  return new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== undefined));
}

export class Api {
  constructor(session) {
    this.session = session;
  }

  /** Sign in; throws Problem 401 bad-credentials or 429. */
  async signIn(username, password) {
    const answer = await reach(`${BASE}/auth/token`, {
      method: 'POST',
      body: new URLSearchParams({ username, password }),
    });
    if (!answer.ok) throw await problemOf(answer);
    this.session.keep(await answer.json());
  }

  /** One authorised request; returns the Response when it is a success, else throws Problem. A file (Blob) is sent as it is. */
  async request(path, { method = 'GET', body, headers = {}, signal, cache } = {}) {
    const token = await this.session.fresh();
    const sent = { ...headers, Authorization: `Bearer ${token}` };
    const file = body instanceof Blob;
    if (body !== undefined) sent['Content-Type'] = file ? 'text/plain; charset=utf-8' : 'application/json';
    const answer = await reach(BASE + path, {
      method,
      headers: sent,
      body: body === undefined || file ? body : JSON.stringify(body),
      signal,
      cache,
    });
    if (answer.status === 401) this.session.end('expired');
    if (!answer.ok) throw await problemOf(answer);
    return answer;
  }

  async json(path, options) {
    const answer = await this.request(path, options);
    return answer.status === 204 ? null : answer.json();
  }

  /** Every item of a list, page by page, at most `most`. */
  async all(path, most = Infinity) {
    const items = [];
    const joint = path.includes('?') ? '&' : '?';
    let cursor = null;
    do {
      const limit = Math.min(PAGE, most - items.length);
      const page = await this.json(
        `${path}${joint}limit=${limit}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
      );
      items.push(...page.items);
      cursor = page.next;
    } while (cursor && items.length < most);
    return items;
  }

  /** What needs no sign-in: name, version, city's time and its rate. */
  async about() {
    const answer = await reach(`${BASE}/about`, { cache: 'no-store' });
    if (!answer.ok) throw await problemOf(answer);
    return answer.json();
  }

  me() {
    return this.json('/auth/me');
  }

  zones() {
    return this.all('/zones');
  }

  /** Counts of the lights in no zone. */
  async zonelessCounts() {
    return (await this.json('/zones?limit=1')).zoneless;
  }

  /** The lights in no zone, at most `most`. */
  zoneless(most) {
    return this.all('/devices?zone=&kind=light', most);
  }

  async map() {
    return (await this.request('/map', { cache: 'no-cache' })).arrayBuffer();
  }

  overrides() {
    return this.all('/overrides');
  }

  /** Every sensor rule with what it does now. */
  sensing() {
    return this.all('/sensing');
  }

  commands(limit) {
    return this.json(`/commands?limit=${limit}`).then((page) => page.items);
  }

  command(id) {
    return this.json(`/commands/${encodeURIComponent(id)}`);
  }

  targets(id, outcome, most) {
    return this.all(`/commands/${encodeURIComponent(id)}/targets?outcome=${outcome}`, most);
  }

  device(id) {
    return this.json(`/devices/${encodeURIComponent(id)}`);
  }

  /** A new key, shown this once; the old one counts no more. */
  makeKey(device) {
    return this.json(`/devices/${encodeURIComponent(device)}/key`, { method: 'POST' });
  }

  withdrawKey(device) {
    return this.json(`/devices/${encodeURIComponent(device)}/key`, { method: 'DELETE' });
  }

  /** Devices whose id or name holds `text`. */
  find(text, limit, signal) {
    return this.json(`/devices?q=${encodeURIComponent(text)}&limit=${limit}`, { signal }).then((page) => page.items);
  }

  telemetry(device, query) {
    return this.json(`/devices/${encodeURIComponent(device)}/telemetry?${new URLSearchParams(query)}`);
  }

  zoneTelemetry(query) {
    return this.json(`/telemetry?${new URLSearchParams(query)}`);
  }

  /** The air of every station in its last whole hour and day, with the scales. */
  air() {
    return this.json('/environment/aqi?limit=1000');
  }

  /** When a station was above a limit since then. */
  async airExceedances(device, start) {
    const { items } = await this.json(`/environment/exceedances?device=${encodeURIComponent(device)}&start=${encodeURIComponent(start)}`);
    return items;
  }

  /** How a station's readings are calibrated, as written. */
  airCalibrations(device) {
    return this.all(`/environment/calibrations?device=${encodeURIComponent(device)}`);
  }

  /** The air of a station at every whole hour since then. */
  airHours(device, start) {
    return this.json(`/environment/aqi?${query({ device, start })}`);
  }

  /** What was refused, the newest first, with its counts; `filter` may hold device and code. */
  quarantine(filter, limit, cursor = null) {
    return this.json(`/quarantine?${query({ ...filter, limit, cursor: cursor ?? undefined })}`);
  }

  /** All chosen messages, whole, as a file. */
  async quarantineFile(filter) {
    return (await this.request(`/quarantine/download?${query(filter)}`)).blob();
  }

  async rejectedBytes(id) {
    return (await this.request(`/quarantine/${id}/raw`)).blob();
  }

  clearQuarantine(chosen) {
    return this.json(`/quarantine?${query(chosen)}`, { method: 'DELETE' });
  }

  /** Have messages read again; `body` chooses which. */
  replay(body) {
    return this.json('/quarantine/replay', { method: 'POST', body });
  }

  replays() {
    return this.json('/quarantine/replays').then((page) => page.items);
  }

  oneReplay(id) {
    return this.json(`/quarantine/replays/${encodeURIComponent(id)}`);
  }

  /** Order a level. The same key with the same body is one order, however often it is sent. */
  order(body, key) {
    return this.json('/overrides', { method: 'POST', body, headers: { 'Idempotency-Key': key } });
  }

  /** Why a light (`devices`) or the lights of a zone (`zones`) have their level. */
  why(kind, id) {
    return this.json(`/${kind}/${encodeURIComponent(id)}/light/why`);
  }

  /** The orders that wait for a second person, and the limits of the city. */
  approvals() {
    return this.json('/approvals?limit=1000');
  }

  approve(id) {
    return this.json(`/approvals/${encodeURIComponent(id)}`, { method: 'POST' });
  }

  /** Refuse a request, or withdraw one's own. */
  refuse(id) {
    return this.json(`/approvals/${encodeURIComponent(id)}`, { method: 'DELETE' });
  }

  /** End an override now. */
  resume(id) {
    return this.json(`/overrides/${encodeURIComponent(id)}`, { method: 'DELETE' });
  }
}
