/** The page's icons, as paths on a 24 x 24 field. */

import { svg } from './dom.js';

const PATHS = {
  map: 'M9 4 3 6.5v13L9 17l6 2.5 6-2.5v-13L15 6.500 9 4zm0 0v13m6-10.500v13',
  zones: 'M4 6h7M4 12h4m3 0h9M11 18h9M8 12v6h3',
  order: 'M12 3v6m0 0a5 5 0 0 1 3 9v2H9v-2a5 5 0 0 1 3-9zM10 23h4',
  activity: 'M12 7v5l3 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0z',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  fit: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  close: 'M6 6l12 12M18 6 6 18',
  focus: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v4m0 12v4M2 12h4m12 0h4',
  legend: 'M5 6h.01M9 6h10M5 12h.01M9 12h10M5 18h.01M9 18h10',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2m0 16v2M2 12h2m16 0h2M5 5l1.500 1.500m11 11L19 19M5 19l1.500-1.500m11-11L19 5',
  quarantine: 'M4 7h16v12H4zM4 7l2-3h12l2 3M12 10v4m0 2.500v.010',
  air: 'M3 9h10a3 3 0 1 0-3-3M3 13h15a3 3 0 1 1-3 3M3 17h7a2 2 0 1 1-2 2',
  alarm: 'M6 17h12l-1.500-2v-4a4.500 4.500 0 0 0-9 0v4zM10.500 20h3M12 3.500v2',
  fire: 'M12 3c1 4 5 6 5 11a5 5 0 0 1-10 0c0-2 1-3 2-4 .500 2 1.500 2.500 2 2.500C12 10 11 6 12 3z',
  junction: 'M9 3v6H3m12-6v6h6M9 21v-6H3m12 6v-6h6M12 11.500v1',
  plans: 'M3 20h18M4 16h4V7h5v5h4V5h3',
  back: 'M14 6l-6 6 6 6',
  leave: 'M10 4H5v16h5M14 8l4 4-4 4m4-4H9',
};

/** A decorative icon; the control that holds it carries the label. */
export function icon(name) {
  return svg('svg', { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true' }, svg('path', { d: PATHS[name] }));
}
