/** The shapes of the map. Every state has its own shape as well as its own colour (WCAG 1.4.1). */

import { KINDS } from './city.js';
import { lampColour } from './palette.js';

function ring(ctx, r, colour, width) {
  ctx.beginPath();
  ctx.arc(0, 0, r, 0, 2 * Math.PI);
  ctx.lineWidth = width;
  ctx.strokeStyle = colour;
  ctx.stroke();
}

function disc(ctx, r, colour) {
  ctx.beginPath();
  ctx.arc(0, 0, r, 0, 2 * Math.PI);
  ctx.fillStyle = colour;
  ctx.fill();
}

function glow(ctx, r, level, palette) {
  if (!palette.glow || level <= 0) return;
  const halo = ctx.createRadialGradient(0, 0, r * 0.4, 0, 0, r * 2.6);
  halo.addColorStop(0, palette['lamp-high']);
  halo.addColorStop(1, 'transparent');
  ctx.globalAlpha = 0.08 + 0.3 * (level / 100);
  disc(ctx, r * 2.6, halo);
  ctx.globalAlpha = 1;
}

/** What the lamp does: a filled disc whose brightness is its level, or a hollow ring when off. */
function lamp(ctx, r, level, palette) {
  if (level > 0) {
    glow(ctx, r, level, palette);
    disc(ctx, r, lampColour(palette, level));
  } else {
    ring(ctx, r * 0.85, palette['lamp-off'], Math.max(1, r * 0.3));
  }
}

function square(ctx, r, colour, width) {
  ctx.lineWidth = width;
  ctx.strokeStyle = colour;
  ctx.strokeRect(-r, -r, 2 * r, 2 * r);
}

const DRAW = {
  on: lamp,
  off: (ctx, r, level, palette) => lamp(ctx, r, 0, palette),
  unknown(ctx, r, level, palette) {
    ring(ctx, r * 0.85, palette['lamp-off'], Math.max(1, r * 0.2));
    disc(ctx, r * 0.28, palette['lamp-off']);
  },
  override(ctx, r, level, palette) {
    lamp(ctx, r * 0.8, level, palette);
    square(ctx, r * 1.25, palette['lamp-override'], Math.max(1, r * 0.28));
  },
  emergency(ctx, r, level, palette) {
    lamp(ctx, r * 0.8, level, palette);
    square(ctx, r * 1.15, palette['lamp-emergency'], Math.max(1.2, r * 0.3));
    square(ctx, r * 1.65, palette['lamp-emergency'], Math.max(1, r * 0.18));
  },
  waiting(ctx, r, level, palette) {
    ctx.beginPath();
    ctx.arc(0, 0, r * 0.75, Math.PI / 2, 1.5 * Math.PI);
    ctx.closePath();
    ctx.fillStyle = palette['lamp-waiting'];
    ctx.fill();
    ctx.setLineDash([r * 0.8, r * 0.55]);
    ring(ctx, r * 1.15, palette['lamp-waiting'], Math.max(1, r * 0.3));
    ctx.setLineDash([]);
  },
  local(ctx, r, level, palette) {
    lamp(ctx, r * 0.8, level, palette);
    ctx.lineWidth = Math.max(1.2, r * 0.36);
    ctx.strokeStyle = palette['lamp-local'];
    ctx.beginPath();
    for (const x of [-r * 1.3, r * 1.3]) {
      ctx.moveTo(x, -r);
      ctx.lineTo(x, r);
    }
    ctx.stroke();
  },
  offline(ctx, r, level, palette) {
    const reach = r * 0.8;
    ctx.lineWidth = Math.max(1.2, r * 0.36);
    ctx.strokeStyle = palette['lamp-offline'];
    ctx.beginPath();
    ctx.moveTo(-reach, -reach);
    ctx.lineTo(reach, reach);
    ctx.moveTo(reach, -reach);
    ctx.lineTo(-reach, reach);
    ctx.stroke();
  },
  fault(ctx, r, level, palette) {
    ctx.beginPath();
    ctx.moveTo(0, -r * 1.35);
    ctx.lineTo(r * 1.3, r * 0.95);
    ctx.lineTo(-r * 1.3, r * 0.95);
    ctx.closePath();
    ctx.fillStyle = palette['lamp-fault'];
    ctx.fill();
    ctx.fillStyle = palette.ground;
    ctx.fillRect(-r * 0.14, -r * 0.6, r * 0.28, r * 0.8);
    ctx.fillRect(-r * 0.14, r * 0.4, r * 0.28, r * 0.26);
  },
};

