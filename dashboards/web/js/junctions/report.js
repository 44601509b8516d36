/** The report of an evaluation: its verdict, the figures of every movement under both plans with their intervals, and the bands. */

import { el } from '../dom.js';
import { number } from '../format.js';
import { t } from '../i18n.js';
import { TimeSpace } from './timespace.js';

/** The corridor of a report as the time-space diagram takes it; null when it holds none. */
export function bandsOf(report) {
  const found = [report.bands, report.corridor?.bands, report.after?.bands, report.new?.bands].find((each) => each?.signals?.length);
  return found ?? null;
}

/** The part that shows it; what it drew ends with `life`. */
export function reportPart(context, report, life) {
  const bands = bandsOf(report);
  const picture = bands ? new TimeSpace(life.child()) : null;
  picture?.show(bands);
  return el('div', { 'data-testid': 'report' }, [report.summary ? el('p', {}, String(report.summary)) : null, picture && el('h3', {}, t('bands.title')), picture?.node]);
}

/** A figure with its interval: "23.1 ± 1.2 s". */
export function figure(mean, half, unit) {
  const spread = half === null || half === undefined ? '' : ` ± ${number(half, 1)}`;
  return `${number(mean, 1)}${spread} ${unit}`.trim();
}
