/** What a junction says and is ordered, in words of the page. */

import { duration, number } from '../format.js';
import { language, t, word } from '../i18n.js';

const OLD = 180; // s: three reports of a controller; from here on a state is old whatever the hub said of it when it was asked
const MOMENTS = ['plan', 'flash', 'dark', 'local', 'manual', 'fault'];

export const MODES = MOMENTS;

/** How long ago the state was said, in seconds; null when it never was. */
export function ageOf(state, now) {
  return state ? Math.max(0, (now - Date.parse(state.received ?? state.time)) / 1000) : null;
}

/** Whether the state says what is, not only what was. */
export function isFresh(state, now) {
  return Boolean(state) && state.fresh !== false && ageOf(state, now) <= OLD;
}

/** How it runs: its mode with the program, or that it was never heard. */
export function modeText(state) {
  if (!state) return t('junctions.never');
  const mode = word('signalmode', state.mode);
  return state.mode === 'plan' && state.program ? t('junctions.runs', { program: state.program }) : mode;
}

/** How old what is shown is: empty while it is of now. */
export function ageText(state, now) {
  const age = ageOf(state, now);
  return age === null ? '' : t('junctions.heard', { duration: duration(age) });
}

/** Seconds of clock error with their sign: "+0.4 s". */
export function clockText(error) {
  if (error === null || error === undefined) return '–';
  const rounded = Math.round(error * 10) / 10 || 0; // no -0
  return `${rounded > 0 ? '+' : ''}${number(rounded, 1)} s`;
}

/** Sentences of the hub why a junction takes no order, or is not as it should be. */
export function whyText(reasons) {
  return (reasons ?? []).map((reason) => reason.text?.[language()] ?? reason.code).join(' ');
}

/** Reasons of the hub in the language of the page, one after another. */
export function saidText(reasons) {
  return (reasons ?? []).map((reason) => reason.text?.[language()] ?? reason.code).join('; ');
}

/** The faults of a controller in words; codes are a kind, and after a colon where: `lamp:n`. Minor ones say that they are. */
export function faultsText(state) {
  const said = (fault) => {
    const [kind, ...where] = fault.split(':');
    const minor = state.minor_faults?.includes(fault) && t('junctions.minor-fault');
    return [word('signalfault', kind), where.join(':'), minor].filter(Boolean).join(' ');
  };
  return (state?.faults ?? []).map(said).join(', ');
}

/** An order in one sentence: what, by whom, until when. */
export function orderText(order, times) {
  const what = t(`junctions.kind.${order.kind}`, { program: order.program ?? '', stage: order.stage ?? '', route: order.route ?? '' });
  const until = order.until ? t('junctions.until', { end: times.short(order.until) }) : t('junctions.no-end');
  return [what, whoText(order.by), until, order.reason].filter(Boolean).join(' · ');
}

/** Who ordered; an incident by its playbook. */
export function whoText(by) {
  const [kind, playbook] = by.split(':');
  return kind === 'incident' && playbook ? t('junctions.by-incident', { playbook }) : t('junctions.by', { by });
}
