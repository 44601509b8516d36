/** A drawing of the page as a file of its own: what the style sheets give it is written into it. */

const STYLES = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-linecap', 'opacity', 'font-size', 'font-family', 'text-anchor'];

/** The `svg` element as an image file, on the ground that it is seen on. */
export function svgFile(drawing) {
  const copy = drawing.cloneNode(true);
  const copies = [...copy.querySelectorAll('*')];
  [...drawing.querySelectorAll('*')].forEach((node, at) => {
    const style = getComputedStyle(node);
    for (const name of STYLES) copies[at].setAttribute(name, style.getPropertyValue(name));
    copies[at].removeAttribute('class');
  });
  const ground = document.createElementNS(copy.namespaceURI, 'rect');
  ground.setAttribute('width', '100%');
  ground.setAttribute('height', '100%');
  ground.setAttribute('fill', getComputedStyle(drawing.closest('dialog') ?? document.body).backgroundColor);
  copy.prepend(ground);
  copy.removeAttribute('aria-hidden');
  return new Blob([new XMLSerializer().serializeToString(copy)], { type: 'image/svg+xml' });
}
