// Who this screen is: logs in with a token once; from then on the server's own cookie speaks for it, so
// that no secret stays where a script could read it.

export class Session {
  role = null;

  get mayAct() {
    return this.role === "act";
  }

  /** Uses a token that came with the address (and takes it out of there), then asks who we are. */
  async begin() {
    const place = new URL(location.href);
    const fragment = new URLSearchParams(place.hash.slice(1));
    const token = fragment.get("token") ?? place.searchParams.get("token");
    if (token !== null) {
      place.searchParams.delete("token");
      fragment.delete("token");
      place.hash = fragment.toString();
      history.replaceState(null, "", place);
      if ((await this.logIn(token)) === 200) return;
    }
    await this.ask();
  }

  /** The status of the attempt; 0 when nobody answered. */
  async logIn(token) {
    return this.#call({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token }) });
  }

  async ask() {
    return this.#call({ headers: { Accept: "application/json" } });
  }

  async #call(how) {
    try {
      const answer = await fetch("api/v1/session", how);
      if (answer.ok) this.role = (await answer.json()).role;
      return answer.status;
    } catch {
      return 0;
    }
  }
}
