/** The fields of a playbook's form: what each part holds, as data, and the inputs that change it. */

import { el } from '../dom.js';
import { t, word } from '../i18n.js';

const SEVERITIES = ['critical', 'high', 'medium', 'low'];

/** Every part: its fields as [name, kind, options]; `words` are lists, written with commas. */
export const PARTS = {
  head: [
    ['name', 'text'],
    ['enabled', 'check'],
    ['dry_run', 'check'],
    ['after_minutes', 'number'],
    ['most_minutes', 'number'],
  ],
  trigger: [
    ['types', 'words'],
    ['classes', 'words'],
    ['severities', 'words'],
    ['zones', 'words'],
    ['devices', 'words'],
    ['points', 'words'],
  ],
  light: [
    ['level', 'number'],
    ['ramp', 'number'],
    ['within', 'number'],
    ['whole_streets', 'check'],
    ['own_zone', 'check'],
    ['zones', 'words'],
    ['devices', 'words'],
  ],
  route: [
    ['route', 'text'],
    ['minutes', 'number'],
    ['reason', 'text'],
  ],
  mark: [
    ['text', 'text'],
    ['on', 'choice', ['device', 'cabinet', 'none']],
    ['devices', 'words'],
  ],
  notify: [
    ['text', 'text'],
    ['severity', 'choice', SEVERITIES],
    ['to', 'words'],
  ],
  ask: [['text', 'text']],
};

/** What a new row holds. */
export const FRESH = {
  light: { level: 100, ramp: 5, within: 200 },
  route: { route: '', minutes: 15, reason: '' },
  mark: { text: '', on: 'device' },
  notify: { text: '', severity: 'high' },
  ask: { text: '' },
};

const READ = {
  text: (input) => input.value,
  number: (input) => (input.value === '' ? undefined : Number(input.value)),
  check: (input) => input.checked,
  words: (input) => input.value.split(',').map((each) => each.trim()).filter(Boolean),
  choice: (input) => input.value,
};

function choiceText(name, option) {
  return name === 'severity' ? word('severity', option) : t(`playbooks.on.${option}`);
}

/** One labelled input over `holder[name]`; `changed()` is called after every change. */
export function field(part, [name, kind, options], holder, changed, disabled) {
  const value = holder[name];
  const common = { disabled, 'data-testid': `playbook-${part}-${name}`, 'data-name': name };
  const input =
    kind === 'choice'
      ? el('select', common, options.map((each) => el('option', { value: each }, choiceText(name, each))))
      : el('input', { ...common, type: { check: 'checkbox', number: 'number' }[kind] ?? 'text', step: kind === 'number' ? 'any' : null });
  if (kind === 'check') input.checked = Boolean(value);
  else input.value = kind === 'words' ? (value ?? []).join(', ') : (value ?? '');
  input.addEventListener(kind === 'choice' || kind === 'check' ? 'change' : 'input', () => {
    holder[name] = READ[kind](input);
    changed();
  });
  const label = el('span', {}, t(`playbooks.field.${name}`));
  return el('label', { class: `field ${kind}` }, kind === 'check' ? [input, label] : [label, input]);
}
