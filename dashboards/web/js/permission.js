/** May this user do that? The hub decides; the page says beforehand what it will say. */

import { t, word } from './i18n.js';

/** True when the signed-in user holds `permission`. */
export function holds(store, permission) {
  return (store.me?.permissions ?? []).includes(permission);
}

/** Why the signed-in user may not order in `zone` (an id or null), as a sentence; null when allowed. */
export function whyNot(store, zone) {
  const { me } = store;
  if (!me) return t('order.denied.unknown');
  if (!(me.permissions ?? []).includes('override')) return t('order.denied.role', { role: word('role', me.role) });
  const zones = zonesInstead(store, zone);
  return zones && t('order.denied.zone', { zones });
}

/** Why the signed-in user may not change programs and calendars; null when allowed. */
export function whyNotPlan(store) {
  if (!store.me) return t('order.denied.unknown');
  return holds(store, 'programs') ? null : t('plans.denied.role', { role: word('role', store.me.role) });
}

/** Why the signed-in user may not choose the calendar of `zone`; null when allowed. */
export function whyNotFollow(store, zone) {
  if (!store.me) return t('order.denied.unknown');
  if (!holds(store, 'override')) return t('follow.denied.role', { role: word('role', store.me.role) });
  const zones = zone && zonesInstead(store, zone);
  return zones ? t('follow.denied.zone', { zones }) : null;
}

/** The names of the zones that the user is limited to, when `zone` lies in none of them; else null. */
function zonesInstead({ me, tree }, zone) {
  if (!me.zones?.length) return null;
  if (tree.path(zone).some((above) => me.zones.includes(above.id))) return null;
  return me.zones.map((id) => tree.get(id)?.name ?? id).join(', ');
}

/** Beforehand, as far as the page can know: why an order would wait for a second person; empty when it would not. */
export function needsText(limits, level, lights) {
  const most = limits?.lights_without_approval;
  const dark = limits?.dark_needs_approval && level === 0 && lights > 0;
  const many = most && lights > most ? t('order.needs.lights', { n: most }) : null;
  return [many, dark ? t('order.needs.dark') : null].filter(Boolean).join(' ');
}
