/** May this user order here? The hub decides; the page says beforehand what it will say. */

import { t, word } from './i18n.js';

/** True when the signed-in user holds `permission`. */
export function holds(store, permission) {
  return (store.me?.permissions ?? []).includes(permission);
}

/** Why the signed-in user may not order in `zone` (an id or null), as a sentence; null when allowed. */
export function whyNot(store, zone) {
  const { me, tree } = store;
  if (!me) return t('order.denied.unknown');
  if (!(me.permissions ?? []).includes('override')) return t('order.denied.role', { role: word('role', me.role) });
  if (!me.zones?.length) return null;
  if (tree.path(zone).some((above) => me.zones.includes(above.id))) return null;
  const names = me.zones.map((id) => tree.get(id)?.name ?? id).join(', ');
  return t('order.denied.zone', { zones: names });
}
