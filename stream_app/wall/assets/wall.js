// The wall page: follows the wall's live stream and never shows old figures as current.
//
// A view is stale when the wall got it more than three intervals ago. That is judged by the wall's clock,
// carried on by this page's own steady one; the clock of this machine is only used to write times down.
"use strict";

const views = new Map(); // scope -> its newest view
let known = false;       // a snapshot has come
let serverNow = 0;       // the wall's clock in the last message, and when that came
let answeredAt = 0;
let failedAt = 0;       // 0 while the connection is well
let intervalMs = 2000;
const startedAt = performance.now();
const query = new URLSearchParams(location.search);
const number = new Intl.NumberFormat("en");

function follow() {
  const tenant = query.get("tenant");
  const url = "/api/v1/stream" + (tenant ? "?tenant=" + encodeURIComponent(tenant) : "");
  const source = new EventSource(url);
  for (const kind of ["snapshot", "delta", "beat"]) {
    source.addEventListener(kind, (event) => heard(kind, JSON.parse(event.data)));
  }
  source.onerror = () => { failedAt = failedAt || performance.now(); };
}

function heard(kind, message) {
  answeredAt = performance.now();
  failedAt = message.feed.connected ? 0 : failedAt || performance.now();
  serverNow = Date.parse(message.now);
  if (kind === "snapshot") {
    views.clear();
    intervalMs = message.interval_seconds * 1000;
  }
  for (const scope of message.gone || []) views.delete(keyOf(scope));
  for (const view of message.views || []) views.set(keyOf(view.scope), view);
  known = true;
}

function keyOf(scope) { return JSON.stringify(Object.entries(scope).sort()); }

function nowMs() { return serverNow + performance.now() - answeredAt; }
function ageOf(view) { return nowMs() - Date.parse(view.received_at); }
function isStale(view) { return ageOf(view) > 3 * intervalMs; }

function draw() {
  const silent = known && performance.now() - answeredAt > 3000;
  const lost = silent || (failedAt && performance.now() - failedAt > intervalMs);
  banner(lost ? "Connection lost since " + clock(wallAt(answeredAt || startedAt)) : "");
  if (!known) return;
  const all = [...views.values()];
  const channels = all.filter((view) => view.scope.channel);
  const tenants = new Set(all.map((view) => view.tenant));
  document.getElementById("tenant").textContent = tenants.size === 1 ? [...tenants][0] : "";
  const whole = all.filter((view) => !Object.keys(view.scope).length);
  drawTotals(whole);
  drawFreshness(whole.length ? whole : channels);
  const tiles = document.getElementById("tiles");
  tiles.style.setProperty("--columns", columns(channels.length));
  tiles.replaceChildren(
    ...(channels.length ? channels.map((view) => tile(view, tenants.size > 1)) : [nothing()]),
  );
}

function banner(text) {
  const place = document.getElementById("banner");
  place.hidden = !text;
  if (place.textContent !== text) place.textContent = text;
}

function drawTotals(views) {
  const sum = (name) => views.reduce((total, view) => total + (view.levels[name] || 0), 0);
  const current = views.length > 0 && !views.some(isStale);
  const pairs = current ? ["waiting", "overdue", "at_risk", "open"] : [];
  document.getElementById("totals").replaceChildren(
    ...pairs.map((name) => pair(name.replace("_", " "), number.format(sum(name)))),
  );
}

function drawFreshness(views) {
  const oldest = views.reduce((least, view) => (view.as_of < least ? view.as_of : least), "9999");
  const place = document.getElementById("fresh");
  const word = views.some(isStale) ? "STALE, as of " : "as of ";
  place.textContent = views.length ? word + clock(new Date(oldest)) : "";
}

