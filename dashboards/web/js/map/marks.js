/** The flags of incidents: a pennant above every device that one has marked. */

const POLE = 16;

/** Draw them over the lights of `canvas`; `marked` are ids of devices. */
export function drawMarks(canvas, { city, view, palette, ratio, marked }) {
  const ctx = canvas.getContext('2d');
  for (const id of marked) {
    const place = city.places.get(id);
    if (place === undefined) continue;
    ctx.setTransform(ratio, 0, 0, ratio, view.screenX(city.x[place]) * ratio, view.screenY(city.y[place]) * ratio);
    ctx.strokeStyle = ctx.fillStyle = palette['lamp-fault'];
    ctx.lineWidth = 2;
    ctx.beginPath();
    ctx.moveTo(0, -4);
    ctx.lineTo(0, -4 - POLE);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(0, -4 - POLE);
    ctx.lineTo(12, -POLE);
    ctx.lineTo(0, 4 - POLE);
    ctx.closePath();
    ctx.fill();
  }
  ctx.setTransform(1, 0, 0, 1, 0, 0);
}
