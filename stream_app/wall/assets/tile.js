// One tile: the figures of one view. It is made once and then only changed where something differs.

import { Chart } from "./chart.js";
import { el, setData, setHidden, setShape, setText, shape } from "./dom.js";
import { conditionOf, isFresh, isSound, longestWait, shareOf, trendOf, volumeOf } from "./judge.js";

const SHAPE_OF = {
  stale: "ring", partial: "half", behind: "hourglass", replay: "rewind",
  overdue: "square", at_risk: "triangle", on_time: "circle",
};
const TREND_SHAPE = { growing: "up", shrinking: "down", steady: "level" };
const VOLUME_SHAPE = { spike: "up", drop: "down", usual: "check", learning: "ring", quiet: "level", unknown: "ring", none: "level" };

export class Tile {
  #words; #part = {}; #chart; #shown = null;

  constructor(words, { hero = false } = {}) {
    this.#words = words;
    const p = this.#part;
    p.name = el("h2");
    p.badge = new Sign("badge");
    p.waiting = el("strong", "value");
    p.trend = new Sign("trend");
    p.span = el("span", "label");
    p.longest = el("dd", "longest");
    p.share = el("dd", "");
    p.fill = el("i");
    p.bar = el("div", "bar", p.fill);
    p.overdue = new Sign("count overdue", "square");
    p.risk = new Sign("count risk", "triangle");
    p.chart = el("div", "chart");
    p.volume = new Sign("volume");
    p.usual = el("span", "usual");
    p.note = el("p", "note");
    p.median = el("dd");
    p.ninety = el("dd");
    p.replies = hero ? new Replies(words) : null;
    this.#chart = new Chart(p.chart, words, { axes: hero });
    this.node = this.#build(hero);
  }

  #build(hero) {
    const p = this.#part;
    const t = (key) => this.#words.t(key);
    const pair = (key, value) => el("div", "", el("dt", "", t(key)), value);
    const main = el("div", "main", p.waiting, el("div", "beside", el("span", "label", t("tile.waiting")), p.trend.node, p.span));
    const times = el("dl", "times", pair("tile.longest", p.longest), pair("tile.share", p.share));
    const counts = el("p", "counts", p.overdue.node, p.risk.node);
    p.quick = el("dl", "quick", pair("replies.first", p.median), pair("replies.p90", p.ninety));
    const volume = el("div", "flow", p.chart, p.quick, el("p", "said", p.volume.node, p.usual));
    const extra = p.replies ? [p.replies.node] : [];
    const node = el("article", hero ? "tile hero" : "tile",
      el("header", "head", p.name, p.badge.node), main, times, p.bar, counts, ...extra, volume, p.note);
    return node;
  }

  /** Shows a view at a moment of the server's time. */
  show(view, title, context) {
    const { now } = context;
    const words = this.#words;
    const condition = conditionOf(view, now, context);
    const fresh = isFresh(condition);
    const sound = isSound(condition);
    const p = this.#part;
    setText(p.name, title);
    setData(p.name, "long", title.length > 11 ? "very" : String(title.length > 7));
    setData(this.node, "state", condition.name);
    setData(this.node, "fresh", String(sound));
    p.badge.say(SHAPE_OF[condition.name], words.t(`state.${condition.name}`));
    const wait = longestWait(view, now, fresh);
    setText(p.longest, wait === null ? words.t("none") : words.span(wait));
    this.#note(view, condition, now);
    if (this.#shown?.view === view && this.#shown.sound === sound) return;
    this.#shown = { view, sound };
    this.#figures(view, sound);
  }

  #figures(view, sound) {
    const words = this.#words;
    const p = this.#part;
    const { levels } = view;
    setText(p.waiting, words.count(levels.waiting ?? 0));
    setData(p.waiting, "wide", String(p.waiting.textContent.length > 2));
    p.overdue.say("square", words.t("tile.overdue", { n: levels.overdue ?? 0, count: words.count(levels.overdue ?? 0) }));
    p.risk.say("triangle", words.t("tile.at_risk", { n: levels.at_risk ?? 0, count: words.count(levels.at_risk ?? 0) }));
    setData(p.overdue.node, "zero", String(!levels.overdue));
    setData(p.risk.node, "zero", String(!levels.at_risk));
    const share = shareOf(view);
    setText(p.share, share === null ? words.t("none") : words.percent(share));
    p.fill.style.setProperty("width", `${Math.round((share ?? 0) * 1000) / 10}%`);
    this.#trend(trendOf(view), sound);
    this.#volume(view, sound);
    p.replies?.show(view);
  }

  #trend(trend, sound) {
    const { trend: sign, span } = this.#part;
    setHidden(sign.node, !trend || !sound);
    setHidden(span, !trend || !sound);
    if (!trend || !sound) return;
    const amount = this.#words.count(Math.abs(trend.change));
    sign.say(TREND_SHAPE[trend.name], this.#words.t(`trend.${trend.name}`, { amount }));
    setText(span, this.#words.t(`trend.${trend.span}`));
  }

  #volume(view, sound) {
    const words = this.#words;
    const p = this.#part;
    const volume = volumeOf(view, sound);
    setData(p.volume.node, "verdict", volume.name);
    const hour = view.windows["1h"]?.messages_in ?? 0;
    const known = volume.observed !== undefined && volume.observed !== null;
    const observed = words.count(known ? volume.observed : hour);
    const key = known || volume.name === "unknown" ? `volume.${volume.name}` : "volume.none";
    p.volume.say(VOLUME_SHAPE[volume.name], words.t(key, { observed, minutes: volume.minutes }));
    const range = known && volume.low !== undefined && volume.low !== null;
    setText(p.usual, range ? words.t("volume.range", { low: words.count(Math.ceil(volume.low)), high: words.count(Math.floor(volume.high)) }) : "");
    this.#chart.show(volume.history, p.volume.text + " " + p.usual.textContent);
    this.#quick(view, volume.history || p.replies);
  }

  // Where there is no chart there is room for how long first replies took.
  #quick(view, taken) {
    const { quick, median, ninety } = this.#part;
    const { p50, p90 } = view.windows["1h"]?.first_reply_seconds ?? {};
    setHidden(quick, Boolean(taken) || p50 === undefined);
    if (quick.hidden) return;
    setText(median, this.#words.span(p50 * 1000));
    setText(ninety, this.#words.span(p90 * 1000));
  }

  // Why the figures are not current; said in words and beside the figures that it is about. What is replayed
  // is said once, in the banner: it is the same for all.
  #note(view, condition, now) {
    const words = this.#words;
    const { note } = this.#part;
    const since = words.instant(view.asOf, now);
    const missing = (condition.missing ?? []).slice(0, 6).join(", ");
    const more = (condition.missing?.length ?? 0) > 6 ? " …" : "";
    const text = isSound(condition) ? "" : words.t(`note.${condition.name}`, { since, missing: missing + more, n: condition.missing?.length ?? 0 });
    setText(note, text);
    setHidden(note, !text);
  }

  close() {
    this.#chart.close();
  }
}

