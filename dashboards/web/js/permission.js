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

/** Beforehand, as far as the page can know: why an order would wait for a second person; empty when it would not. */
export function needsText(limits, level, lights) {
  const most = limits?.lights_without_approval;
  const dark = limits?.dark_needs_approval && level === 0 && lights > 0;
  const many = most && lights > most ? t('order.needs.lights', { n: most }) : null;
  return [many, dark ? t('order.needs.dark') : null].filter(Boolean).join(' ');
}
