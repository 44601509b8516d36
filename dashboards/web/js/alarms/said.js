/** What a rule found, in the language of the page: the hub says "power_asked 0.12, below 0.2". */

import { number } from '../format.js';
import { t, word } from '../i18n.js';

const FOUND = /^(\w+) (\S+), (below|above) (\S+)$/;
const SHARES = ['power_in_effect', 'power_asked', 'power_rated', 'load_share', 'load_rated', 'spool_share'];
const YES = ['broker_down', 'driver_down', 'disk_low', 'silence']; // there is no figure in these that says more than the alarm

/** A detail as people read it; what a device said in its own words stays as it is. */
export function said(detail) {
  const [, measure, value, side, limit] = FOUND.exec(detail) ?? [];
  const figures = [value, limit].map(Number);
  if (measure === undefined || figures.some(Number.isNaN)) return detail;
  if (YES.includes(measure)) return '';
  const shown = figures.map((each) => (SHARES.includes(measure) ? `${number(Math.round(each * 1000) / 10)} %` : number(each, 3)));
  const name = SHARES.includes(measure) || ['starts', 'clock_error'].includes(measure) ? word('measure', measure) : word('metric', measure);
  return t(`alarms.found.${side}`, { measure: name, value: shown[0], limit: shown[1] });
}
