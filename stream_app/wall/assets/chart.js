// The volume of the last hours against the usual: a band, the expected line and what was observed.

/* global uPlot */
import { setHidden } from "./dom.js";

const LINE = 0.14; // of the root's font size

export class Chart {
  #place; #words; #axes; #plot = null; #observer; #history = null;

  constructor(place, words, { axes }) {
    this.#place = place;
    this.#words = words;
    this.#axes = axes;
    place.setAttribute("role", "img");
    place.hidden = true;
    this.#observer = new ResizeObserver(() => this.#fit());
    this.#observer.observe(place);
  }

  /** Draws rows of [start, observed, expected, low, high]; hides itself without them. */
  show(history, label) {
    setHidden(this.#place, !history);
    this.#place.setAttribute("aria-label", label);
    const changed = stamp(history) !== stamp(this.#history);
    this.#history = history;
    if (history && changed) this.#draw();
  }

  close() {
    this.#observer.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
  }

  #draw() {
    const data = columns(this.#history);
    if (this.#plot) this.#plot.setData(data);
    else if (this.#size().width > 10) this.#plot = new uPlot(this.#options(), data, this.#place);
  }

  #fit() {
    const size = this.#size();
    if (size.width <= 10 || size.height <= 10) return;
    if (this.#plot) this.#plot.setSize(size);
    else if (this.#history) this.#draw();
  }

  #size() {
    return { width: Math.floor(this.#place.clientWidth), height: Math.floor(this.#place.clientHeight) };
  }

  #options() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const rem = parseFloat(style.fontSize);
    const usual = colour("--usual");
    return {
      ...this.#size(),
      legend: { show: false },
      cursor: { show: false },
      padding: this.#axes ? [rem / 2, rem / 2, 0, 0] : [rem / 8, 0, rem / 8, 0],
      scales: { x: { time: true }, y: { range: (_, _low, high) => [0, Math.max(1, high) * 1.05] } },
      axes: [this.#axis(rem, colour, true), this.#axis(rem, colour, false)],
      bands: [{ series: [2, 1], fill: colour("--band") }],
      series: [
        {},
        { stroke: "transparent", points: { show: false } },
        { stroke: "transparent", points: { show: false } },
        { stroke: usual, width: rem * LINE * 0.6, dash: [rem / 4, rem / 4], points: { show: false } },
        { stroke: colour("--accent"), width: rem * LINE, points: { show: false } },
      ],
    };
  }

  #axis(rem, colour, isTime) {
    if (!this.#axes) return { show: false };
    const values = (_, ticks) => ticks.map((tick) => (isTime ? this.#words.minute(tick * 1000) : this.#words.count(tick)));
    return {
      stroke: colour("--soft"),
      font: `${rem * 0.85}px Inter`,
      size: rem * (isTime ? 1.6 : 2.6),
      space: rem * (isTime ? 5 : 2.4),
      gap: rem / 4,
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { show: false },
      values,
    };
  }
}

// Views come several times a second, points only now and then; small machines are spared the drawing.
function stamp(history) {
  return history && `${history.length} ${history[0]} ${history.at(-1)}`;
}

// uPlot wants columns, and seconds.
function columns(history) {
  const column = (place) => history.map((row) => row[place] ?? null);
  return [column(0), column(3), column(4), column(2), column(1)];
}
