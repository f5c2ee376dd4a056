"""One core, two ways in: a backtest says what workers say, of what comes much too late as well."""

from collections import Counter
from copy import deepcopy

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from schemas.outputs import SlaEvent
from stream_app.backtest import Backtest
from tests.agents.test_conversations_disorder import BOUNDED, END, deliveries, policy
from tests.support.fleet import SLA, Fleet, Sent
from tests.support.talk import HOUR, MINUTE

TOO_LATE = (0, MINUTE, 20 * MINUTE, 3 * HOUR, 30 * HOUR)
LAST = END + 30 * HOUR


def of_workers(sent: list[Sent]) -> Counter[str]:
    fleet = Fleet(policy("event")).run(sent).until(LAST)
    told = [output.value or b"" for output in fleet.written if output.topic == SLA]
    return Counter(repr(msgspec.json.decode(value, type=SlaEvent)) for value in told)


def of_a_backtest(sent: list[Sent]) -> Counter[str]:
    told: list[bytes] = []
    # Each is read anew, as from a file: what is passed on is made of the event that came.
    read = (deepcopy(one.event) for one in sent)
    Backtest(policy("event"), told.append, LAST).run(read, lambda: None)
    return Counter(repr(msgspec.json.decode(value, type=SlaEvent)) for value in told)


@BOUNDED
@given(deliveries(3, merged=True), st.data())
def test_what_is_heard_of_much_too_late_is_judged_alike(
    sent: list[Sent], data: st.DataObject
) -> None:
    later = [Sent(one.arrives + data.draw(st.sampled_from(TOO_LATE)), one.event) for one in sent]
    later.sort(key=lambda one: one.arrives)
    assert of_a_backtest(later) == of_workers(later)
