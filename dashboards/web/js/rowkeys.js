/** Arrows go through the rows of a list in a dialog, as in the tree of zones. */

/** `list()` is the list whose rows, `li` with a tabindex, the arrow keys walk while the focus is in `dialog`. */
export function rowKeys(dialog, list) {
  dialog.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.target.closest('select, input')) return;
    const rows = [...list().querySelectorAll(':scope > li[tabindex]')];
    const at = rows.indexOf(event.target.closest('li[tabindex]'));
    rows[Math.max(0, Math.min(rows.length - 1, at + step))]?.focus();
    event.preventDefault();
  });
}
