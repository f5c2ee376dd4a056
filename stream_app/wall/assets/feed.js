// The stream of one tenant: reads server-sent events with fetch (which, unlike EventSource, tells a refusal
// from a fault), connects again when it ends, and says for how long nothing has been heard.

const SILENT_MS = 3000; // after which the connection counts as lost
const GIVE_UP_MS = 8000; // after which a silent connection is closed and made anew

export class Denied extends Error {}

export class Feed {
  #url; #handle; #abort = null; #heardAt; #retry = 1000; #watch; #denied = false;

  /** `handle(type, data)` gets each event. `scope` is "wide", or "all" for the parts of a channel or team. */
  constructor({ tenant, scope }, handle) {
    const query = new URLSearchParams({ ...(tenant && { tenant }), ...(scope === "all" && { scope }) });
    this.#url = `api/v1/stream${query.size ? "?" : ""}${query}`;
    this.#handle = handle;
    this.#heardAt = performance.now();
    this.#watch = setInterval(() => this.#check(), 1000);
    this.#run();
  }

  /** Milliseconds of this machine's steady clock since the last event. */
  get silence() {
    return performance.now() - this.#heardAt;
  }

  get lost() {
    return this.silence > SILENT_MS;
  }

  /** Whether the server wants a token that it has not been given. */
  get denied() {
    return this.#denied;
  }

  /** Connect anew at once, because we have logged in. */
  again() {
    this.#denied = false;
    this.#abort?.abort();
  }

  #check() {
    if (this.silence > GIVE_UP_MS && !this.#denied) this.#abort?.abort();
  }

  async #run() {
    for (;;) {
      this.#abort = new AbortController();
      const since = performance.now();
      try {
        await this.#read(this.#abort.signal);
      } catch (problem) {
        this.#denied = problem instanceof Denied;
      }
      // A server that answers and hangs up at once is asked no faster than one that is away.
      await this.#pause(Math.max(0, this.#retry - (performance.now() - since)));
    }
  }

  async #read(signal) {
    const headers = { Accept: "text/event-stream" };
    const answer = await fetch(this.#url, { headers, signal, cache: "no-store" });
    if (answer.status === 401 || answer.status === 403) throw new Denied();
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    this.#denied = false;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    const lines = new Lines((type, data) => this.#event(type, data), (retry) => (this.#retry = Math.min(retry, 3000)));
    for (let part = await reader.read(); !part.done; part = await reader.read()) lines.feed(part.value);
  }

  #event(type, data) {
    this.#heardAt = performance.now();
    this.#handle(type, JSON.parse(data));
  }

  // Ends early when somebody calls `again`, so that a login works at once.
  #pause(ms) {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    return new Promise((done) => {
      const timer = setTimeout(done, ms);
      signal.addEventListener("abort", () => { clearTimeout(timer); done(); });
    });
  }
}

/** The line grammar of server-sent events: `event:`, `data:`, `retry:`, an empty line ends an event. */
export class Lines {
  #rest = ""; #type = ""; #data = []; #emit; #retry;

  constructor(emit, retry) {
    this.#emit = emit;
    this.#retry = retry;
  }

  feed(text) {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    for (const line of lines) this.#line(line);
  }

  #line(line) {
    if (line === "") return this.#end();
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (field === "event") this.#type = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "retry" && /^\d+$/.test(value)) this.#retry(Number(value));
  }

  #end() {
    if (this.#data.length) this.#emit(this.#type || "message", this.#data.join("\n"));
    this.#type = "";
    this.#data = [];
  }
}
