/** The views of the room of junctions, by the names under which they ask for each other: `room.visit('set', junction, id)`. */

import { editorPage } from './editor.js';
import { junctionList } from './list.js';
import { onePage } from './one.js';
import { routesPage } from './routes.js';
import { setPage } from './set.js';
import { setsPage } from './sets.js';
import { wavePage } from './wave.js';
import { wavesPage } from './waves.js';

/** Each makes a view `{title, node, dirty?()}` of (room, what it is about..., life). */
export const VIEWS = {
  list: junctionList,
  one: onePage,
  sets: setsPage,
  set: setPage,
  editor: editorPage,
  routes: routesPage,
  waves: wavesPage,
  wave: wavePage,
};
