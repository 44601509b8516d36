/** What the linter found: which rule, where, at which second, what is wrong and what would be right. */

import { el } from '../dom.js';
import { number } from '../format.js';
import { t, word } from '../i18n.js';

const ORDER = ['error', 'warning', 'note'];

/** The findings of program `name` as marks of its bars: {second, severity, row}; `row` -1: no one group's. */
export function placed(findings, name, groups) {
  return findings
    .filter((each) => each.program === name && Number.isFinite(each.second))
    .flatMap(({ second, severity, groups: named }) => {
      const rows = groups.flatMap(({ id }, row) => (named?.includes(id) ? [row] : []));
      return (rows.length ? rows : [-1]).map((row) => ({ second, severity, row }));
    });
}

/** Where a finding is: its program, the one that it is entered from, and its groups. */
function placeText({ program, source, groups }) {
  const entered = source === 'start' ? t('findings.at-start') : source ? t('findings.entered', { source }) : '';
  return [program ? t('findings.program', { program }) : t('findings.whole'), entered, (groups ?? []).join(', ')].filter(Boolean).join(' · ');
}

/** What is wrong, or would be right, in the language of the page; a rule that it does not know speaks as the hub does. */
function saidOf(side, { rule, params, [side]: said }) {
  const key = `lint.${rule}.${side}`;
  const inWords = ([name, value]) => [name, value?.phrase ? t(`lintphrase.${value.phrase}`, value.values) : value];
  const text = t(`lint.${rule}.${side}`, Object.fromEntries(Object.entries(params ?? {}).map(inWords)));
  return text === key ? said : text;
}

/** The list; `go(finding)`, where given, shows its place. Errors stand first, then in the order of the cycle. */
export function findingList(findings, go) {
  if (!findings.length) return el('p', { class: 'good', 'data-testid': 'findings' }, t('findings.none'));
  const sorted = [...findings].sort((one, other) => ORDER.indexOf(one.severity) - ORDER.indexOf(other.severity) || (one.second ?? -1) - (other.second ?? -1));
  const place = (each) => [placeText(each), Number.isFinite(each.second) ? t('findings.second', { s: number(each.second, 0) }) : ''].filter(Boolean).join(' · ');
  const line = (each) =>
    el('li', { class: `finding is-${each.severity}`, 'data-testid': `finding-${each.rule}` }, [
      el('p', {}, [
        el('b', { class: 'severity' }, word('findings.severity', each.severity)),
        ' ',
        go ? el('button', { type: 'button', class: 'link', onclick: () => go(each) }, place(each)) : el('span', {}, place(each)),
        ' ',
        el('code', {}, each.rule),
      ]),
      el('p', {}, saidOf('wrong', each)),
      el('p', { class: 'muted' }, t('findings.right', { right: saidOf('right', each) })),
    ]);
  return el('ul', { class: 'findings', 'data-testid': 'findings' }, sorted.map(line));
}
