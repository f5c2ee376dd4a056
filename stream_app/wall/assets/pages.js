// The bar at the foot: which page is up, and buttons to turn or to hold. Without several pages it is away.

import { el, setData, setHidden, setText } from "./dom.js";

export class Pages {
  #place; #words; #rotation; #turned; #count = el("span", "count"); #hold; #slides = [];

  /** `turned` is called when somebody has turned or held the pages: who presses wants to see it at once. */
  constructor(place, words, rotation, turned) {
    this.#place = place;
    this.#turned = turned;
    this.#words = words;
    this.#rotation = rotation;
    place.setAttribute("aria-label", words.t("pages"));
    const back = this.#button("‹", "pages.back", () => this.turn(-1));
    const on = this.#button("›", "pages.next", () => this.turn(1));
    this.#hold = this.#button("", "pages.hold", () => this.hold());
    place.append(back, this.#count, on, this.#hold);
    addEventListener("keydown", (event) => this.#key(event));
  }

  turn(by) {
    if (this.#slides.length > 1) this.#rotation.step(by, this.#slides);
    this.#turned();
  }

  hold() {
    this.#rotation.hold(!this.#rotation.held);
    this.#turned();
  }

  show(slides) {
    this.#slides = slides;
    setHidden(this.#place, slides.length < 2);
    setText(this.#count, this.#words.t("pages.of", { page: this.#rotation.index + 1, pages: slides.length }));
    const held = this.#rotation.held;
    setText(this.#hold, this.#words.t(held ? "pages.go" : "pages.hold"));
    setData(this.#hold, "held", String(held));
  }

  #button(sign, key, act) {
    const button = el("button", "quiet", sign);
    button.type = "button";
    if (sign) button.setAttribute("aria-label", this.#words.t(key));
    button.addEventListener("click", act);
    return button;
  }

  // Arrow keys turn and space holds, unless somebody writes or presses a button.
  #key(event) {
    if (event.target.closest("input, button, a, dialog") && event.key === " ") return;
    if (event.target.closest("input, dialog")) return;
    if (event.key === "ArrowRight") this.turn(1);
    else if (event.key === "ArrowLeft") this.turn(-1);
    else if (event.key === " ") this.hold();
    else return;
    event.preventDefault();
  }
}
