// How long it is until tomorrow morning, where the screen hangs. Pure; the time is an argument.

const DAY = 86_400_000;
const EIGHT = 8 * 3_600_000;

/** Whole minutes from `now` until 08:00 of the next day in a time zone (default: the machine's). */
export function minutesToMorning(now, timeZone) {
  const offsetAt = offsets(timeZone);
  const today = Math.floor((now + offsetAt(now)) / DAY) * DAY;
  const eight = today + DAY + EIGHT; // as a clock on the wall shows it
  const guess = eight - offsetAt(now);
  return Math.ceil((eight - offsetAt(guess) - now) / 60_000); // clocks may be changed in between
}

// How far the clocks of a zone are ahead of UTC at an instant.
function offsets(timeZone) {
  const names = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" };
  const format = new Intl.DateTimeFormat("en", { ...names, hourCycle: "h23", timeZone });
  return (ms) => {
    const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const shown = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
    return shown - Math.floor(ms / 1000) * 1000;
  };
}
