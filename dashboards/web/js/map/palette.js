/** Colours of the map: read from the style sheet, so that themes have one home. */

const NAMES = [
  'ground',
  'street',
  'street-edge',
  'street-chosen',
  'area',
  'label',
  'label-street',
  'halo',
  'lamp-off',
  'lamp-low',
  'lamp-high',
  'lamp-override',
  'lamp-emergency',
  'lamp-waiting',
  'lamp-local',
  'lamp-offline',
  'lamp-fault',
  'device',
  'chosen',
];

/** {name: colour} from the custom properties `--map-<name>`, as they are now. */
export function readPalette() {
  const style = getComputedStyle(document.documentElement);
  const palette = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--map-${name}`).trim()]));
  palette.glow = style.getPropertyValue('--map-glow').trim() === 'yes';
  return palette;
}

function channels(hex) {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** The colour of a lit lamp: from `lamp-low` at 1 % to `lamp-high` at 100 %. */
export function lampColour(palette, level) {
  const low = channels(palette['lamp-low']);
  const high = channels(palette['lamp-high']);
  const share = Math.min(1, Math.max(0, level / 100)) ** 0.8;
  return `rgb(${low.map((from, at) => Math.round(from + (high[at] - from) * share)).join(' ')})`;
}

/** The colour a light in `state` is told by. */
export function stateColour(palette, state, level) {
  if (state === 'on') return lampColour(palette, level);
  if (state === 'off' || state === 'unknown') return palette['lamp-off'];
  return palette[`lamp-${state}`];
}