function polygon(ctx, r, corners, turn) {
  ctx.beginPath();
  for (let corner = 0; corner < corners; corner += 1) {
    const angle = turn + (corner * 2 * Math.PI) / corners;
    ctx.lineTo(r * Math.sin(angle), -r * Math.cos(angle));
  }
  ctx.closePath();
}

const OUTLINE = {
  cabinet: (ctx, r) => {
    ctx.beginPath();
    ctx.rect(-r, -r, 2 * r, 2 * r);
  },
  meter: (ctx, r) => {
    ctx.beginPath();
    ctx.rect(-r * 1.2, -r * 0.7, r * 2.4, r * 1.4);
  },
  environment: (ctx, r) => polygon(ctx, r * 1.35, 4, 0),
  fire_panel: (ctx, r) => polygon(ctx, r * 1.25, 5, 0),
  junction: (ctx, r) => polygon(ctx, r * 1.25, 6, 0),
  gateway: (ctx, r) => polygon(ctx, r * 1.3, 3, Math.PI),
};

/** Draw a device that is no light: an outline by kind, filled when online, crossed when not, a triangle in fault. */
function drawOther(ctx, kind, state, r, palette) {
  if (state === 'fault') return DRAW.fault(ctx, r, 0, palette);
  OUTLINE[kind](ctx, r * 0.95);
  ctx.fillStyle = palette.ground;
  ctx.fill();
  ctx.lineWidth = Math.max(1, r * 0.3);
  ctx.strokeStyle = state === 'offline' ? palette['lamp-offline'] : palette.device;
  ctx.stroke();
  if (state === 'offline') DRAW.offline(ctx, r * 0.6, 0, palette);
  else disc(ctx, r * 0.35, palette.device);
}

/** Draw one device around the origin of `ctx`. `kind` is a name of KINDS, `state` one of STATES. */
export function drawSymbol(ctx, kind, state, level, r, palette) {
  ctx.lineJoin = 'round';
  ctx.lineCap = 'round';
  if (kind === 'light') DRAW[state](ctx, r, level, palette);
  else drawOther(ctx, kind, state, r, palette);
}

const LEVELS = 10;

/** Symbols drawn once and copied from then on; made anew when radius, theme or pixel ratio change. */
export class Sprites {
  constructor(palette, radius, ratio) {
    this.palette = palette;
    this.radius = radius;
    this.ratio = ratio;
    this.side = Math.ceil(radius * 6 * ratio) + 2;
    this.kept = new Map();
  }

  fits(palette, radius, ratio) {
    return this.palette === palette && this.radius === radius && this.ratio === ratio;
  }

  /** A canvas of `side` x `side` device pixels with the symbol in its middle. */
  get(kind, state, level) {
    const step = level > 0 ? Math.max(1, Math.round((level / 100) * LEVELS)) : 0;
    const key = `${kind}${state}${step}`;
    let sprite = this.kept.get(key);
    if (!sprite) {
      sprite = document.createElement('canvas');
      sprite.width = sprite.height = this.side;
      const ctx = sprite.getContext('2d');
      ctx.setTransform(this.ratio, 0, 0, this.ratio, this.side / 2, this.side / 2);
      drawSymbol(ctx, KINDS[kind], state, (step * 100) / LEVELS, this.radius, this.palette);
      this.kept.set(key, sprite);
    }
    return sprite;
  }
}
