/** Small controls that the editors share. */

import { el } from '../dom.js';
import { t } from '../i18n.js';

/** A control under its label. */
export function labelled(text, control, kind = '') {
  return el('label', { class: kind }, el('span', {}, text), control);
}

/** A choice of [value, text] pairs. */
export function choice(options, chosen, act, attributes = {}) {
  const select = el('select', { ...attributes, onchange: () => act(select.value) });
  select.append(...options.map(([value, text]) => el('option', { value, selected: value === chosen }, text)));
  return select;
}

/** A number, also one with a fraction unless `step` says otherwise; an empty field is null. */
export function numberField(value, act, attributes = {}) {
  const input = el('input', {
    type: 'number',
    inputmode: 'numeric',
    step: 'any',
    value: value ?? '',
    ...attributes,
    oninput: () => act(input.value === '' ? null : Number(input.value)),
  });
  return input;
}

/** What is wrong with the first bad field in `node`, in words of the page; null when the fields will do. */
export function fieldProblem(node) {
  const bad = [...node.querySelectorAll('input')].find((input) => !input.validity.valid);
  if (!bad) return null;
  const label = bad.getAttribute('aria-label') ?? bad.closest('label')?.firstElementChild.textContent ?? '';
  if (bad.type === 'time') return t('field.time', { label });
  if (bad.type === 'date') return t('field.date', { label });
  const whole = bad.step === '1' ? 'field.whole' : 'field.number';
  return t(whole, { label, min: bad.min, max: bad.max });
}

export function textField(value, act, attributes = {}) {
  const input = el('input', { type: 'text', value: value ?? '', ...attributes, oninput: () => act(input.value) });
  return input;
}

export function tick(text, checked, act, attributes = {}) {
  const input = el('input', { type: 'checkbox', checked, ...attributes, onchange: () => act(input.checked) });
  return el('label', { class: 'tick' }, input, el('span', {}, text));
}

/** A chip that is pressed or not. */
export function toggle(text, pressed, act, attributes = {}) {
  const button = el(
    'button',
    {
      type: 'button',
      class: 'chip',
      'aria-pressed': String(pressed),
      ...attributes,
      onclick: () => {
        const now = button.getAttribute('aria-pressed') !== 'true';
        button.setAttribute('aria-pressed', String(now));
        act(now);
      },
    },
    text,
  );
  return button;
}

/** Every zone to choose from, as deep as it lies; `first` is an option before them. */
export function zoneChoice(tree, chosen, act, attributes = {}, first = null) {
  const options = first ? [first] : [];
  const below = (parent, depth) => {
    for (const id of tree.children(parent)) {
      options.push([id, `${'\u00a0\u00a0'.repeat(depth)}${tree.get(id).name}`]);
      below(id, depth + 1);
    }
  };
  below(null, 0);
  return choice(options, chosen, act, attributes);
}

/** Buttons that move row `at` of `count` up and down and remove it. */
export function rowButtons(name, at, count, act) {
  const button = (what, sign, disabled) =>
    el(
      'button',
      {
        type: 'button',
        class: 'quiet square',
        disabled,
        'aria-label': t(`row.${what}`, { row: t(`${name}.number`, { number: at + 1 }) }),
        title: t(`row.${what}`, { row: t(`${name}.number`, { number: at + 1 }) }),
        'data-testid': `${name}-${at + 1}-${what}`,
        onclick: () => act(what),
      },
      sign,
    );
  return el('div', { class: 'rowbuttons' }, [
    button('up', '↑', at === 0),
    button('down', '↓', at === count - 1),
    button('remove', '✕', false),
  ]);
}

/** Do what a row's button says to the list; the number (from 1) of the row to look at next. */
export function rearrange(items, at, what) {
  const [item] = items.splice(at, 1);
  if (what === 'remove') return Math.min(at + 1, items.length);
  const to = at + (what === 'up' ? -1 : 1);
  items.splice(to, 0, item);
  return to + 1;
}
