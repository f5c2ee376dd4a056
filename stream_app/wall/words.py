"""One language of the wall for terminals: the page's own texts, numbers and times written as the page does.

Knows nothing of what the texts are about.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from importlib.resources import files
from math import floor
from typing import Any, Final

LANGUAGES: Final = ("en", "de")
_FILLED: Final = re.compile(r"\{(\w+)\}")
_TODAY_MS: Final = 12 * 3_600_000
_OLD_MS: Final = 300 * 86_400_000


class Words:
    """Texts by key, and what stands in them. `zone` None is the machine's."""

    def __init__(self, lang: str, zone: tzinfo | None = None) -> None:
        asset = files("stream_app.wall") / "assets" / f"texts.{lang}.json"
        self._texts: Mapping[str, Any] = json.loads(asset.read_text(encoding="utf-8"))
        self._german = lang == "de"
        self._zone = zone

    def t(self, key: str, **values: Any) -> str:
        """The text of a key with its `{names}` filled in; `n` chooses between one and other."""
        found = self._texts[key]
        if not isinstance(found, str):
            found = found["one" if values.get("n") == 1 else "other"]
        return _FILLED.sub(lambda name: str(values[name[1]]), found)

    def name(self, kind: str, value: str) -> str:
        """The name of something that a policy or a vendor named: translated when it is known."""
        found = self._texts.get(f"{kind}.{value}", value.replace("_", " "))
        return str(found)

    def number(self, value: float) -> str:
        """With at most one decimal, and groups of three digits."""
        rounded = round(value, 1)
        text = f"{int(rounded):,}" if rounded == int(rounded) else f"{rounded:,.1f}"
        return text.translate(_GERMAN) if self._german else text

    def count(self, value: float) -> str:
        """A count that must stay short."""
        return self.number(value) if value < 1_000 else f"{self.number(value / 1_000)}k"

    def percent(self, ratio: float) -> str:
        """Cut off, not rounded: 99.6 % is not 100 %."""
        sign = "\u00a0%" if self._german else "%"
        return f"{floor(ratio * 100 + 1e-9)}{sign}"

    def time(self, ms: float) -> str:
        """The time of day."""
        return self._at(ms).strftime("%H:%M:%S")

    def instant(self, ms: float, now: float) -> str:
        """An instant seen from `now`: only the time today, then with the date, of old with the year."""
        if now - ms < _TODAY_MS:
            return self.time(ms)
        if now - ms >= _OLD_MS:
            return self._at(ms).strftime("%d.%m.%Y %H:%M" if self._german else "%d %b %Y %H:%M")
        return self._at(ms).strftime("%d.%m. %H:%M:%S" if self._german else "%d %b %H:%M:%S")

    def span(self, ms: float) -> str:
        """A duration: 4:07, 1:23:45, then days and hours."""
        total = int(max(0.0, ms) // 1_000)
        days, hours = total // 86_400, total // 3_600 % 24
        minutes, seconds = total // 60 % 60, total % 60
        if days:
            return self.t("span.days", d=self.number(days), h=hours)
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"

    def _at(self, ms: float) -> datetime:
        return datetime.fromtimestamp(ms / 1_000, UTC).astimezone(self._zone)


_GERMAN: Final = str.maketrans(",.", ".,")
