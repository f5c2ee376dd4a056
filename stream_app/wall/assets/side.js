// Beside the tiles: the most urgent conversations, the alerts, the goals. Rows are kept and filled anew.

import { el, setData, setHidden, setText, shape } from "./dom.js";
import { Sign } from "./tile.js";

export const MOST_URGENT = 10;

/** A list that has as many rows as items, and makes a row only once. */
class Rows {
  #rows = []; #make;

  constructor(list, make) {
    this.list = list;
    this.#make = make;
  }

  fill(items, show) {
    while (this.#rows.length < items.length) {
      const row = this.#make();
      this.#rows.push(row);
      this.list.append(row.node);
    }
    this.#rows.forEach((row, place) => {
      setHidden(row.node, place >= items.length);
      if (place < items.length) show(row, items[place]);
    });
  }
}

/** A section with a heading, a remark beside it, a list, and what stands there when it is empty. */
class Section {
  constructor(place, words, name, make) {
    this.words = words;
    this.place = place;
    this.remark = el("span", "remark");
    this.empty = el("p", "empty", words.t(`${name}.empty`));
    const heading = el("h2", "", words.t(`${name}.title`));
    heading.id = `${name}-title`;
    place.setAttribute("aria-labelledby", heading.id);
    this.rows = new Rows(el("ul"), make);
    place.append(el("header", "", heading, this.remark), this.rows.list, this.empty);
  }

  fill(items, show) {
    this.rows.fill(items, show);
    setHidden(this.empty, items.length > 0);
    setHidden(this.rows.list, items.length === 0);
  }
}

export class Urgent extends Section {
  constructor(place, words) {
    super(place, words, "urgent", urgentRow);
  }

  /** `total` is how many conversations are overdue or at risk in all. */
  show(items, { time, fresh, total, within }) {
    setData(this.place, "fresh", String(fresh));
    setText(this.remark, total > items.length ? this.words.t("urgent.total", { n: total, count: this.words.number(total) }) : "");
    this.fill(items, (row, item) => this.#row(row, item, time, within));
  }

  #row(row, item, time, within) {
    const words = this.words;
    const left = item.due ? Date.parse(item.due) - time : null;
    const late = left !== null && left <= 0;
    const waited = item.since ? time - Date.parse(item.since) : null;
    setData(row.node, "state", late ? "overdue" : left === null ? "waiting" : "left");
    const key = late ? "urgent.late" : left === null ? "urgent.waits" : "urgent.left";
    row.sign.say(late ? "square" : left === null ? "circle" : "triangle", words.t(key));
    setText(row.time, left === null ? (waited === null ? words.t("none") : words.span(waited)) : (late ? "−" : "") + words.span(Math.abs(left)));
    setText(row.link, short(item.conversation));
    row.link.setAttribute("aria-label", item.conversation);
    link(row.link, item.url);
    const channel = !within.channel && item.channel && words.name("channel", item.channel);
    const clock = item.clock && words.name("clock", item.clock);
    setText(row.about, [channel, clock, within.channel && item.team].filter(Boolean).join(" · "));
  }
}

function urgentRow() {
  const row = { sign: new Sign("word"), time: el("span", "time"), link: el("a", "who"), about: el("span", "about") };
  row.node = el("li", "urgent", row.sign.node, row.time, row.link, row.about);
  return row;
}

// Long names differ at their end.
function short(name) {
  return name.length > 8 ? `…${name.slice(-6)}` : name;
}

// Only addresses of the web become links; the address comes from a help desk.
function link(node, url) {
  const safe = url && /^https?:\/\//.test(url) ? url : null;
  if (!safe) return node.removeAttribute("href");
  if (node.getAttribute("href") !== safe) {
    node.setAttribute("href", safe);
    node.setAttribute("target", "_blank");
    node.setAttribute("rel", "noreferrer");
  }
}

const TRUSTED_MS = 20_000; // so long an answer may take until it shows; then one may ask again
const DONE_SHAPE = { acknowledged: "check", snoozed: "moon" };
const ALERT_SHAPE = { critical: "square", warning: "triangle", info: "circle" };

export class Alerts extends Section {
  #ask; #sent = new Map(); // alert -> when somebody asked

