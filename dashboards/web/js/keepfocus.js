/** Where the keyboard goes: into the panel of what was chosen by keyboard, and back when the panel is closed. */

/** The element that stands for `node` now: itself, or after its list was built anew the one in its place; else null. */
export function successor(node) {
  if (!node || node.isConnected) return node;
  const name = ['testid', 'id'].find((each) => node.dataset[each]);
  return name ? document.querySelector(`${node.localName}[data-${name}="${CSS.escape(node.dataset[name])}"]`) : null;
}

/** Follow the choices of `store`, whose panel is `panel`. */
export function keepFocus(store, panel) {
  let byKeyboard = false;
  let origin = null;
  addEventListener('keydown', () => (byKeyboard = true), true);
  addEventListener('pointerdown', () => (byKeyboard = false), true);
  store.on('chosen', () => {
    if (!byKeyboard) return;
    if (!panel.contains(document.activeElement)) origin = document.activeElement;
    panel.focus();
  });
  store.on('selection', (selection) => {
    if (selection) return;
    if (byKeyboard) successor(origin)?.focus();
    origin = null;
  });
}
