/** What plan sets did to simulated traffic: the reports that are attached to one, with their figures for all movements. */

import { el, fill } from '../dom.js';
import { t, word } from '../i18n.js';
import { holds } from '../permission.js';
import { saveAs } from '../refused.js';
import { addEvaluation, evaluation, evaluationPage, evaluations } from './calls.js';
import { reportPart } from './report.js';

/** The part of a plan set's view. */
export function evaluationPart(room, plan, life) {
  const { api, store, times } = room.context;
  const list = el('ul', { class: 'journal', 'data-testid': 'evaluations' });
  const shown = el('div', {});
  const error = el('p', { class: 'error', role: 'alert', hidden: true, 'data-testid': 'evaluations-error' });
  const fail = (problem) => {
    error.hidden = false;
    fill(error, problem.message);
  };
  const run = async (act) => {
    error.hidden = true;
    try {
      await act();
    } catch (problem) {
      if (!life.ended) fail(problem);
    }
  };
  const page = (id) => run(async () => saveAs(await evaluationPage(api, id), `evaluation-${id}.html`));
  const open = (item) =>
    run(async () => {
      const found = await evaluation(api, item.id);
      if (life.ended) return;
      const link = el('button', { type: 'button', 'data-testid': 'evaluation-html', onclick: () => page(item.id) }, t('evaluations.page'));
      fill(shown, reportPart(room.context, found.report, life), found.has_html ? link : null);
    });
  const row = (item) =>
    el('li', { 'data-testid': 'evaluation' }, [
      el('button', { type: 'button', class: 'link', 'data-testid': 'evaluation-open', onclick: () => open(item) }, times.full(item.created)),
      ` · ${word('verdict', item.verdict)} · ${t('junctions.by', { by: item.by })}`,
    ]);
  const load = () =>
    run(async () => {
      const items = await evaluations(api, plan);
      if (!life.ended) fill(list, items.length ? items.map(row) : el('li', { class: 'empty' }, t('evaluations.none')));
    });
  const input = el('input', { type: 'file', accept: '.json,.html', multiple: true, hidden: true, 'data-testid': 'evaluation-file' });
  input.addEventListener('change', () => {
    const files = [...input.files];
    const file = files.find((each) => !each.name.endsWith('.html'));
    const page = files.find((each) => each.name.endsWith('.html'));
    input.value = ''; // the same file may be chosen again, once it was mended
    if (!file) return;
    run(async () => {
      let report;
      try {
        report = JSON.parse(await file.text());
      } catch (problem) {
        throw new Error(t('evaluations.bad', { file: file.name, why: problem.message }), { cause: problem });
      }
      await addEvaluation(api, plan, { report, html: page ? await page.text() : null });
      load();
    });
  });
  const attach = holds(store, 'configure-signals') ? [input, el('button', { type: 'button', 'data-testid': 'evaluation-attach', onclick: () => input.click() }, t('evaluations.attach'))] : null;
  load();
  return el('section', { class: 'evaluations' }, el('h3', {}, t('evaluations.title')), error, list, attach, shown);
}
