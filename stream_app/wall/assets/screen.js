// The whole page at one moment: header, banner, the page that is up, and what stands beside it.

import { el, setData, setHidden, setText } from "./dom.js";
import { conditionOf, isFresh, isReplayed, isSound, longestWait, mostUrgent, shareOf, shownAlerts, viewTime } from "./judge.js";
import { Alerts, Goals, MOST_URGENT, Urgent } from "./side.js";
import { columnsFor } from "./slides.js";
import { keyOf } from "./store.js";
import { Sign, Tile } from "./tile.js";

const byId = (id) => document.getElementById(id);

export class Screen {
  #words; #options; #mayAct; #tiles = new Map(); #up = null; #pill = new Sign("pill"); #totals = {}; #painted = null;

  constructor(words, options, { ask, mayAct }) {
    this.#words = words;
    this.#mayAct = mayAct;
    this.#options = options;
    this.urgent = new Urgent(byId("urgent"), words);
    this.alerts = new Alerts(byId("alerts"), words, ask);
    this.goals = new Goals(byId("goals"), words);
    byId("pill").append(this.#pill.node);
    byId("tiles").setAttribute("aria-label", words.t("tiles"));
    byId("side").setAttribute("aria-label", words.t("side"));
    this.#headline(["waiting", "longest", "overdue", "at_risk", "share"]);
  }

  #headline(names) {
    for (const name of names) {
      const figure = el("dd");
      const part = el("div", name, el("dt", "", this.#words.t(`total.${name}`)), figure);
      this.#totals[name] = { part, figure };
      byId("totals").append(part);
    }
  }

  /** Forgets what is drawn, because colours or sizes have changed. */
  redraw() {
    for (const tile of this.#tiles.values()) tile.close();
    this.#tiles.clear();
    this.#up = null;
  }

  /** Shows a page at a moment. `feed` says whether the line is alive. */
  show(slide, feed) {
    const { store } = slide;
    const now = store.now();
    const context = { now, interval: store.interval };
    const own = slide.hero ?? {};
    const main = store.views.get(keyOf(own));
    const condition = main ? conditionOf(main, now, context) : { name: "stale" };
    const trust = { fresh: isFresh(condition), sound: isSound(condition) };
    this.#title(slide);
    this.#tilesOf(slide, context);
    this.#figures(main, trust, now);
    this.#beside(slide, main, { ...trust, now });
    this.#state(slide, main, feed, context);
    setText(byId("time"), store.ready ? this.#words.time(now) : "");
  }

  #title({ entry, store }) {
    const words = this.#words;
    const what = entry.name ? words.name(entry.view, entry.name) : words.t(`view.${entry.view}`);
    const text = store.tenant ? `${store.tenant} · ${what}` : what;
    setText(byId("title"), text);
    if (document.title !== `${text} · Pegel`) document.title = `${text} · Pegel`;
  }

  #tilesOf(slide, context) {
    const { store, hero, parts } = slide;
    const scopes = [...(hero ? [hero] : []), ...parts].filter((scope) => store.views.has(keyOf(scope)));
    const up = JSON.stringify([slide.key, store.tenant, scopes]);
    if (up !== this.#up) this.#place(up, slide, scopes);
    for (const scope of scopes) {
      const title = this.#name(scope, hero && scope !== hero ? hero : null);
      this.#tiles.get(keyOf(scope)).show(store.views.get(keyOf(scope)), title, context);
    }
  }

  // Tiles of the page before are let go, so that there are never more than are on the screen.
  #place(up, { store, hero }, scopes) {
    for (const tile of this.#tiles.values()) tile.close();
    this.#tiles.clear();
    for (const scope of scopes) this.#tiles.set(keyOf(scope), new Tile(this.#words, { hero: scope === hero }));
    const nothing = el("p", "nothing", this.#words.t(store.ready ? "tiles.none" : "tiles.connecting"));
    const nodes = [...this.#tiles.values()].map((tile) => tile.node);
    byId("tiles").replaceChildren(...(nodes.length ? nodes : [nothing]));
    this.#up = up;
    this.#columns();
  }

  #columns() {
    const place = byId("tiles");
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const hero = place.querySelector(".hero") ? (this.portrait ? 1 : 3) : 0;
    const cells = Math.max(1, this.#tiles.size + hero);
    const columns = columnsFor(cells, place.clientWidth / rem, place.clientHeight / rem);
    place.style.setProperty("--columns", String(hero ? Math.max(2, columns) : columns));
  }

  get portrait() {
    return innerHeight > innerWidth;
  }

  // A tile that is part of a larger whole is named by its own part alone.
  #name(scope, whole) {
    const part = Object.keys(scope).find((name) => !whole || !(name in whole));
    return scope[part] ? this.#words.name(part, scope[part]) : this.#words.t(`no.${part}`);
  }

  #figures(view, { fresh, sound }, now) {
    const words = this.#words;
    const none = words.t("none");
    const level = (name) => (view ? words.number(view.levels[name] ?? 0) : none);
    const wait = view ? longestWait(view, now, fresh) : null;
    const share = view ? shareOf(view) : null;
    const texts = {
      waiting: level("waiting"),
      longest: wait === null ? none : words.span(wait),
      overdue: level("overdue"),
      at_risk: level("at_risk"),
      share: share === null ? none : words.percent(share),
    };
    for (const [name, { part, figure }] of Object.entries(this.#totals)) {
      setText(figure, texts[name]);
      setData(part, "fresh", String(sound));
    }
  }

  #beside(slide, main, { fresh, sound, now }) {
    const { store } = slide;
    const scope = slide.hero ?? {};
    const views = main ? [main] : [];
    const { overdue = 0, at_risk: risk = 0 } = main?.levels ?? {};
    const time = main ? viewTime(main, now, fresh) : now;
    this.urgent.show(mostUrgent(views, MOST_URGENT), { time, fresh: sound, total: overdue + risk, within: scope });
    this.goals.show(main?.goals ?? [], sound);
    if (this.#painted !== store.changes || this.#seconds(now)) {
      this.alerts.show(shownAlerts(store.alerts.values(), scope), { now: isReplayed(main) ? time : now, mayAct: this.#mayAct(), known: store.alerts, total: slide.hero ? 0 : store.total, read: store.feed.alerts_read ?? 1 });
      this.#painted = store.changes;
    }
  }

  #second = 0;

  #seconds(now) {
    const second = Math.floor(now / 1000);
    const moved = second !== this.#second;
    this.#second = second;
    return moved;
  }

  #state(slide, main, feed, context) {
    const { store } = slide;
    const words = this.#words;
    const shown = [...this.#tiles.keys()].map((key) => conditionOf(store.views.get(key), context.now, context));
    const name = !store.ready ? "connecting" : feed.lost ? "lost" : !store.feed.connected ? "cut" : lineOf(shown);
    setData(byId("pill"), "state", name);
    this.#pill.say({ live: "circle", partly: "half", replay: "rewind" }[name] ?? "ring", words.t(`pill.${name}`));
    setData(document.body, "line", name);
    const since = (ms) => words.instant(ms, context.now);
    this.#banner(this.#worst(name, slide, feed, since) ?? this.#remark(main, since));
  }

  // The one thing that has to be said first: the line, then the source, then what is missing.
  #worst(name, { store }, feed, since) {
    const words = this.#words;
    if (feed.denied && !store.ready) return ["note", words.t("banner.denied")];
    if (feed.lost && store.ready) return ["bad", words.t("banner.lost", { since: since(store.now() - feed.silence) })];
    if (feed.lost) return ["bad", words.t("banner.never")];
    if (name === "cut") {
      const from = store.feed.since ? since(Date.parse(store.feed.since)) : words.t("none");
      return ["bad", words.t("banner.cut", { since: from, problem: store.feed.problem ?? "" })];
    }
    const missing = [...new Set([...store.views.values()].flatMap((view) => (view.complete ? [] : view.missing_partitions)))];
    if (missing.length) return ["note", words.t("banner.missing", { n: missing.length, missing: missing.sort((a, b) => a - b).slice(0, 12).join(", ") })];
    return null;
  }

  // What is no fault of the figures: they are replayed, or the address has a mistake.
  #remark(main, since) {
    const words = this.#words;
    if (isReplayed(main)) return ["replay", words.t("banner.replay", { since: since(main.asOf) })];
    const [problem] = this.#options.problems;
    return problem ? ["note", words.t(problem.key, problem)] : null;
  }

  #banner(said) {
    const place = byId("banner");
    setHidden(place, !said);
    setText(place, said?.[1] ?? "");
    setData(place, "kind", said?.[0] ?? "");
  }
}

// How the figures that are up are taken together, by their conditions.
function lineOf(shown) {
  if (shown.every(isFresh)) return "live";
  if (shown.every(isSound)) return "replay";
  return shown.some(isFresh) ? "partly" : "old";
}
