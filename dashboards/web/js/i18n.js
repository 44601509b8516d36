/** The page's language: texts from the catalogues, remembered, by default the browser's. */

import en from './i18n/en.js';
import vi from './i18n/vi.js';

const CATALOGUES = { en, vi };
const LOCALES = { en: 'en-GB', vi: 'vi-VN' };
const KEY = 'lamplighter.language';
const listeners = new Set();

function first() {
  try {
    const kept = localStorage.getItem(KEY);
    if (kept in CATALOGUES) return kept;
  } catch {
    // Storage may be closed to us.
  }
  return (
    (navigator.languages ?? [navigator.language]).map((tag) => tag.slice(0, 2)).find((tag) => tag in CATALOGUES) ?? 'en'
  );
}

let current = first();

export const LANGUAGES = Object.keys(CATALOGUES);

/** The language in use: 'en' or 'vi'. */
export function language() {
  return current;
}

/** The same for Intl: days come before months, as in the cities that this page is for. */
export function locale() {
  return LOCALES[current];
}

/** Change it, remember it, tell everybody. */
export function setLanguage(next) {
  if (!(next in CATALOGUES) || next === current) return;
  current = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Not remembered, then.
  }
  for (const listener of listeners) listener();
}

/** Call `listener` after every change of language. */
export function onLanguage(listener) {
  listeners.add(listener);
}

/** The text of `key` with {names} filled in; a text with forms {one, other} chooses by `values.n`. */
export function t(key, values = {}) {
  const found = CATALOGUES[current][key];
  if (found === undefined) return key;
  const rule = typeof found === 'string' ? null : new Intl.PluralRules(current).select(values.n ?? 0);
  const text = rule === null ? found : (found[rule] ?? found.other);
  return text.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? value.toLocaleString(locale()) : String(value);
  });
}

/** The text of a word of the hub's vocabulary, `family.word`; a word the page does not know is shown as it is. */
export function word(family, name) {
  return CATALOGUES[current][`${family}.${name}`] === undefined ? String(name) : t(`${family}.${name}`);
}

/** Put texts into elements that carry data-i18n, data-i18n-label, data-i18n-placeholder or data-i18n-title. */
export function translate(root) {
  for (const node of root.querySelectorAll('[data-i18n]')) node.textContent = t(node.dataset.i18n);
  for (const node of root.querySelectorAll('[data-i18n-label]'))
    node.setAttribute('aria-label', t(node.dataset.i18nLabel));
  for (const node of root.querySelectorAll('[data-i18n-placeholder]'))
    node.placeholder = t(node.dataset.i18nPlaceholder);
  for (const node of root.querySelectorAll('[data-i18n-title]')) node.title = t(node.dataset.i18nTitle);
}
