/** How junctions run, where it is not by their plan: a shape beside the hexagon for each mode. */

const APART = 13; // px from the middle of the hexagon

const DRAW = {
  flash(ctx, palette) {
    ctx.fillStyle = palette['lamp-high'];
    for (const [from, to] of [[0, 0.5], [1, 1.5]]) {
      ctx.beginPath();
      ctx.moveTo(0, 0);
      ctx.arc(0, 0, 6, from * Math.PI, to * Math.PI);
      ctx.fill();
    }
    circle(ctx, 6, palette['lamp-high']);
  },
  dark: (ctx, palette) => circle(ctx, 5, palette['lamp-off']),
  local: bars,
  manual: bars,
  fault(ctx, palette) {
    ctx.fillStyle = palette['lamp-fault'];
    ctx.beginPath();
    ctx.moveTo(0, -7);
    ctx.lineTo(7, 5);
    ctx.lineTo(-7, 5);
    ctx.closePath();
    ctx.fill();
  },
  old(ctx, palette) {
    ctx.setLineDash([2, 3]);
    circle(ctx, 6, palette['lamp-offline']);
    ctx.setLineDash([]);
  },
};

function circle(ctx, radius, colour) {
  ctx.beginPath();
  ctx.arc(0, 0, radius, 0, 2 * Math.PI);
  ctx.lineWidth = 2;
  ctx.strokeStyle = colour;
  ctx.stroke();
}

function bars(ctx, palette) {
  ctx.fillStyle = palette['lamp-local'];
  ctx.fillRect(-5, -6, 3, 12);
  ctx.fillRect(2, -6, 3, 12);
}

/** Draw them over the lights of `canvas`; `modes` are the modes of junctions by id. */
export function drawModes(canvas, { city, view, palette, ratio, modes }) {
  const ctx = canvas.getContext('2d');
  for (const [id, mode] of modes) {
    const place = city.places.get(id);
    if (place === undefined || !DRAW[mode]) continue;
    ctx.setTransform(ratio, 0, 0, ratio, (view.screenX(city.x[place]) + APART) * ratio, (view.screenY(city.y[place]) - APART) * ratio);
    DRAW[mode](ctx, palette);
  }
  ctx.setTransform(1, 0, 0, 1, 0, 0);
}
