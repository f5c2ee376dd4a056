// The two questions that the page asks: a reason for an acknowledgement, and a token.

import { el } from "./dom.js";

/** Asks in the page's one dialog; `send(text)` gives null when all is well, else what to say. */
class Question {
  #dialog; #words;

  constructor(dialog, words) {
    this.#dialog = dialog;
    this.#words = words;
  }

  ask({ title, about, label, type, button, optional }, send) {
    const words = this.#words;
    const heading = el("h2", "", title);
    heading.id = "ask-title";
    const input = el("input");
    Object.assign(input, { type, name: "answer", required: true, autocomplete: "off", maxLength: 500 });
    const problem = el("p", "problem");
    problem.setAttribute("role", "alert");
    const submit = el("button", "main", button);
    const cancel = el("button", "quiet", words.t("ask.cancel"));
    cancel.type = "button";
    cancel.addEventListener("click", () => this.#dialog.close());
    const form = el("form", "", heading, el("p", "about", about), el("label", "", el("span", "", label), input), problem, el("p", "buttons", ...(optional ? [cancel] : []), submit));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      submit.disabled = true;
      const said = await send(input.value.trim());
      submit.disabled = false;
      if (said === null) this.#dialog.close();
      else problem.textContent = said;
    });
    this.#dialog.setAttribute("aria-labelledby", heading.id);
    this.#dialog.oncancel = optional ? null : (event) => event.preventDefault();
    this.#dialog.replaceChildren(form);
    if (!this.#dialog.open) this.#dialog.showModal();
    input.focus();
  }
}

export class AckQuestion extends Question {
  #words;

  constructor(dialog, words) {
    super(dialog, words);
    this.#words = words;
  }

  /** Asks for a reason and sends it; `done()` when the server has taken it. */
  about(alert, about, done) {
    const words = this.#words;
    const question = { title: words.t("ack.title"), about, label: words.t("ack.reason"), type: "text", button: words.t("ack.button"), optional: true };
    this.ask(question, async (reason) => {
      const said = await this.#send(alert, reason);
      if (said === null) done();
      return said;
    });
  }

  async #send(alert, reason) {
    try {
      const answer = await fetch(`api/v1/alerts/${encodeURIComponent(alert.alert)}/ack`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ reason }),
      });
      if (answer.status === 202) return null;
      if (answer.status === 401 || answer.status === 403) return this.#words.t("ack.denied");
      return this.#words.t("ack.failed", { status: answer.status });
    } catch {
      return this.#words.t("ack.unreachable");
    }
  }
}

export class LoginQuestion extends Question {
  #words; #session;

  constructor(dialog, words, session) {
    super(dialog, words);
    this.#words = words;
    this.#session = session;
  }

  /** Asks for a token until one is accepted; then `done()`. */
  please(done) {
    const words = this.#words;
    const question = { title: words.t("token.title"), about: words.t("token.about"), label: words.t("token.label"), type: "password", button: words.t("token.button"), optional: false };
    this.ask(question, async (token) => {
      const status = await this.#session.logIn(token);
      if (status === 200) done();
      return status === 200 ? null : status === 401 ? words.t("token.wrong") : status ? words.t("ack.failed", { status }) : words.t("ack.unreachable");
    });
  }
}
