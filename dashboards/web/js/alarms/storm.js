/** What is said above the list of alarms when there are more than it shows at once. */

import { el, setText } from '../dom.js';
import { t } from '../i18n.js';

export class StormNotice {
  /** `inGroups()` shows the list in groups. */
  constructor(inGroups) {
    this.said = el('span', {});
    const button = el('button', { type: 'button', 'data-testid': 'alarms-in-groups', onclick: inGroups }, t('alarms.storm-groups'));
    this.node = el('p', { class: 'notice storm', hidden: true, 'data-testid': 'alarms-storm' }, this.said, ' ', button);
  }

  /** So many alarms; 0: nothing to say. */
  show(n) {
    this.node.hidden = n === 0;
    setText(this.said, t('alarms.storm', { n }));
  }
}
