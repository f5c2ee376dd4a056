// The questions that the page asks: what becomes of an alert and why, and a token.

import { el } from "./dom.js";
import { minutesToMorning } from "./morning.js";

/** Asks in the page's one dialog; `send(text, choice)` gives null when all is well, else what to say. */
class Question {
  #dialog; #words;

  constructor(dialog, words) {
    this.#dialog = dialog;
    this.#words = words;
  }

  /** `choices` are the buttons that answer, as [text, value]; Enter presses the first. */
  ask({ title, about, label, type, required, choices, optional }, send) {
    const words = this.#words;
    const heading = el("h2", "", title);
    heading.id = "ask-title";
    const input = el("input");
    Object.assign(input, { type, name: "answer", required, autocomplete: "off", maxLength: 500 });
    const problem = el("p", "problem");
    problem.setAttribute("role", "alert");
    const answers = choices.map(([text, value]) => Object.assign(el("button", "main", text), { value }));
    const cancel = el("button", "quiet", words.t("ask.cancel"));
    cancel.type = "button";
    cancel.addEventListener("click", () => this.#dialog.close());
    const form = el("form", "", heading, el("p", "about", about), el("label", "", el("span", "", label), input), problem, el("p", "buttons", ...(optional ? [cancel] : []), ...answers));
    const busy = (is) => answers.forEach((button) => (button.disabled = is));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      busy(true);
      const said = await send(input.value.trim(), event.submitter.value);
      busy(false);
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

/** Acknowledge (a reason is asked for) or snooze (an hour, four, or until tomorrow morning). */
export class AlertQuestion extends Question {
  #words; #zone;

  constructor(dialog, words, zone) {
    super(dialog, words);
    this.#words = words;
    this.#zone = zone;
  }

  /** `action` is ack or snooze; `now()` the server's time; `done()` when the server has taken it. */
  about({ alert, action, about, now }, done) {
    const words = this.#words;
    const snooze = action === "snooze";
    const choices = snooze ? ["1h", "4h", "morning"].map((span) => [words.t(`snooze.${span}`), span]) : [[words.t("ack.button"), ""]];
    const question = { title: words.t(`${action}.title`), about, label: words.t(`${action}.reason`), type: "text", required: !snooze, choices, optional: true };
    this.ask(question, async (reason, span) => {
      const length = span === "morning" ? `${minutesToMorning(now(), this.#zone)}m` : span;
      const said = await this.#send(alert, action, { ...(reason && { reason }), ...(length && { for: length }) });
      if (said === null) done();
      return said;
    });
  }

  async #send(alert, action, body) {
    try {
      const answer = await fetch(`api/v1/alerts/${encodeURIComponent(alert.alert)}/${action}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
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
    const question = { title: words.t("token.title"), about: words.t("token.about"), label: words.t("token.label"), type: "password", required: true, choices: [[words.t("token.button"), ""]], optional: false };
    this.ask(question, async (token) => {
      const status = await this.#session.logIn(token);
      if (status === 200) done();
      return status === 200 ? null : status === 401 ? words.t("token.wrong") : status ? words.t("ack.failed", { status }) : words.t("ack.unreachable");
    });
  }
}