  /** `ask(alert, action)` is called when somebody wants to acknowledge (ack) or snooze an alert. */
  constructor(place, words, ask) {
    super(place, words, "alerts", () => alertRow(words, (...asked) => this.#ask(...asked)));
    this.#ask = ask;
  }

  /** An answer to an alert is on its way; it is seen when the alert comes back. */
  sent(alert) {
    this.#sent.set(alert.alert, performance.now());
  }

  /** `read` is the share of the alerts that the server has read; below 1 nobody knows which there are. */
  show(alerts, { now, mayAct, known, total, read }) {
    setText(this.empty, read < 1 ? this.words.t("alerts.reading", { share: this.words.percent(read) }) : this.words.t("alerts.empty"));
    for (const [id, at] of this.#sent) {
      if (known.get(id)?.state !== "firing" || performance.now() - at > TRUSTED_MS) this.#sent.delete(id);
    }
    const firing = alerts.filter((alert) => alert.state === "firing").length;
    const fit = this.#fit();
    const shown = alerts.slice(0, alerts.length > fit ? Math.max(1, fit) : fit);
    const hidden = Math.max(alerts.length, total) - shown.length;
    const parts = [firing && this.words.t("alerts.firing", { n: firing, count: this.words.number(firing) }), hidden && this.words.t("alerts.more", { n: hidden, count: this.words.number(hidden) })];
    setText(this.remark, parts.filter(Boolean).join(" · "));
    this.fill(shown, (row, alert) => this.#row(row, alert, now, mayAct));
  }

  // As many rows as the place has room for; the number of all that are hidden is said in the heading.
  #fit() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    return Math.max(1, Math.floor((this.place.clientHeight / rem - 3.2) / 3.05));
  }

  #row(row, alert, now, mayAct) {
    const words = this.words;
    row.alert = alert;
    setData(row.node, "severity", alert.severity);
    setData(row.node, "state", alert.state);
    const done = alert.state !== "firing";
    row.sign.say(done ? DONE_SHAPE[alert.state] : ALERT_SHAPE[alert.severity] ?? "circle", words.t(done ? `alert.${alert.state}` : `severity.${alert.severity}`));
    setText(row.rule, words.name("rule", alert.rule));
    setText(row.about, subject(alert.subject, words));
    setText(row.age, words.span(now - Date.parse(alert.opened_at)));
    setHidden(row.answers, !mayAct || done);
    const waits = this.#sent.has(alert.alert);
    row.ack.disabled = row.snooze.disabled = waits;
    setText(row.ack, words.t(waits ? "ack.sent" : "ack.button"));
    for (const action of ["ack", "snooze"]) {
      row[action].setAttribute("aria-label", `${words.t(`${action}.button`)}: ${row.rule.textContent} ${row.about.textContent}`);
    }
  }
}

function alertRow(words, ask) {
  const row = {
    sign: new Sign("word"), rule: el("b"), about: el("span", "about"), age: el("span", "time"),
    ack: el("button", "quiet"), snooze: el("button", "quiet", shape("moon")), alert: null,
  };
  row.snooze.title = words.t("snooze.button");
  for (const action of ["ack", "snooze"]) {
    row[action].type = "button";
    row[action].addEventListener("click", () => ask(row.alert, action));
  }
  row.answers = el("span", "answers", row.ack, row.snooze);
  row.node = el("li", "alert", el("p", "", row.sign.node, row.rule, row.age), el("p", "", row.about, row.answers));
  return row;
}

function subject(about, words) {
  const parts = [about.id && short(about.id), about.channel && words.name("channel", about.channel), about.team, about.goal, !about.id && about.source];
  return parts.filter(Boolean).join(" · ");
}

const GOAL_SHAPE = { met: "check", on_track: "circle", missed: "triangle", unknown: "ring" };

export class Goals extends Section {
  constructor(place, words) {
    super(place, words, "goals", goalRow);
  }

  show(goals, fresh) {
    setHidden(this.place, goals.length === 0);
    setData(this.place, "fresh", String(fresh));
    this.fill(goals.slice(0, 3), (row, goal) => this.#row(row, goal, fresh));
  }

  #row(row, goal, fresh) {
    const words = this.words;
    const value = goal.value ?? null;
    const ratio = /ratio$/.test(goal.metric ?? "");
    const write = (number) => (ratio ? words.percent(number) : words.number(Math.round(number * 10) / 10));
    const state = fresh && goal.state in GOAL_SHAPE ? goal.state : "unknown";
    setData(row.node, "state", state);
    row.sign.say(GOAL_SHAPE[state], words.t(`goal.${state}`));
    setText(row.name, goal.name);
    setText(row.figure, words.t("goal.of", { value: value === null ? words.t("none") : write(value), target: write(goal.target) }));
    const full = ratio ? 1 : Math.max(goal.target, value ?? 0) || 1;
    row.fill.style.setProperty("width", `${Math.min(100, ((value ?? 0) / full) * 100)}%`);
    row.mark.style.setProperty("left", `${Math.min(100, (goal.target / full) * 100)}%`);
  }
}

function goalRow() {
  const row = { sign: new Sign("word"), name: el("b"), figure: el("span", "figure"), fill: el("i"), mark: el("u") };
  row.node = el("li", "goal", row.name, row.figure, row.sign.node, el("div", "bar", row.fill, row.mark));
  return row;
}
