/** Fingers, mouse and keys on the map. Says what is meant; does not know what a lamp is. */

const SLOP = 6; // px a finger may shake and still tap
const DOUBLE = 320; // ms between the two taps of a double one
const PAN_STEP = 80; // px an arrow key moves

/**
 * Watches `canvas` and calls
 *   on.pan(dx, dy), on.zoom(x, y, factor), on.tap(x, y), on.hover(x, y) (null, null when it leaves), on.fit(), on.enter().
 */
export function watchGestures(canvas, on) {
  const fingers = new Map();
  let moved = 0;
  let lastTap = 0;
  const spot = (event) => {
    const frame = canvas.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  };

  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    if (fingers.size === 0) moved = 0;
    fingers.set(event.pointerId, spot(event));
  });

  canvas.addEventListener('pointermove', (event) => {
    const now = spot(event);
    const before = fingers.get(event.pointerId);
    if (!before) {
      if (event.pointerType === 'mouse') on.hover(...now);
      return;
    }
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
    fingers.set(event.pointerId, now);
    if (moved < SLOP && !other) return;
    if (!other) {
      on.pan(now[0] - before[0], now[1] - before[1]);
      return;
    }
    moved = Infinity;
    const wide = ([x, y]) => Math.max(1, Math.hypot(x - other[0], y - other[1]));
    on.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    on.zoom((now[0] + other[0]) / 2, (now[1] + other[1]) / 2, wide(now) / wide(before));
  });

  const lift = (event) => {
    if (!fingers.delete(event.pointerId) || event.type === 'pointercancel' || moved >= SLOP) return;
    const [x, y] = spot(event);
    if (event.timeStamp - lastTap < DOUBLE) on.zoom(x, y, 2);
    else on.tap(x, y);
    lastTap = event.timeStamp;
  };
  canvas.addEventListener('pointerup', lift);
  canvas.addEventListener('pointercancel', lift);
  canvas.addEventListener('pointerleave', () => on.hover(null, null));

  canvas.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode === 1 ? 30 : 1);
      on.zoom(...spot(event), Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.0016)));
    },
    { passive: false },
  );

  const keys = {
    ArrowLeft: () => on.pan(PAN_STEP, 0),
    ArrowRight: () => on.pan(-PAN_STEP, 0),
    ArrowUp: () => on.pan(0, PAN_STEP),
    ArrowDown: () => on.pan(0, -PAN_STEP),
    '+': () => on.zoom(canvas.clientWidth / 2, canvas.clientHeight / 2, 1.5),
    '=': () => on.zoom(canvas.clientWidth / 2, canvas.clientHeight / 2, 1.5),
    '-': () => on.zoom(canvas.clientWidth / 2, canvas.clientHeight / 2, 1 / 1.5),
    0: () => on.fit(),
    Home: () => on.fit(),
    Enter: () => on.enter(),
  };
  canvas.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });
}
