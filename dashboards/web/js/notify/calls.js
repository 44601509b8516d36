/** Calls to the hub about notifications. */

const place = (kind) => (kind === 'webhook' ? '/webhooks' : '/notifications/channels');
const named = (id) => encodeURIComponent(id);

/** Every channel, of every kind. */
export function channels(api) {
  return api.all('/notifications/channels');
}

/** Add a channel, or replace the one that is there; a new webhook answers with its `key`. */
export function saveChannel(api, kind, id, body, isNew) {
  const sent = kind === 'webhook' ? body : { ...body, kind };
  if (isNew) return api.json(place(kind), { method: 'POST', body: { ...sent, id } });
  return api.json(`${place(kind)}/${named(id)}`, { method: 'PUT', body: sent });
}

export function deleteChannel(api, kind, id) {
  return api.json(`${place(kind)}/${named(id)}`, { method: 'DELETE' });
}

/** Send a test; answers with its delivery and attempts. */
export function testChannel(api, id) {
  return api.json(`/notifications/channels/${named(id)}/test`, { method: 'POST' });
}

/** All routes, and whether fire is told at every hour. */
export function routes(api) {
  return api.json('/notifications/routes?limit=1000');
}

export function saveRoute(api, id, body, isNew) {
  if (isNew) return api.json('/notifications/routes', { method: 'POST', body: { ...body, id } });
  return api.json(`/notifications/routes/${named(id)}`, { method: 'PUT', body });
}

export function deleteRoute(api, id) {
  return api.json(`/notifications/routes/${named(id)}`, { method: 'DELETE' });
}

/** Who would be told of an alarm of that type at that device. */
export function preview(api, type, device) {
  return api.json('/notifications/preview', { method: 'POST', body: { type, device: device || null } });
}

/** A page of the record, the newest first. */
export function deliveries(api, filter, limit, cursor = null) {
  const given = Object.entries({ ...filter, limit, cursor }).filter(([, value]) => value);
  return api.json(`/notifications/deliveries?${new URLSearchParams(given)}`);
}

export function delivery(api, id) {
  return api.json(`/notifications/deliveries/${id}`);
}

export function discard(api, id, reason) {
  return api.json(`/notifications/deliveries/${id}/discard`, { method: 'POST', body: { reason } });
}

export function retry(api, id) {
  return api.json(`/notifications/deliveries/${id}/retry`, { method: 'POST' });
}

/** The whole record as a file. */
export async function recordFile(api, filter) {
  const given = Object.entries(filter).filter(([, value]) => value);
  return (await api.request(`/notifications/deliveries/download?${new URLSearchParams(given)}`)).blob();
}
