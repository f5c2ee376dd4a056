"""How a conversation stands in the lists of the most urgent ones: what people need to go there."""

from typing import Any

from schemas.instants import format_ms
from schemas.keys import ConversationKey
from schemas.states import ClockState, ConversationState
from stream_app.domain.clocks import CLOCK_INDEX, CLOCK_NAMES, OPEN
from stream_app.domain.levels import most_pressing

_REPLIES = ("first_reply", "next_reply")


def listed(identity: ConversationKey, state: ConversationState, level: str) -> dict[str, Any]:
    """One entry of a list: `overdue`, `at_risk` or `waiting`.

    `due` is left out while the clock stands still or nothing is promised. `since` is when the
    customer's oldest unanswered message came, else when the clock began.
    """
    number = _reply_clock(state) if level == "waiting" else most_pressing(state).clock
    clock = state.clocks[number] if number >= 0 else ClockState()
    since = state.waiting_since or clock.started_at or state.created_at
    item = {
        "conversation": identity.id,
        "source": identity.source,
        "url": state.url,
        "channel": state.channel,
        "team": state.team,
        "priority": state.priority,
        "clock": CLOCK_NAMES[number] if number >= 0 else "",
        "due": format_ms(clock.due) if clock.due else "",
        "since": format_ms(since),
    }
    return {name: text for name, text in item.items() if text}


def _reply_clock(state: ConversationState) -> int:
    """The clock of the answer that is owed; -1 when none runs."""
    numbers = (CLOCK_INDEX[name] for name in _REPLIES)
    return next((n for n in numbers if state.clocks[n].status in OPEN), -1)
