/** What was wrong with a self-test of the fire path, in the language of the page: the hub says "not alarmed within 30 s". */

import { number } from '../format.js';
import { t } from '../i18n.js';

const MISSING = /^not ([a-z, ]+) within (\S+) s$/;
const UNTOLD = /^not delivered: (.+)$/;
const KNOWN = {
  'the hub was stopped meanwhile': 'stopped',
  'it was not known in time whom to tell': 'whom',
  'nobody is told of alarms now': 'nobody',
};

/** A detail as people read it; what only the wire could say stays as it is. */
export function testDetail(detail) {
  const [, stages, seconds] = MISSING.exec(detail) ?? [];
  if (stages) return t('fire.test.missing', { stages: stages.split(', ').map((each) => t(`fire.test.stage.${each}`)).join(', '), seconds: number(Number(seconds)) });
  const untold = UNTOLD.exec(detail);
  if (untold) return t('fire.test.untold', { channels: untold[1] });
  return KNOWN[detail] ? t(`fire.test.why.${KNOWN[detail]}`) : detail;
}
