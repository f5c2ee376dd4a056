// Small helpers to build and change the page without markup strings: what comes from outside is text.

const SVG = "http://www.w3.org/2000/svg";

// One shape for each state, so that no meaning hangs on colour alone; all on a 16 by 16 field.
const SHAPES = {
  square: "M2 2h12v12H2z",
  triangle: "M8 1.5 15.2 14.5H.8z",
  circle: "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2z",
  ring: "M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1zm0 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
  half: "M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1zm0 2.2v9.6a4.8 4.8 0 0 0 0-9.6z",
  hourglass: "M3 1h10v2.5L9.6 8l3.4 4.5V15H3v-2.5L6.4 8 3 3.5z",
  rewind: "M8 2v5l7-5v12L8 9v5L0 8z",
  moon: "M9.8 1.2A7 7 0 1 0 14.8 10 5.7 5.7 0 0 1 9.8 1.2z",
  check: "M6.2 13.6.9 8.3l2-2 3.3 3.3 7-7 2 2z",
  up: "M8 2 14 9h-4v5H6V9H2z",
  down: "M8 14 2 7h4V2h4v5h4z",
  level: "M1 6h9V3l5 5-5 5v-3H1z",
};

/** An element with a class and children (nodes or text). */
export function el(tag, name, ...children) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  node.append(...children);
  return node;
}

/** A drawn sign; it repeats what a word beside it says, so it is hidden from screen readers. */
export function shape(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "shape");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  svg.append(path);
  setShape(svg, name);
  return svg;
}

export function setShape(svg, name) {
  if (svg.dataset.shape === name) return;
  svg.dataset.shape = name;
  svg.firstChild.setAttribute("d", SHAPES[name]);
}

/** Writes only what differs, so that an idle page does no work and makes no garbage. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setData(node, name, value) {
  if (node.dataset[name] !== value) node.dataset[name] = value;
}

export function setHidden(node, hidden) {
  if (node.hidden !== hidden) node.hidden = hidden;
}
