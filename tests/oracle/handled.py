"""How the naive program counts first contact and self-service: by a conversation's first solve."""

from collections import Counter
from dataclasses import dataclass

from tests.oracle.clockwork import Fields

Counts = Counter[tuple[str, str, str, str]]


@dataclass
class Handled:
    """What a conversation has seen of people and bots, and how its first solve was counted."""

    counts: Counts
    answers: int = 0
    bot_spoke: bool = False
    solves: int = 0
    by: str = ""  # who changes the status at this moment
    counted: tuple[str, str, str, str] | None = None

    def message(self, data: Fields, meaning: str) -> None:
        """A message that counts."""
        self.answers += meaning == "reply"
        spoken = data["direction"] == "out" and not data.get("campaign")
        self.bot_spoke |= spoken and data["author"] == "bot"

    def solved(self, group: tuple[str, str, str]) -> None:
        """It is solved; only the first time counts."""
        self.solves += 1
        if self.solves > 1:
            return
        alone = not self.answers and (
            self.by not in ("", "agent") or (self.bot_spoke and not self.by)
        )
        name = "first_contact_solved" if self.answers == 1 else "self_served" if alone else ""
        if name:
            self.counted = (name, *group)
            self.counts[self.counted] += 1

    def reopened(self) -> None:
        """What was counted is taken back, in the group where it was."""
        if self.counted:
            name, channel, team, priority = self.counted
            self.counts[f"corrections_{name}", channel, team, priority] += 1
            self.counted = None
