/** Calls to the hub about junctions, their plan sets, routes and evaluations. */

const part = encodeURIComponent;
const of = (junction) => `/junctions/${part(junction)}`;
const plan = (id) => `/plans/${part(id)}`;
const route = (id) => `/routes/${part(id)}`;
const post = (body) => ({ method: 'POST', body });

/** `fields` as a query, without those that are empty. */
function query(fields) {
  const text = String(new URLSearchParams(Object.entries(fields).filter(([, value]) => value)));
  return text ? `?${text}` : '';
}

/** Every junction that `filter` {mode, available, q, zone} leaves. */
export function junctions(api, filter = {}) {
  return api.all(`/junctions${query(filter)}`);
}

/** One, with its intersection, its programs and its day. */
export function junction(api, id) {
  return api.json(of(id), { cache: 'no-store' });
}

/** Have its state each second for some minutes. */
export function watch(api, id, seconds) {
  return api.json(`${of(id)}/watch`, post({ every: 1, for: `PT${seconds}S` }));
}

/** Order `what` (select, mode, hold, local) there; the answer is the order as it stands (of a held stage {order, findings}). */
export function order(api, id, what, body) {
  return api.json(`${of(id)}/${what}`, post(body));
}

/** What was ordered there, the newest first. */
export async function orders(api, id, limit) {
  return (await api.json(`${of(id)}/orders?limit=${limit}`)).items;
}

/** Its plan sets, the newest version first. */
export function plansOf(api, id) {
  return api.all(`${of(id)}/plans`);
}

/** A new version, of `body` {plan_set or from, note}. */
export function addPlan(api, id, body) {
  return api.json(`${of(id)}/plans`, post(body));
}

/** One plan set, with its findings and its history, and with the `ETag` to write over. */
export async function onePlan(api, id) {
  const answer = await api.request(plan(id), { cache: 'no-store' });
  return { ...(await answer.json()), etag: answer.headers.get('ETag') };
}

/** Replace a draft that nobody changed meanwhile. */
export function savePlan(api, id, body, etag) {
  return api.json(plan(id), { method: 'PUT', body, headers: etag ? { 'If-Match': etag } : {} });
}

export function removePlan(api, id, etag) {
  return api.json(plan(id), { method: 'DELETE', headers: etag ? { 'If-Match': etag } : {} });
}

/** A step of its approval: submit, approve, reject, withdraw, activate, rollback. */
export function step(api, id, what, body) {
  return api.json(`${plan(id)}/${what}`, post(body));
}

/** What the linter says of a plan set, and of the change to it from the one `against`; nothing is stored. */
export function lint(api, planSet, against, signal) {
  return api.json('/plans/lint', { ...post({ plan_set: planSet, against }), signal });
}

/** A file (JSON, YAML or SUMO's tlLogic) as a plan set of a junction, with notes; nothing is stored. */
export function readPlan(api, id, file) {
  return api.json(`/plans/read?junction=${encodeURIComponent(id)}`, post(file));
}

/** The plan set as a file; `format` json or yaml. */
export async function planFile(api, id, format) {
  return (await api.request(`${plan(id)}/export?format=${format}`)).blob();
}

/** The evaluations of a plan set, the newest first. */
export function evaluations(api, id) {
  return api.all(`${plan(id)}/evaluations`);
}

/** One, with its report. */
export function evaluation(api, id) {
  return api.json(`/evaluations/${part(id)}`);
}

/** Its page with plots. */
export async function evaluationPage(api, id) {
  return (await api.request(`/evaluations/${part(id)}/html`)).blob();
}

/** Attach a report: `body` {report, html: its page or null}. */
export function addEvaluation(api, id, body) {
  return api.json(`${plan(id)}/evaluations`, post(body));
}

/** The coordination groups, each as its controllers say it is now. */
export function groups(api) {
  return api.all('/coordination');
}

/** The time-space diagram of a group; `asked` {program or at, speed}: what is empty is left to the hub. */
export function bandsOf(api, group, asked) {
  return api.json(`/coordination/${part(group)}/bands${query(asked)}`, { cache: 'no-store' });
}

/** Green waves, each with its junctions and whether it runs. */
export function routes(api) {
  return api.all('/routes');
}

/** What a request would do now at each of its junctions. */
export function previewRoute(api, id) {
  return api.json(`${route(id)}/preview`, post({}));
}

export function requestRoute(api, id, body) {
  return api.json(`${route(id)}/request`, post(body));
}

export function endRoute(api, id, reason) {
  return api.json(`${route(id)}/end`, post({ reason }));
}

/** Add a route, or replace the one of that id. */
export function saveRoute(api, body, fresh) {
  if (fresh) return api.json('/routes', post(body));
  return api.json(route(body.id), { method: 'PUT', body });
}

export function removeRoute(api, id) {
  return api.json(route(id), { method: 'DELETE' });
}
