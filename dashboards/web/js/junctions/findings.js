/** What the linter found: which rule, where, at which second, what is wrong and what would be right. */

import { el } from '../dom.js';
import { number } from '../format.js';
import { t, word } from '../i18n.js';

const ORDER = ['error', 'warning', 'note'];

/** The program that a finding is about; null: it is about none, or several. */
export function programOf({ place }) {
  return /^programs?[./ ]([^./ ]+)/.exec(place ?? '')?.[1] ?? null;
}

/** The findings of program `name` as marks of its bars: {second, severity, row}; `row` -1: no one group's. */
export function placed(findings, name, groups) {
  return findings
    .filter((each) => programOf(each) === name && Number.isFinite(each.second))
    .map((each) => ({ second: each.second, severity: each.severity, row: groups.findIndex(({ id }) => new RegExp(`[./ ]groups?[./ ]${id}(?![\\w-])`).test(each.place)) }));
}

/** The list; `go(finding)`, where given, shows its place. Errors stand first, then in the order of the cycle. */
export function findingList(findings, go) {
  if (!findings.length) return el('p', { class: 'good', 'data-testid': 'findings' }, t('findings.none'));
  const sorted = [...findings].sort((one, other) => ORDER.indexOf(one.severity) - ORDER.indexOf(other.severity) || (one.second ?? -1) - (other.second ?? -1));
  const place = (each) => [each.place, Number.isFinite(each.second) ? t('findings.second', { s: number(each.second, 0) }) : ''].filter(Boolean).join(' · ');
  const line = (each) =>
    el('li', { class: `finding is-${each.severity}`, 'data-testid': `finding-${each.rule}` }, [
      el('p', {}, [
        el('b', { class: 'severity' }, word('findings.severity', each.severity)),
        ' ',
        go ? el('button', { type: 'button', class: 'link', onclick: () => go(each) }, place(each)) : el('span', {}, place(each)),
        ' ',
        el('code', {}, each.rule),
      ]),
      el('p', {}, each.wrong),
      each.right ? el('p', { class: 'muted' }, t('findings.right', { right: each.right })) : null,
    ]);
  return el('ul', { class: 'findings', 'data-testid': 'findings' }, sorted.map(line));
}
