// Starts the page: options, texts, one stream for each tenant, and a clock that paints four times a second.

import { AlertQuestion, LoginQuestion } from "./ask.js";
import { Feed } from "./feed.js";
import { parseOptions } from "./options.js";
import { Pages } from "./pages.js";
import { Screen } from "./screen.js";
import { Session } from "./session.js";
import { Rotation, slidesOf } from "./slides.js";
import { Store } from "./store.js";
import { loadWords } from "./words.js";

const TICK_MS = 250;
const options = parseOptions(location.search, navigator.language);
const dark = matchMedia("(prefers-color-scheme: dark)");
const session = new Session();
const lines = new Map(); // tenant asked for -> its store and stream

// The parts of a channel or team are many views, and asked for only where they are shown.
function lineOf({ tenant }) {
  if (!lines.has(tenant)) {
    const store = new Store();
    const deep = options.playlist.some((entry) => entry.tenant === tenant && entry.name);
    const feed = new Feed({ tenant, scope: deep ? "all" : "wide" }, (type, data) => {
      store.apply(type, data);
      if (type === "snapshot") stayCurrent();
      soon();
    });
    lines.set(tenant, { store, feed });
  }
  return lines.get(tenant);
}

// A screen hangs for months: after an upgrade of the server the page takes its new self.
let version = null;
async function stayCurrent() {
  const answer = await fetch("healthz").catch(() => null);
  const said = answer?.ok ? (await answer.json()).version : null;
  if (version !== null && said !== null && said !== version) location.reload();
  version = said ?? version;
}

// Without texts there is nothing to show: the server went away while the page was loading.
function startOver() {
  setTimeout(() => location.reload(), 5000);
  return new Promise(() => {});
}

function colours() {
  const theme = options.theme === "auto" ? (dark.matches ? "dark" : "light") : options.theme;
  document.documentElement.dataset.theme = theme;
}

colours();
document.documentElement.lang = options.lang;
const words = await loadWords(options.lang, options.zone).catch(startOver);
await Promise.all([document.fonts.ready, session.begin()]);
const dialog = document.getElementById("ask");
const answer = new AlertQuestion(dialog, words, options.zone);
const login = new LoginQuestion(dialog, words, session);
const screen = new Screen(words, options, { ask, mayAct: () => session.mayAct });
const rotation = new Rotation(options.every);
const pages = new Pages(document.getElementById("pages"), words, rotation, soon);

function ask(alert, action) {
  const about = [words.name("rule", alert.rule), alert.subject.id ?? words.name("channel", alert.subject.channel ?? "")].filter(Boolean).join(" · ");
  answer.about({ alert, action, about, now: () => up.store.now() }, () => {
    screen.alerts.sent(alert);
    soon();
  });
}

let up = null; // the page that is up

function paint() {
  const perPage = screen.portrait ? 6 : 8;
  const slides = slidesOf(options.playlist, (entry) => lineOf(entry).store, perPage);
  up = rotation.current(slides);
  const { feed } = lineOf(up.entry);
  screen.show(up, feed);
  pages.show(slides);
  if (feed.denied && !dialog.open) login.please(() => lines.forEach((line) => line.feed.again()));
}

// Several events between two frames are painted once.
let waiting = false;
function soon() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    paint();
  });
}

function afresh() {
  colours();
  screen.redraw();
  soon();
}

dark.addEventListener("change", afresh);
addEventListener("resize", afresh);
setInterval(soon, TICK_MS);
paint();
