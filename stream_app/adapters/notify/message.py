"""One message to one receiver: its facts, its words, and what a way of sending has to offer."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from stream_app.adapters.notify.patience import Outcome
from stream_app.errors import UserError
from stream_app.texts import Written


@dataclass(frozen=True, slots=True)
class Message:
    """What is told, under an identity that is the same for every attempt."""

    identity: str
    thread: str  # what belongs together: the episode
    kind: str
    facts: Mapping[str, Any]
    words: Written
    links: Mapping[str, str]

    @property
    def starts(self) -> bool:
        """Whether it is the first of its thread."""
        return self.kind == "firing"


class Way(Protocol):
    """A way to one receiver."""

    async def send(self, message: Message, now: int) -> Outcome:
        """One attempt. Never raises for what the receiver, or the network, does."""
        ...

    async def close(self) -> None: ...


def secret_text(path: str, what: str) -> str:
    """The text of a file with a secret, read again each time, so that it can be replaced."""
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise UserError(f"{path}: {what}: {reason}", "it must be a readable text file") from None
    if not text:
        raise UserError(f"{path}: {what}: the file is empty", "write it into the file")
    return text
