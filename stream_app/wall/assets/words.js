// One language: texts from its file, numbers and dates by Intl. Knows nothing of what they are about.

/** Loads the texts of a language and gives the functions that write in it. */
export async function loadWords(lang, timeZone) {
  const answer = await fetch(new URL(`./texts.${lang}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`no texts for ${lang}: HTTP ${answer.status}`);
  return new Words(lang, await answer.json(), timeZone);
}

export class Words {
  #texts; #plural; #number; #tenths; #percent; #time; #short; #dated; #yeared;

  constructor(lang, texts, timeZone) {
    const time = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone };
    const locale = lang === "en" ? "en-GB" : lang;
    this.lang = lang;
    this.#texts = texts;
    this.#plural = new Intl.PluralRules(lang);
    this.#number = new Intl.NumberFormat(lang);
    this.#tenths = new Intl.NumberFormat(lang, { maximumFractionDigits: 1 });
    this.#percent = new Intl.NumberFormat(lang, { style: "percent", maximumFractionDigits: 0 });
    this.#time = new Intl.DateTimeFormat(locale, time);
    this.#short = new Intl.DateTimeFormat(locale, { ...time, second: undefined });
    this.#dated = new Intl.DateTimeFormat(locale, { ...time, day: "numeric", month: "short" });
    this.#yeared = new Intl.DateTimeFormat(locale, { ...time, second: undefined, day: "numeric", month: "short", year: "numeric" });
  }

  /** The text of a key with its `{names}` filled in; `n` chooses between one and other. */
  t(key, values = {}) {
    const found = this.#texts[key];
    if (found === undefined) throw new Error(`no text for ${key}`);
    const text = typeof found === "string" ? found : found[this.#plural.select(values.n)] ?? found.other;
    return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  /** The name of something that the policy or a vendor named: translated when it is known. */
  name(kind, value) {
    const text = String(value ?? "");
    return this.#texts[`${kind}.${text}`] ?? text.replaceAll("_", " ");
  }

  number(value) {
    return this.#number.format(value);
  }

  /** A count that must stay short on a tile; the exact one stands in the header. */
  count(value) {
    return value < 1000 ? this.#number.format(value) : `${this.#tenths.format(value / 1000)}k`;
  }

  // Cut off, not rounded: 99.6 % is not 100 %.
  percent(ratio) {
    return this.#percent.format(Math.floor(ratio * 100 + 1e-9) / 100);
  }

  time(ms) {
    return this.#time.format(ms);
  }

  minute(ms) {
    return this.#short.format(ms);
  }

  /** An instant seen from `now`: only the time today, with the date before that, and with the year of old. */
  instant(ms, now) {
    const hours = (now - ms) / 3600_000;
    return (hours < 12 ? this.#time : hours < 300 * 24 ? this.#dated : this.#yeared).format(ms);
  }

  /** A duration: 4:07, 1:23:45, then days and hours. */
  span(ms) {
    const total = Math.floor(Math.max(0, ms) / 1000);
    const days = Math.floor(total / 86400);
    const hours = Math.floor(total / 3600) % 24;
    const minutes = Math.floor(total / 60) % 60;
    const two = (value) => String(value).padStart(2, "0");
    if (days) return this.t("span.days", { d: this.#number.format(days), h: hours });
    if (hours) return `${hours}:${two(minutes)}:${two(total % 60)}`;
    return `${minutes}:${two(total % 60)}`;
  }
}
