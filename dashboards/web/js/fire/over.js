/** Keeps a node in sight while dialogs are open: what lies outside an open modal dialog can neither be read in full nor pressed. */

/** `node` lives in `home`; while a dialog is open it is the first thing in the one opened last, except in `not`, which says the same. */
export function overDialogs(node, home, not) {
  const open = []; // dialogs, the one opened last at the end
  const place = () => {
    const top = open.at(-1);
    const into = !top || top === not ? home : top;
    if (node.parentElement !== into || into.firstElementChild !== node) into.prepend(node);
  };
  const seen = (dialog) => {
    const at = open.indexOf(dialog);
    if (dialog.open === at >= 0) return;
    if (dialog.open) open.push(dialog);
    else open.splice(at, 1);
  };
  const watch = new MutationObserver((changes) => {
    for (const { target } of changes) seen(target);
    place();
  });
  for (const dialog of document.querySelectorAll('dialog')) watch.observe(dialog, { attributeFilter: ['open'], childList: true });
}
