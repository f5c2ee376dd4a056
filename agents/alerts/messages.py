"""What receivers of messages see of one partition: what is due to each, and what they hand back.

Shown is only what is committed. What comes back waits here until the job's next turn, and becomes
part of its next flush.
"""

from collections.abc import Iterable, Mapping
from copy import copy
from typing import Final, NamedTuple

from agents.alerts.encode import alert_output, undelivered
from agents.alerts.rows import Rows
from agents.alerts.sums import Sums
from schemas.alert_rows import AlertRow, Summed
from stream_app.adapters.notify.desk import Failure
from stream_app.domain import notices
from stream_app.domain.alert_delivery import BACKLOG, FLOOD
from stream_app.domain.alert_episode import Change
from stream_app.domain.alert_options import Life
from stream_app.domain.alert_table import State
from stream_app.domain.alert_view import Summary
from stream_app.domain.notices import Notice
from stream_app.domain.policy import Calendar, Policy
from stream_app.domain.summary_notices import Part
from stream_app.engine.job import Output

WAYS: Final = ("webhook", "email")
NOTIFIED: Final = "notified"
_NO_RULE: Final = Life()


class Answer(NamedTuple):
    """What a receiver's task has to say of a notice. Without `notice`: begun, or taken."""

    key: bytes
    receiver: str
    mark: str
    begun: bool = False
    notice: Notice | None = None
    failure: Failure | None = None


class Messages:
    """The notices of one partition."""

    def __init__(self, policy: Policy, lives: Mapping[str, Life], output: str) -> None:
        self.sinks = messengers(policy)
        self._lives, self._output = lives, output
        self._due: dict[str, dict[bytes, tuple[Notice, ...]]] = {name: {} for name in self.sinks}
        self._sums = Sums(policy, lives, self.sinks, apart=True)
        self._rows: dict[bytes, AlertRow] = {}  # only those that are told in a summary
        self.summed: dict[Summary, Summed] = {}
        self.changed = False  # what stands in the meta row
        self.version = 0  # another one whenever something else is due
        self._answers: dict[tuple[bytes, str, str, bool], Answer] = {}

    def under(
        self, policy: Policy, lives: Mapping[str, Life], rows: Iterable[tuple[bytes, AlertRow]]
    ) -> "Messages":
        """The same under other rules and receivers, from the committed rows."""
        other = Messages(policy, lives, self._output)
        other.restore(self.summed.values())
        other.version = self.version + 1
        other.changed = self.changed or other.summed.keys() != self.summed.keys()
        other._answers = self._answers
        for key, row in rows:
            other.show(key, row)
        return other

    # ------------------------------------------------------------ what receivers' tasks call

    def due(self, receiver: str) -> list[tuple[bytes, Notice]]:
        """What this receiver has not taken, the oldest first."""
        held = self._due.get(receiver, {})
        return [(key, notice) for key, found in held.items() for notice in found]

    def parts(self, receiver: str) -> list[Part]:
        """What this partition has of each summary for this receiver."""
        totals = {s: total for s, total in self._sums.totals() if s.receiver == receiver}
        names = {**totals, **{s: None for s in self.summed if s.receiver == receiver}}
        return [Part(s, totals.get(s), self.summed.get(s)) for s in names]

    def sum_taken(self, summary: Summary, mark: Summed | None) -> None:
        """The receiver has a summary, or has heard that it is over."""
        if mark is None:
            self.summed.pop(summary, None)
        else:
            self.summed[summary] = mark
        self.changed = True

    def begin(self, key: bytes, receiver: str, mark: str) -> None:
        """It is to be sent as soon as that stands in the row."""
        self._keep(Answer(key, receiver, mark, begun=True))

    def taken(self, key: bytes, receiver: str, mark: str) -> None:
        """The receiver has it."""
        self._keep(Answer(key, receiver, mark))

    def given_up(self, key: bytes, notice: Notice, failure: Failure) -> None:
        """Nobody can send it: it goes to the dead-letter topic."""
        self._keep(Answer(key, notice.receiver, notice.mark, False, notice, failure))

    # ------------------------------------------------------------ what the job calls

    def restore(self, told: Iterable[Summed]) -> None:
        """Go on from where a former owner was."""
        self.summed = {
            Summary(mark.tenant, mark.rule, mark.channel, mark.receiver, mark.severity): mark
            for mark in told
            if mark.receiver in self.sinks
        }

    def meta(self) -> tuple[Summed, ...]:
        """What stands in the meta row of the flush that is being made."""
        self.changed = False
        return tuple(self.summed.values())

    def show(self, key: bytes, row: AlertRow | None) -> None:
        """A row is committed as it is now; None: it is gone."""
        if not self.sinks:
            return
        before = self._rows.pop(key, None)
        if before is not None:
            self._sums.hide(key, before)
        if row is not None and row.delivery in (FLOOD, BACKLOG):
            self._rows[key] = row
            self._sums.show(key, row)
        found = notices.notices(row, self._life(row), self.sinks) if row is not None else []
        for name, held in self._due.items():
            mine = tuple(each for each in found if each.receiver == name)
            if mine != held.get(key, ()):
                self.version += 1
            if mine:
                held[key] = mine
            else:
                held.pop(key, None)

    def apply(self, rows: Rows) -> list[Output]:
        """Write down what came back since the last turn; returns what is to be written of it."""
        answers, self._answers = list(self._answers.values()), {}
        outputs = []
        for answer in answers:
            row = rows.get(answer.key)
            after = copy(row) if row is not None else None
            if after is not None and self._noted(after, answer):
                life = self._life(after)
                rows.put(answer.key, after, life)
                if answer.begun:
                    change = Change(NOTIFIED, copy(after), NOTIFIED)
                    outputs.append(alert_output(self._output, answer.key, change, life, self.sinks))
            if answer.notice and answer.failure:
                output = undelivered(self._output, answer.key, answer.notice, answer.failure)
                outputs.append(output)
        return outputs

    def prepare(self, before: AlertRow | None, passed: Iterable[AlertRow], after: AlertRow) -> None:
        """A row has changed: begin what may go out at once, and keep the ends not yet heard."""
        if not self.sinks:
            return
        life = self._life(after)
        if before is not None and before.told:
            lived = (life, self.sinks)
            after.farewells = notices.followed(before, list(passed), after, lived)
        if after.state == State.FIRING:
            at = max(after.touched, after.told_at)
            after.told = notices.intended(after, life, self.sinks, at)

    def clear(self) -> None:
        """Forget everything."""
        self._answers.clear()
        self._sums.clear()
        self._rows.clear()
        self.summed.clear()
        for held in self._due.values():
            held.clear()

    def _keep(self, answer: Answer) -> None:
        # A receiver's task asks again until it sees the answer committed.
        self._answers[answer[:4]] = answer

    def _noted(self, row: AlertRow, answer: Answer) -> bool:
        if not answer.begun:
            return notices.taken(row, answer.receiver, answer.mark)
        found = notices.notices(row, self._life(row), self.sinks)
        # By now it may be over, and what is over before it was begun is told to nobody.
        asked = (answer.receiver, answer.mark)
        stands = any((each.receiver, each.mark) == asked and not each.begun for each in found)
        if stands:
            row.told = notices.begun(row, answer.receiver, answer.mark)
        return stands

    def _life(self, row: AlertRow) -> Life:
        return self._lives.get(row.rule, _NO_RULE)


def messengers(policy: Policy) -> dict[str, Calendar]:
    """The receivers that are told by message, each with its calendar."""
    return {
        name: receiver.calendar
        for name, receiver in policy.receivers.items()
        if receiver.kind in WAYS
    }
