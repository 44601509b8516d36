/** Calls to the hub about incidents and playbooks. */

const of = (id) => `/incidents/${encodeURIComponent(id)}`;
const book = (id) => `/playbooks/${encodeURIComponent(id)}`;

/** The incidents that run, the newest first. */
export function running(api) {
  return api.all('/incidents?running=true');
}

/** Those that ended, the newest first. */
export async function past(api, limit) {
  return (await api.json(`/incidents?running=false&limit=${limit}`)).items;
}

/** One, with its lights. */
export function incident(api, id) {
  return api.json(of(id));
}

export function endIncident(api, id, reason) {
  return api.json(`${of(id)}/end`, { method: 'POST', body: { reason } });
}

export function tick(api, id, item, done) {
  return api.json(`${of(id)}/tick`, { method: 'POST', body: { item, done } });
}

export function playbooks(api) {
  return api.all('/playbooks');
}

export async function templates(api) {
  return (await api.json('/playbooks/templates')).items;
}

/** Add one (`version` null), or replace it when nobody has changed it since. */
export function savePlaybook(api, id, body, version) {
  if (version === null) return api.json('/playbooks', { method: 'POST', body: { ...body, id } });
  return api.json(book(id), { method: 'PUT', body, headers: { 'If-Match': `"${version}"` } });
}

export function removePlaybook(api, id, version) {
  return api.json(book(id), { method: 'DELETE', headers: { 'If-Match': `"${version}"` } });
}

/** What `playbook` would do now for `device`. */
export function preview(api, playbook, device) {
  return api.json('/playbooks/preview', { method: 'POST', body: { playbook, device } });
}

/** All playbooks as a TOML file. */
export async function tomlFile(api) {
  return (await api.request('/playbooks/export')).blob();
}

/** Add and replace playbooks from a TOML file, all or none: which were added, replaced, unchanged. */
export function importPlaybooks(api, file) {
  return api.json('/playbooks/import', { method: 'POST', body: file });
}

/** Say that something happens at a device, which a playbook answers. */
export function declareIncident(api, playbook, device, reason) {
  return api.json('/incidents', { method: 'POST', body: { playbook, device, reason } });
}

/** All incidents as CSV. */
export async function csvFile(api) {
  return (await api.request('/incidents/download')).blob();
}