/** A shape and the word that says the same. */
export class Sign {
  #shape; #word = el("span");

  constructor(name, first = "circle") {
    this.#shape = shape(first);
    this.node = el("span", `sign ${name}`, this.#shape, this.#word);
  }

  get text() {
    return this.#word.textContent;
  }

  say(form, word) {
    setShape(this.#shape, form);
    setText(this.#word, word);
  }
}

const CLOCKS = ["first_reply", "next_reply", "full_resolution"];

/** How long replies took, as a table; on the one large tile of a page. */
class Replies {
  #words; #cells = {};

  constructor(words) {
    this.#words = words;
    const head = ["replies.hour", "replies.median", "replies.p90", "replies.share"].map((key) => {
      const cell = el("th", "", words.t(key));
      cell.scope = "col";
      return cell;
    });
    const rows = CLOCKS.map((clock) => {
      const name = el("th", "", words.name("clock", clock));
      name.scope = "row";
      this.#cells[clock] = [el("td"), el("td"), el("td")];
      return el("tr", "", name, ...this.#cells[clock]);
    });
    this.node = el("table", "replies", el("thead", "", el("tr", "", ...head)), el("tbody", "", ...rows));
  }

  show(view) {
    const hour = view.windows["1h"] ?? {};
    const words = this.#words;
    const span = (seconds) => (seconds === undefined ? words.t("none") : words.span(seconds * 1000));
    for (const clock of CLOCKS) {
      const seen = hour[`${clock}_seconds`] ?? {};
      const share = hour[`${clock}_met_ratio`];
      const texts = [span(seen.p50), span(seen.p90), share === undefined ? words.t("none") : words.percent(share)];
      this.#cells[clock].forEach((cell, place) => setText(cell, texts[place]));
    }
  }
}
