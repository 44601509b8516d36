/** Ids from names. */

import { plain } from '../format.js';

/** "Giảm sáng 70/30" -> "giam-sang-70-30" */
export function slug(name) {
  return plain(name)
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 63);
}
