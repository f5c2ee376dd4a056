// What is known of one tenant: the newest view of every scope, unresolved alerts, and the server's time.
// Only what the server sent last is kept, so that a page that runs for months stays as small as on day one.

/** The key of a scope; parts in a fixed order. */
export function keyOf(scope) {
  return JSON.stringify([scope.channel ?? null, scope.team ?? null, scope.priority ?? null]);
}

export class Store {
  views = new Map();
  alerts = new Map();
  feed = { connected: true, since: null, problem: null };
  interval = 1000;
  tenant = null;
  tenants = [];
  ready = false; // a snapshot has come
  total = 0; // unresolved alerts in all; the server sends the gravest
  changes = 0; // grows with every change of views or alerts
  #zero = 0; // the server's time at the origin of this machine's steady clock

  /** The server's time now. The clock of this machine is never asked what time it is. */
  now() {
    return this.#zero + performance.now();
  }

  apply(type, data) {
    this.#zero = Date.parse(data.now) - performance.now();
    if (data.feed) this.feed = data.feed;
    if (type === "snapshot") this.#snapshot(data);
    else if (type === "delta") this.#delta(data);
  }

  #snapshot(data) {
    this.views.clear();
    this.alerts.clear();
    this.interval = data.interval_seconds * 1000;
    this.tenant = data.tenant;
    this.tenants = data.tenants;
    this.ready = true;
    this.#delta(data);
  }

  #delta(data) {
    for (const view of data.views ?? []) this.views.set(keyOf(view.scope), timed(view));
    for (const scope of data.gone ?? []) this.views.delete(keyOf(scope));
    for (const alert of data.alerts ?? []) this.#alert(alert);
    this.total = data.alerts_total ?? this.alerts.size;
    this.changes += 1;
  }

  #alert(alert) {
    if (alert.state === "resolved") this.alerts.delete(alert.alert);
    else this.alerts.set(alert.alert, alert);
  }
}

/** A view with its instants as milliseconds. */
function timed(view) {
  view.asOf = Date.parse(view.as_of);
  view.receivedAt = Date.parse(view.received_at);
  const since = view.levels.oldest_waiting_since;
  view.oldest = since ? Date.parse(since) : null;
  return view;
}
