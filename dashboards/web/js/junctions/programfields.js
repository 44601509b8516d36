/** The numbers of a program: cycle, offset, where plans may change, stages, waits and skips. */

import { el, fill } from '../dom.js';
import { t } from '../i18n.js';
import { resized, runsOf, statesOf } from './cycle.js';

const LISTS = { stages: ['id', 'from', 'to'], waits: ['at', 'most'], skips: ['from', 'to'] };
const FRESH = { stages: { id: '', from: 0, to: 0 }, waits: { at: 0, most: 5 }, skips: { from: 0, to: 0 } };

/** The whole numbers that somebody wrote with commas. */
export function wholeNumbers(text) {
  return text.split(/[\s,;]+/).filter(Boolean).map(Number).filter(Number.isInteger);
}

/** {node}: fields of `program`; `change(act, field)` changes it by `act(program)`. */
export function programFields(program, change) {
  const groups = Math.max(0, ...Object.values(program.states ?? {}).map((state) => state.length));
  const cycle = (value) =>
    change((body) => {
      const rows = Array.from({ length: groups }, (_, place) => resized(runsOf(body, place), body.cycle, value));
      body.states = statesOf(rows, value);
      body.cycle = value;
    }, 'cycle');
  const whole = (name, value, act, least = 0, most = 300) => {
    const input = el('input', { type: 'number', inputmode: 'numeric', min: least, max: most, step: 1, value, 'data-testid': `program-${name}-field` });
    input.addEventListener('change', () => {
      const next = Number(input.value);
      if (Number.isInteger(next) && next >= least && next <= most) act(next);
      else input.value = value;
    });
    return el('label', { class: 'field' }, el('span', {}, t(`editor.field.${name}`)), input);
  };
  const switches = el('input', { type: 'text', inputmode: 'numeric', value: (program.switch ?? [0]).join(', '), 'data-testid': 'program-switch-field', onchange: () => change((body) => (body.switch = wholeNumbers(switches.value)), 'switch') });
  const lists = Object.keys(LISTS).map((list) => rows(program, list, change));
  const node = el('div', { class: 'programfields' }, [
    el('div', { class: 'fields' }, [
      whole('cycle', program.cycle, cycle, 10),
      whole('offset', program.offset ?? 0, (value) => change((body) => (body.offset = value), 'offset')),
      el('label', { class: 'field' }, el('span', {}, t('editor.field.switch')), switches),
    ]),
    lists,
  ]);
  return { node };
}

/** The rows of one list of the program, with the ways to one more and one less. */
function rows(program, list, change) {
  const box = el('div', { class: 'minirows' });
  const draw = () => {
    const items = program[list] ?? [];
    const cell = (item, at, name) => {
      const number = name !== 'id';
      const label = t(`editor.field.${name}`);
      const input = el('input', { type: number ? 'number' : 'text', inputmode: number ? 'numeric' : 'text', min: 0, step: 1, value: item[name] ?? '', 'aria-label': `${t(`editor.${list}`)} ${at + 1}: ${label}`, 'data-testid': `${list}-${at}-${name}` });
      input.addEventListener('change', () => change((body) => (body[list][at][name] = number ? Number(input.value) : input.value.trim()), `${list}${at}${name}`));
      return el('label', {}, el('span', {}, label), input);
    };
    const line = (item, at) =>
      el('div', { class: 'minirow' }, [
        LISTS[list].map((name) => cell(item, at, name)),
        el('button', { type: 'button', class: 'quiet', 'data-testid': `${list}-${at}-drop`, 'aria-label': t('editor.drop', { what: `${t(`editor.${list}`)} ${at + 1}` }), onclick: () => act((body) => body[list].splice(at, 1)) }, '×'),
      ]);
    const add = el('button', { type: 'button', class: 'quiet', 'data-testid': `${list}-add`, onclick: () => act((body) => (body[list] = [...(body[list] ?? []), { ...FRESH[list] }])) }, t(`editor.add.${list}`));
    fill(box, el('h3', {}, t(`editor.${list}`)), items.map(line), add);
  };
  const act = (how) => {
    change(how, null);
    draw();
  };
  draw();
  return box;
}
