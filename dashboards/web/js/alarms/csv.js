/** Alarms as a table that spreadsheets read: columns as `GET /alarms` names them, moments in UTC. */

import { csv } from '../csv.js';
import { el } from '../dom.js';
import { language, t } from '../i18n.js';
import { saveAs } from '../refused.js';
import { everyAlarm } from './calls.js';
import { said } from './said.js';

const COLUMNS = ['id', 'severity', 'type', 'state', 'device', 'name', 'point', 'zone', 'street', 'cabinet', 'began', 'changed', 'acknowledged', 'acknowledged_by', 'cause', 'beneath'];

/** `items` of the list, with the text and the detail in the language of the page. */
export function alarmsCsv(items) {
  const lines = items.map((item) => [...COLUMNS.map((column) => item[column] ?? ''), item.text[language()], said(item.detail)]);
  return csv([...COLUMNS, 'text', 'detail'], lines);
}

/** The button that saves all alarms of `filter()`; `failed(problem)` is told what the hub refuses. */
export function fileButton({ api, store }, filter, failed) {
  const onclick = async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    try {
      const day = new Date(store.clock.now()).toISOString().slice(0, 10);
      saveAs(new Blob([alarmsCsv(await everyAlarm(api, filter()))], { type: 'text/csv' }), `alarms-${day}.csv`);
    } catch (problem) {
      failed(problem);
    }
    button.disabled = false;
  };
  return el('button', { type: 'button', 'data-testid': 'alarms-csv', onclick }, t('alarms.csv'));
}
