/** The report of an evaluation: its verdict with the reason, the figures of every movement under both plans, and the green bands of both. */

import { el } from '../dom.js';
import { number } from '../format.js';
import { t, word } from '../i18n.js';
import { TimeSpace } from './timespace.js';

const PARTS = ['movements', 'classes', 'flows'];
const MEASURES = ['delay', 'stops', 'queue'];

/** A mean with its 95 % interval: "23.1 [21.9, 24.3]"; without one where a single run cannot say. */
export function figure({ mean, low, high }) {
  return low === null || high === null ? number(mean, 1) : `${number(mean, 1)} [${number(low, 1)}, ${number(high, 1)}]`;
}

/** The part that shows it; what it drew ends with `life`. */
export function reportPart(context, report, life) {
  const { times } = context;
  return el('div', { 'data-testid': 'report' }, [
    el('p', {}, [el('b', {}, `${t('report.verdict')}: ${word('verdict', report.verdict)}`), report.because?.length ? ` · ${report.because.join('; ')}` : '']),
    report.seeds ? el('p', { class: 'muted' }, t('report.made', { made: times.full(report.made), version: report.sumo?.version ?? '–', n: report.seeds.length, minutes: number(report.period / 60, 0) })) : null,
    report.unfinished?.new > report.unfinished?.old ? el('p', { class: 'bad' }, t('report.unfinished', { old: number(report.unfinished.old), next: number(report.unfinished.new) })) : null,
    report.all ? table([report.all, ...PARTS.flatMap((part) => report[part] ?? [])]) : null,
    report.pedestrians?.length ? el('ul', { class: 'journal' }, report.pedestrians.map(walk)) : null,
    report.unmeasured?.length ? el('p', { class: 'muted' }, t('report.unmeasured', { names: report.unmeasured.join(', ') })) : null,
    report.foreseen?.length ? el('p', { class: 'muted' }, t('report.foreseen', { names: report.foreseen.map((each) => `${each.name} ${number(each.old, 1)} → ${number(each.new, 1)} s`).join(', ') })) : null,
    report.bands ? ['old', 'new'].flatMap((which) => bandPart(report.bands[which], which, life)) : null,
  ]);
}

function table(rows) {
  const head = (name) => [el('th', {}, t(`report.${name}-old`)), el('th', {}, t(`report.${name}-new`))];
  const cells = (row, name) => [el('td', {}, figure(row[name].old)), el('td', {}, figure(row[name].new))];
  const line = (row, at) =>
    el('tr', {}, [
      el('td', {}, at === 0 ? t('report.all') : row.name),
      el('td', {}, number(row.vehicles, 0)),
      MEASURES.map((name) => cells(row, name)).flat(),
      el('td', { class: row.verdict === 'worse' ? 'bad' : row.verdict === 'better' ? 'good' : '' }, word('verdict', row.verdict)),
    ]);
  const title = el('tr', {}, [el('th', {}, t('report.movement')), el('th', {}, t('report.vehicles')), ...MEASURES.flatMap(head), el('th', {}, t('report.verdict'))]);
  return el('div', { class: 'reportbox', tabindex: 0 }, el('table', { class: 'report', 'data-testid': 'report-table' }, el('thead', {}, title), el('tbody', {}, rows.map(line))));
}

function walk(each) {
  const values = { junction: each.junction, group: each.group, old: number(each.wait.old, 1), next: number(each.wait.new, 1) };
  return el('li', {}, t('report.walk', values));
}

function bandPart(corridor, which, life) {
  if (!corridor?.signals?.length) return [];
  const picture = new TimeSpace(life.child());
  picture.show(corridor);
  return [el('h3', {}, t(`bands.${which}`)), picture.node];
}
