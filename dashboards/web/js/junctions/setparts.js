/** What of a plan set is beside its programs: conflicts and intergreens as a table, days as rows. Each opens when it is wanted. */

import { el, setText } from '../dom.js';
import { t } from '../i18n.js';
import { Days, ofDays } from './days.js';
import { Matrix } from './matrix.js';

const isTable = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const none = (value) => value === undefined || value === null;
const pairs = (value) => none(value) || (Array.isArray(value) && value.every((each) => Array.isArray(each) && each.length === 2));

/** Whether tables and rows can show what somebody wrote as text; the linter says what is wrong with the rest. */
export function showable({ intersection = {}, day_plans: plans = {}, calendar, programs = {} }) {
  if (!isTable(intersection) || !isTable(plans) || !isTable(programs)) return false;
  const { groups = [], conflicts, yields, intergreens = {} } = intersection;
  const matrix = isTable(conflicts) && Object.values(conflicts).every(Array.isArray);
  const days = Object.values(plans).every((list) => Array.isArray(list) && list.length && list.every((each) => typeof each?.from === 'string'));
  const rules = none(calendar) || (isTable(calendar) && (none(calendar.rules) || (Array.isArray(calendar.rules) && calendar.rules.every(isTable))));
  const named = Array.isArray(groups) && groups.every((each) => typeof each?.id === 'string');
  return named && (pairs(conflicts) || matrix) && pairs(yields) && isTable(intergreens) && Object.values(intergreens).every(isTable) && days && rules;
}

export class SetParts {
  /** `change(act, field)` changes the plan set by `act(body)`. */
  constructor(clock, change) {
    this.matrix = new Matrix(change);
    this.days = new Days(clock, change);
    const fold = (name, node) => {
      const count = el('span', { class: 'bad' });
      const part = el('details', { class: 'fold setpart' }, el('summary', { 'data-testid': `part-${name}` }, `${t(`parts.${name}`)} `, count), node);
      return { part, count };
    };
    this.pairs = fold('matrix', this.matrix.node);
    this.dates = fold('days', this.days.node);
    this.node = el('div', {}, this.pairs.part, this.dates.part);
  }

  show(body, findings) {
    this.node.hidden = !showable(body);
    if (this.node.hidden) return;
    const whole = findings.filter((each) => !each.program || each.groups?.length === 2);
    this.matrix.show(body.intersection ?? {}, whole);
    this.days.show(body, findings);
    const wrong = (list) => (list.length ? t('sets.errors', { n: list.length }) : '');
    setText(this.pairs.count, wrong(whole.filter((each) => each.severity === 'error' && each.groups?.length)));
    setText(this.dates.count, wrong(ofDays(findings).filter((each) => each.severity === 'error')));
  }

  /** Show the place of a finding that is of no second; true when it has one here. */
  point(finding) {
    if (this.node.hidden) return false;
    if (ofDays([finding]).length) {
      this.dates.part.open = true;
      this.dates.part.scrollIntoView({ block: 'nearest' });
      return true;
    }
    if (finding.groups?.length !== 2) return false;
    this.pairs.part.open = true;
    this.matrix.point(finding);
    return true;
  }
}
