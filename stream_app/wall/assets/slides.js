// Which tiles stand on which page, and which page is up. Pure but for `Rotation`, which keeps its place.

/** The pages of a playlist: each entry gives one or more, evenly filled. */
export function slidesOf(playlist, storeOf, perPage) {
  return playlist.flatMap((entry, place) => {
    const store = storeOf(entry);
    const { hero, parts } = scopesOf(entry, store);
    const room = hero ? perPage - 4 : perPage;
    const count = Math.max(1, Math.ceil(parts.length / room));
    const size = Math.ceil(parts.length / count);
    return Array.from({ length: count }, (_, page) => ({
      key: `${place}/${page}`,
      entry, store, hero, page, pages: count,
      parts: parts.slice(page * size, (page + 1) * size),
    }));
  });
}

function scopesOf(entry, store) {
  const scopes = [...store.views.values()].map((view) => view.scope).sort(byName);
  if (!entry.name) {
    const part = entry.view === "team" ? "team" : "channel";
    return { hero: null, parts: scopes.filter((scope) => has(scope, [part])) };
  }
  const other = entry.view === "team" ? "channel" : "team";
  return {
    hero: { [entry.view]: entry.name },
    parts: scopes.filter((scope) => has(scope, [entry.view, other]) && scope[entry.view] === entry.name),
  };
}

function has(scope, parts) {
  return Object.keys(scope).length === parts.length && parts.every((part) => part in scope);
}

// A tile keeps its place: by name, never by how bad its figures are.
function byName(a, b) {
  const name = (scope) => `${scope.channel ?? ""}\n${scope.team ?? ""}`;
  return name(a) < name(b) ? -1 : 1;
}

/** How many columns give the roomiest tiles in a field of `width` by `height` (both in rem). */
export function columnsFor(cells, width, height) {
  let best = { columns: 1, room: 0 };
  for (let columns = 1; columns <= cells; columns += 1) {
    const wide = width / columns;
    const high = height / Math.ceil(cells / columns);
    const room = Math.min(wide / 15, high / 17);
    if (room > best.room * 1.001) best = { columns, room };
  }
  return best.columns;
}

/** Turns the pages, `every` seconds each, unless somebody holds them. */
export class Rotation {
  index = 0;
  held = false;
  #since = performance.now();

  constructor(every) {
    this.every = every * 1000;
  }

  /** The page that is up now. */
  current(slides) {
    if (this.index >= slides.length) this.index = 0;
    const now = performance.now();
    if (!this.held && slides.length > 1 && now - this.#since >= this.every) this.step(1, slides);
    return slides[this.index];
  }

  step(by, slides) {
    this.index = (this.index + by + slides.length) % slides.length;
    this.#since = performance.now();
  }

  hold(held) {
    this.held = held;
    this.#since = performance.now();
  }
}
