/** Labelled fields of the forms of notifications. */

import { el } from '../dom.js';

/** A text field; `attributes` are those of the input. */
export function field(label, testid, attributes = {}) {
  const input = el('input', { 'data-testid': testid, autocomplete: 'off', spellcheck: 'false', ...attributes });
  return { node: el('label', {}, el('span', {}, label), input), input };
}

/** A choice; `options` are [value, text]. */
export function choice(label, testid, options, value) {
  const input = el('select', { 'data-testid': testid }, options.map(([each, text]) => el('option', { value: each }, text)));
  input.value = value;
  return { node: el('label', {}, el('span', {}, label), input), input };
}

/** Boxes to tick; `chosen()` lists those that are. */
export function ticks(label, testid, options, chosen) {
  const boxes = options.map(([value, text]) => {
    const input = el('input', { type: 'checkbox', value, 'data-testid': `${testid}-${value}`, checked: chosen.includes(value) });
    return { input, node: el('label', { class: 'tick' }, input, text) };
  });
  return {
    node: el('fieldset', {}, el('legend', {}, label), boxes.map((each) => each.node)),
    chosen: () => boxes.filter((each) => each.input.checked).map((each) => each.input.value),
  };
}

/** The words of a list that somebody wrote with commas. */
export function listed(text) {
  return text.split(',').map((each) => each.trim()).filter(Boolean);
}
