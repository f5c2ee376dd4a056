// What a view may say. Pure: everything is an argument. Staleness comes before everything else, because
// old figures make no statement about a queue.

const STALE_INTERVALS = 3;
const BEHIND_MS = 60_000;
const FRESH = ["overdue", "at_risk", "on_time"];
const REPLAY = "event"; // the mode of a tenant whose time is that of its events: about the past by intent

/** The condition of a view: its name and, when its figures are not current, why. */
export function conditionOf(view, now, { interval }) {
  if (now - view.receivedAt > STALE_INTERVALS * interval) return { name: "stale" };
  if (!view.complete) return { name: "partial", missing: view.missing_partitions };
  if (view.mode === REPLAY) return { name: "replay" };
  if (now - view.asOf > BEHIND_MS) return { name: "behind" };
  if (view.levels.overdue > 0) return { name: "overdue" };
  if (view.levels.at_risk > 0) return { name: "at_risk" };
  return { name: "on_time" };
}

/** Whether the figures are current, so that time may go on counting from them. */
export function isFresh(condition) {
  return FRESH.includes(condition.name);
}

/** Whether the figures say what they can say: they are current, or were at the time that is replayed. */
export function isSound(condition) {
  return isFresh(condition) || condition.name === "replay";
}

/** Whether a view is about events that are replayed, whatever else is wrong with it. */
export function isReplayed(view) {
  return view?.mode === REPLAY;
}

/** The time that the figures of a view are about, going on only while they are current. */
export function viewTime(view, now, fresh) {
  return fresh ? view.asOf + Math.max(0, now - view.receivedAt) : view.asOf;
}

/** How long the longest has been waiting, in milliseconds; null when nobody waits. */
export function longestWait(view, now, fresh) {
  return view.oldest === null ? null : Math.max(0, viewTime(view, now, fresh) - view.oldest);
}

/** Which way the number of open conversations moves: opened and reopened less solved. */
export function trendOf(view) {
  const span = view.windows["15m"] ? "15m" : view.windows["1h"] ? "1h" : null;
  if (!span) return null;
  const { opened = 0, reopened = 0, solved = 0 } = view.windows[span];
  const change = opened + reopened - solved;
  return { span, change, name: change > 0 ? "growing" : change < 0 ? "shrinking" : "steady" };
}

/** Share of first replies within target over the last hour; null when there were none. */
export function shareOf(view) {
  return view.windows["1h"]?.first_reply_met_ratio ?? null;
}

const VERDICTS = ["spike", "drop", "learning", "quiet", "unknown"];

/**
 * The volume against the usual; `unknown` whenever the figures are old or not whole. Only whole channels
 * are judged: the view of a channel's team carries the verdict on the channel, which is not the team's.
 */
export function volumeOf(view, sound) {
  const { verdict, observed, low, high, over_seconds: over = 1800, history } = view.scope?.team === undefined ? view.volume : {};
  const name = !sound || !view.complete ? "unknown" : VERDICTS.includes(verdict) ? verdict : verdict ? "usual" : "none";
  return { name, observed, low, high, minutes: Math.round(over / 60), history: history?.length > 1 ? history : null };
}

/** The most urgent conversations of some views: least time left first, then the longest waiting. */
export function mostUrgent(views, most) {
  const found = new Map();
  for (const view of views) {
    for (const state of ["overdue", "at_risk", "waiting"]) {
      for (const item of view.top[state] ?? []) {
        const key = `${item.source} ${item.conversation}`;
        const known = found.get(key);
        if (!known || urgency(item) < urgency(known)) found.set(key, item);
      }
    }
  }
  return [...found.values()].sort((a, b) => urgency(a) - urgency(b)).slice(0, most);
}

// Whoever has no due instant comes after all that have one, in order of waiting.
function urgency(item) {
  if (item.due) return Date.parse(item.due);
  return (item.since ? Date.parse(item.since) : 1e14) + 1e15;
}

const GRAVITY = { critical: 0, warning: 1, info: 2 };
const OPEN = { firing: 0, acknowledged: 1, snoozed: 1 };

/** The alerts to show: firing before acknowledged, grave before slight, then the newest. */
export function shownAlerts(alerts, scope) {
  return [...alerts]
    .filter((alert) => alert.state in OPEN && concerns(alert, scope))
    .sort((a, b) =>
      OPEN[a.state] - OPEN[b.state] ||
      (GRAVITY[a.severity] ?? 3) - (GRAVITY[b.severity] ?? 3) ||
      Date.parse(b.opened_at) - Date.parse(a.opened_at));
}

// An alert about everything (a goal, a source, stale data) concerns every view.
function concerns({ subject }, scope) {
  return Object.entries(scope).every(([part, value]) => !subject[part] || subject[part] === value);
}
