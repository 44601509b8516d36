/** Tables that spreadsheets read (RFC 4180, with a byte order mark for UTF-8). */

/** One cell; text that a spreadsheet would take for a formula gets an apostrophe before it. */
function cell(value) {
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** `lines` of cells below a `head`. */
export function csv(head, lines) {
  return `\ufeff${[head, ...lines].map((line) => `${line.map(cell).join(',')}\r\n`).join('')}`;
}
