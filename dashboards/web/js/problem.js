/** What the hub refuses, and why, in the page's language. */

import { t } from './i18n.js';

/**
 * What went wrong: `status` (0: no answer), `code` (kebab-case), `message` for people, `detail` the hub's own sentence,
 * `errors` per field, `approval` that was kept for a second person, `body` as the hub wrote it.
 */
export class Problem extends Error {
  constructor(status, code, message, detail = '', errors = [], approval = null, body = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.errors = errors;
    this.approval = approval;
    this.body = body;
  }
}

/**
 * A problem in the page's language; the hub's own sentence is part of it where it names things or numbers. `why` is a code where
 * one problem has several reasons that we have words for.
 */
export function problemText(code, detail, why = '') {
  const key = `problem.${code}`;
  const text = t(`problem.${code}`, { detail: why ? t(`problemwhy.${why}`) : detail });
  return text === key ? detail : text;
}

/** The problem that an answer of the hub says. */
export async function problemOf(answer) {
  let body = {};
  try {
    body = await answer.json();
  } catch {
    // Not from the hub (a proxy's page): the status has to do.
  }
  const code = body.code ?? 'unknown';
  const detail = String(body.detail || body.title || t('error.status', { status: answer.status }));
  return new Problem(answer.status, code, problemText(code, detail, body.why), detail, body.errors ?? [], body.approval, body);
}
