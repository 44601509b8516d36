/** What the letters of a signal state mean: SUMO's, one a group. */

import { word } from '../i18n.js';

const NAMES = {
  G: 'green',
  g: 'permitted',
  y: 'amber',
  u: 'redamber',
  r: 'red',
  f: 'flashgreen',
  o: 'flashamber',
  O: 'dark',
};

export const LETTERS = Object.keys(NAMES);
const GREEN = 'Ggf';
const PASSING = 'yuf'; // they last as long as they must, whatever is before and after

/** The name of a letter, as in a class of the style sheet; one that nobody knows is 'unknown'. */
export function nameOf(letter) {
  return NAMES[letter] ?? 'unknown';
}

/** A letter in words of the page. */
export function letterText(letter) {
  return word('signal', nameOf(letter));
}

/** Whether somebody may go. */
export function isGreen(letter) {
  return GREEN.includes(letter);
}

/** Whether it only leads from one signal to another: amber, red with amber, flashing green. */
export function isPassing(letter) {
  return PASSING.includes(letter);
}
