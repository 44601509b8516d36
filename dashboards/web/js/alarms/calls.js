/** Calls to the hub about alarms. */

const fields = (given) => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) {
    for (const each of [value].flat()) if (each !== undefined && each !== null && each !== '') query.append(name, each);
  }
  return query;
};

/** A page of alarms, the most urgent first. */
export function alarms(api, filter, limit, cursor = null) {
  return api.json(`/alarms?${fields({ ...filter, limit, cursor })}`);
}

/** All alarms of a filter. */
export function everyAlarm(api, filter) {
  return api.all(`/alarms?${fields(filter)}`);
}

/** The same in groups `by` cabinet, street or cause. */
export function groups(api, filter, by) {
  return api.json(`/alarms/groups?${fields({ ...filter, group_by: by })}`);
}

/** One alarm with the devices that it takes along, and its journal. */
export function details(api, id) {
  const place = `/alarms/${encodeURIComponent(id)}`;
  return Promise.all([api.json(place), api.json(`${place}/log?limit=20`)]);
}

/** Do `what` to one alarm: ack, shelve, unshelve, reset, out-of-service, in-service, comments. */
export function act(api, id, what, body = {}) {
  return api.json(`/alarms/${encodeURIComponent(id)}/${what}`, { method: 'POST', body });
}

/** Say that a group was seen, as far as `revision`, and no more of it than `filter` showed. */
export function acknowledgeGroup(api, by, key, revision, { severity, q, device }) {
  const group = { by, key, revision, severity: severity ? [severity] : undefined, q, device };
  return api.json('/alarms/ack', { method: 'POST', body: { group } });
}
