// What the address asks for: view, playlist, language, colours. Pure; mistakes are named, not ignored.

const VIEWS = ["overview", "channel", "team"];
const SPEED = { least: 5, usual: 20, most: 3600 };
const LANGUAGES = ["en", "de"];
const THEMES = ["auto", "dark", "light"];

/** The options of an address: `search` with its question mark, `language` of the browser. */
export function parseOptions(search, language) {
  const query = new URLSearchParams(search);
  const problems = [];
  const options = {
    problems,
    every: seconds(query, problems),
    lang: oneOf(query, "lang", LANGUAGES, language.toLowerCase().startsWith("de") ? "de" : "en", problems),
    theme: oneOf(query, "theme", THEMES, "auto", problems),
    zone: zone(query, problems),
    playlist: entries(query, problems),
  };
  return options;
}

function entries(query, problems) {
  const tenant = query.get("tenant");
  const listed = (query.get("playlist") || "").split(",").map((text) => text.trim()).filter(Boolean);
  const found = listed.map((text) => entry(text, tenant, problems)).filter(Boolean);
  return found.length ? found : [single(query, tenant, problems)];
}

// `overview`, `channel:email`, `team:billing`, each with an optional `tenant/` before it.
function entry(text, tenant, problems) {
  const [, before, view, name] = /^(?:([^/]*)\/)?([^:]*)(?::(.*))?$/.exec(text);
  if (!VIEWS.includes(view)) {
    problems.push({ key: "problem.view", value: text });
    return null;
  }
  return { tenant: before || tenant, view, name: name || null };
}

function single(query, tenant, problems) {
  const asked = query.get("view");
  if (asked && !VIEWS.includes(asked)) problems.push({ key: "problem.view", value: asked });
  const known = VIEWS.includes(asked) ? asked : null;
  const view = known || (query.get("channel") ? "channel" : query.get("team") ? "team" : "overview");
  return { tenant, view, name: view === "overview" ? null : query.get(view) };
}

function seconds(query, problems) {
  if (!query.get("every")) return SPEED.usual;
  const value = Number(query.get("every"));
  if (value >= SPEED.least && value <= SPEED.most) return value;
  problems.push({ key: "problem.every", value: query.get("every") });
  return SPEED.usual;
}

function oneOf(query, name, known, otherwise, problems) {
  const value = query.get(name);
  if (!value || known.includes(value)) return value || otherwise;
  problems.push({ key: `problem.${name}`, value });
  return otherwise;
}

function zone(query, problems) {
  const timeZone = query.get("zone") || undefined;
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return timeZone;
  } catch {
    problems.push({ key: "problem.zone", value: timeZone });
    return undefined;
  }
}
