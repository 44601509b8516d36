/** Small ways to make and replace elements. Nothing here ever parses text as HTML. */

const PROPERTIES = new Set(['value', 'checked', 'disabled', 'hidden', 'selected', 'indeterminate']);

function decorate(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (PROPERTIES.has(name)) node[name] = value;
    else node.setAttribute(name, value === true ? '' : String(value));
  }
}

function present(child) {
  return child !== undefined && child !== null && child !== false;
}

/** el('button', {class: 'quiet', onclick: act}, 'Send') makes an element; absent attributes and children are skipped. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  decorate(node, attributes);
  node.append(...children.flat(2).filter(present));
  return node;
}

/** As `el`, in the SVG namespace. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  decorate(node, attributes);
  node.append(...children);
  return node;
}

/** Replace everything inside `node`. */
export function fill(node, ...children) {
  node.replaceChildren(...children.flat(2).filter(present));
  return node;
}

/** Set the text of `node` only when it differs, so that screen readers and selections are left alone. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Run `act` once, `wait` ms after the last call. */
export function debounce(wait, act) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...values), wait);
  };
}

/** Run `act` once, `wait` ms after the first call of several: calls that never pause do not put it off. */
export function paced(wait, act) {
  let timer = 0;
  return () => {
    timer ||= setTimeout(() => {
      timer = 0;
      act();
    }, wait);
  };
}
