/** A program day as a chart: the level over 24 hours with its ramps, the sky behind it, overrides and the present. */

import { el, fill, svg } from '../dom.js';
import { percent } from '../format.js';
import { t } from '../i18n.js';
import { skyBands } from './sky.js';

const HOUR = 3_600_000;
const MARGIN = { left: 40, right: 8, top: 32, bottom: 20 };
let charts = 0; // patterns need ids that are theirs alone

/** A moment of the hub as a time of day, to the nearest minute as the hub's own sentences have it. */
export function clockTime(times, moment) {
  return times.minute(Date.parse(moment) + 30_000);
}

/** The levels of a day in words: for those who cannot see the line. */
export function dayInWords(day, times) {
  const spans = day.steps.map(({ time, level }) =>
    t('levelchart.span', { time: clockTime(times, time), level: percent(level) }),
  );
  const sun = ['sunset', 'sunrise']
    .filter((name) => day.sun[name])
    .map((name) => t('levelchart.sun', { event: t(`sun.${name}`), time: clockTime(times, day.sun[name]) }));
  return [...sun, ...spans].join(', ');
}

export class LevelChart {
  constructor(times, life, height = 220) {
    Object.assign(this, { times, height });
    this.day = null;
    this.now = null;
    this.hatch = `hatch-${(charts += 1)}`;
    this.node = el('div', { class: 'levelchart', role: 'img', 'data-testid': 'level-chart' });
    this.node.style.setProperty('height', `${height}px`);
    const watch = new ResizeObserver(() => this.#draw());
    watch.observe(this.node);
    life.finally(() => watch.disconnect());
  }

  /** Show a timeline of the hub; `now` (ms) draws a line at the present. */
  show(day, now = null) {
    this.day = day;
    this.now = now;
    this.node.setAttribute('aria-label', dayInWords(day, this.times));
    this.#draw();
  }

  #draw() {
    const width = this.node.clientWidth;
    if (!this.day || !width) return;
    const [start, end] = [Date.parse(this.day.start), Date.parse(this.day.end)];
    const right = width - MARGIN.right;
    const bottom = this.height - MARGIN.bottom;
    this.x = (at) => MARGIN.left + ((Math.min(Math.max(at, start), end) - start) / (end - start)) * (right - MARGIN.left);
    this.y = (level) => bottom - (level / 100) * (bottom - MARGIN.top);
    const text = (attributes, words) => svg('text', attributes, words);
    const grid = [0, 50, 100].flatMap((level) => [
      svg('line', { class: 'grid', x1: MARGIN.left, x2: right, y1: this.y(level), y2: this.y(level) }),
      text({ x: MARGIN.left - 5, y: this.y(level) + 4, 'text-anchor': 'end' }, percent(level)),
    ]);
    const every = (width < 520 ? 6 : 3) * HOUR;
    for (let at = start; at <= end; at += every) {
      const anchor = at === start ? 'start' : at + every > end ? 'end' : 'middle';
      grid.push(svg('line', { class: 'grid', x1: this.x(at), x2: this.x(at), y1: MARGIN.top, y2: bottom }));
      grid.push(text({ x: this.x(at), y: this.height - 5, 'text-anchor': anchor }, this.times.minute(at)));
    }
    fill(
      this.node,
      svg(
        'svg',
        { viewBox: `0 0 ${width} ${this.height}`, width, height: this.height, 'aria-hidden': 'true' },
        this.#pattern(),
        ...this.#sky(bottom),
        ...grid,
        ...this.#levels(),
        ...this.#marks(),
        ...this.#present(start, end, bottom),
      ),
    );
  }

  #pattern() {
    const line = svg('path', { d: 'M0 7L7 0', class: 'hatchline' });
    return svg('defs', {}, svg('pattern', { id: this.hatch, width: 7, height: 7, patternUnits: 'userSpaceOnUse' }, line));
  }

  #sky(bottom) {
    const bands = skyBands(this.day).map(({ start, end, sky }) =>
      svg('rect', {
        class: `sky ${sky}`,
        x: this.x(start),
        width: this.x(end) - this.x(start),
        y: MARGIN.top,
        height: bottom - MARGIN.top,
      }),
    );
    const turns = ['sunset', 'sunrise'].filter((name) => this.day.sun[name]);
    const labels = turns.map((name) =>
      svg(
        'text',
        { class: 'sun', x: this.x(Date.parse(this.day.sun[name])), y: MARGIN.top - 17, 'text-anchor': 'middle' },
        `${name === 'sunset' ? '☀↓' : '☀↑'} ${clockTime(this.times, this.day.sun[name])}`,
      ),
    );
    return [...bands, ...labels];
  }

  /** One shape per span: its surface, hatched where lamps are skipped, and its line with the ramp into it. */
  #levels() {
    let before = this.day.steps[0]?.level ?? 0;
    const shapes = [];
    const lines = [];
    for (const { time, end, level, ramp, skip, cause } of this.day.steps) {
      const [from, to] = [Date.parse(time), Date.parse(end)];
      const reached = Math.min(from + ramp * 1000, to);
      const way = `M${this.x(from)} ${this.y(before)}L${this.x(reached)} ${this.y(level)}H${this.x(to)}`;
      const surface = `${way}V${this.y(0)}H${this.x(from)}Z`;
      const kind = cause === 'program' ? '' : ' held';
      shapes.push(svg('path', { class: `surface${kind}`, d: surface }));
      if (skip) shapes.push(svg('path', { d: surface, fill: `url(#${this.hatch})` }));
      lines.push(svg('path', { class: `level${kind}`, d: way }));
      before = level;
    }
    return [...shapes, ...lines];
  }

  /** The numbers of the steps, where they happen. */
  #marks() {
    const happens = ({ step, time }) => step !== null && Date.parse(time) > Date.parse(this.day.start);
    return this.day.steps.filter(happens).flatMap(({ step, time, level }) => {
      const [x, y] = [this.x(Date.parse(time)), this.y(level)];
      return [
        svg('circle', { class: 'mark', cx: x, cy: y, r: 9 }),
        svg('text', { class: 'mark', x, y: y + 4, 'text-anchor': 'middle' }, String(step)),
      ];
    });
  }

  #present(start, end, bottom) {
    if (this.now === null || this.now < start || this.now > end) return [];
    const x = this.x(this.now);
    return [svg('line', { class: 'present', x1: x, x2: x, y1: MARGIN.top - 4, y2: bottom })];
  }
}

/** What the colours of the chart mean. */
export function chartKey(...kinds) {
  return el(
    'ul',
    { class: 'chartkey' },
    kinds.map((kind) => el('li', {}, el('i', { class: `key-${kind}` }), t(`levelchart.key.${kind}`))),
  );
}