function tile(view, withTenant) {
  const state = stateOf(view);
  const hour = view.windows["1h"] || {};
  const levels = view.levels;
  const inside = part("div", "inside",
    part("div", "top",
      part("h2", "", (withTenant ? view.tenant + " · " : "") + view.scope.channel),
      part("div", "state", state.shape + " " + state.word, part("div", "detail", state.detail || ""))),
    part("div", "main",
      part("div", "", part("div", "waiting", number.format(levels.waiting || 0)), label("waiting")),
      part("div", "", part("div", "oldest", waitText(view)), label("longest wait"))),
    share(hour),
    part("dl", "figures",
      pair("overdue", number.format(levels.overdue || 0)),
      pair("at risk", number.format(levels.at_risk || 0)),
      pair("open", number.format(levels.open || 0)),
      pair("in · 1 h", number.format(hour.messages_in || 0))));
  return part("article", state.name, inside);
}

// Staleness comes first: a stale tile makes no statement about its queue.
function stateOf(view) {
  if (isStale(view)) {
    return { name: "stale", shape: "◌", word: "STALE", detail: "since " + clock(new Date(view.as_of)) };
  }
  if (!view.complete) {
    return { name: "stale", shape: "◐", word: "INCOMPLETE", detail: "missing " + some(view.missing_partitions) };
  }
  if (view.levels.overdue > 0) return { name: "late", shape: "■", word: "OVERDUE" };
  if (view.levels.at_risk > 0) return { name: "risk", shape: "▲", word: "AT RISK" };
  return { name: "calm", shape: "●", word: "ON TIME" };
}

function some(partitions) {
  const shown = partitions.slice(0, 4).join(", ");
  return partitions.length > 4 ? shown + " …" : shown;
}

// Counts up between two snapshots, and stops as soon as the view is stale.
function waitText(view) {
  const since = view.levels.oldest_waiting_since;
  if (!since) return "–";
  const atSnapshot = Date.parse(view.as_of) - Date.parse(since);
  const running = isStale(view) || !view.complete ? 0 : ageOf(view);
  return span(Math.max(0, atSnapshot + running));
}

function span(ms) {
  const total = Math.floor(ms / 1000);
  const days = Math.floor(total / 86400), hours = Math.floor(total / 3600) % 24;
  const minutes = Math.floor(total / 60) % 60;
  const two = (n) => String(n).padStart(2, "0");
  if (days) return days + "d " + hours + "h";
  if (hours) return hours + "h " + two(minutes) + "m";
  return minutes + ":" + two(total % 60);
}

function share(hour) {
  const ratio = hour.first_reply_met_ratio;
  const meter = document.createElement("meter");
  meter.value = ratio === undefined ? 0 : ratio;
  meter.setAttribute("aria-label", "first replies within target, last hour");
  const text = ratio === undefined ? "–" : Math.floor(ratio * 100) + " %";
  return part("div", "share", label("in target · 1 h"), meter, part("b", "", text));
}

function pair(name, value) { return part("div", "", part("dt", "", name), part("dd", "", value)); }
function label(text) { return part("div", "label", text); }

function nothing() {
  const place = part("p", "", "There are no figures yet.");
  place.id = "empty";
  return place;
}

function part(tag, name, ...children) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...children);
  return made;
}

// As many columns as give the largest tiles, 1.45 times as wide as high; with few gaps if it is a draw.
function columns(count) {
  let best = 1, largest = 0;
  for (let wide = 1; wide <= Math.max(1, count); wide += 1) {
    const high = Math.ceil(count / wide);
    const size = Math.min(innerWidth / wide / 1.45, innerHeight * 0.9 / high);
    if (size > largest * 1.01) [best, largest] = [wide, size];
  }
  return best;
}

function wallAt(steady) { return new Date(Date.now() - (performance.now() - steady)); }

function clock(when) {
  const day = when.toDateString() === new Date().toDateString() ? {} : { day: "numeric", month: "short" };
  return when.toLocaleString("en-GB", { ...day, hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

follow();
setInterval(draw, 1000);
