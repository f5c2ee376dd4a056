"""What is kept of a tenant, and for how long: panes are counted, replaced, dropped, and taken up again."""

from agents.channels import ChannelsJob
from stream_app.domain.tenant import Tenant
from tests.support.panes import (
    EMAIL,
    PHONE,
    T0,
    Log,
    Observation,
    Teller,
    feed,
    new_job,
    said,
    started,
)

DAY = 86_400_000


def begun() -> tuple[ChannelsJob, list[Teller]]:
    """A job that two source partitions have told of nothing so far."""
    job, tellers = new_job(), started()
    feed(job, said(tellers))
    job.turn(1_000, {})
    return job, tellers


def acme(job: ChannelsJob) -> Tenant:
    return job.tenants["acme"]


def kept(job: ChannelsJob) -> int:
    """How many panes there are, by a look at each of them."""
    shares = [share for v in acme(job).voices.values() for share in (v.shown, v.told) if share]
    return sum(len(list(share.panes())) for share in shares)


def message(teller: Teller, start: int, step: int = 10, messages: int = 1) -> None:
    seen = [Observation(teller.partition, EMAIL, start)] * messages
    teller.pane(EMAIL, start, seen, step)


def shown(job: ChannelsJob, window: str = "24h") -> int:
    count = job.views["acme", ""].windows[window]["messages_in"]
    assert isinstance(count, int)
    return count


def test_panes_are_counted_once_however_often_they_are_told() -> None:
    job, tellers = begun()
    for teller in tellers:
        for _ in range(3):
            message(teller, T0 - 20_000)
        teller.pane(PHONE, T0 - 20_000, [])
    feed(job, said(tellers))
    assert acme(job).cells == kept(job) == 4


def test_a_whole_minute_takes_the_place_of_its_parts_and_of_no_others() -> None:
    job, tellers = begun()
    for start in (T0 - 70_000, T0 - 60_000, T0 - 50_000, T0 - 10_000, T0):
        message(tellers[0], start)
    feed(job, said(tellers))
    assert acme(job).cells == kept(job) == 5
    message(tellers[0], T0 - 60_000, 60, messages=3)
    message(tellers[0], T0 - 30_000)  # comes too late: its minute has been told
    feed(job, said(tellers))
    assert acme(job).cells == kept(job) == 3
    job.turn(4_000, {})
    assert shown(job) == 5


def test_a_source_that_tells_all_anew_leaves_nothing_of_what_it_said_before() -> None:
    job, tellers = begun()
    for start in (T0 - 60_000, T0 - 50_000):
        message(tellers[0], start)
    again = Teller(0, epoch=2)
    again.begin()
    message(again, T0 - 50_000, messages=4)
    feed(job, said([*tellers, again]))
    assert acme(job).cells == kept(job) == 3  # what is being told is beside what is shown
    again.end()
    again.heartbeat(T0)
    feed(job, said([again]))
    assert acme(job).cells == kept(job) == 1
    job.turn(4_000, {})
    assert shown(job) == 4


def test_a_telling_that_was_broken_off_is_forgotten_when_the_next_one_begins() -> None:
    job = begun()[0]
    for epoch in (2, 3):
        teller = Teller(0, epoch)
        teller.begin()
        message(teller, T0 - 10_000 * epoch)
        feed(job, said([teller]))
    assert acme(job).cells == kept(job) == 1


def test_panes_past_all_windows_are_dropped_and_do_not_come_back() -> None:
    job, tellers = begun()
    message(tellers[0], T0)
    message(tellers[1], T0 + DAY)
    feed(job, said(tellers))
    log = Log()
    log.write(job.collect())
    for days in (1, 9):
        for teller in tellers:
            teller.heartbeat(T0 + days * DAY)
    feed(job, said(tellers))
    for turn in range(2, 12):
        job.turn(turn * 3_000, {})
    assert acme(job).as_of == T0 + 9 * DAY
    assert acme(job).cells == kept(job) == 0
    log.write(job.collect())
    assert not [key for key in log.rows if key.startswith(b"p|")]
    message(tellers[0], T0)
    feed(job, said(tellers))
    assert acme(job).cells == kept(job) == 0


def test_a_new_owner_counts_the_panes_that_it_finds() -> None:
    job, tellers = begun()
    for teller in tellers:
        message(teller, T0 - 20_000)
        message(teller, T0 - 40_000)
    half = Teller(1, epoch=2)
    half.begin()
    message(half, T0 - 40_000)
    feed(job, said([*tellers, half]))
    log = Log()
    log.write(job.collect())
    after = log.restart()
    assert acme(after).cells == kept(after) == 4  # one row for what is told twice


def test_a_tenant_is_live_only_when_all_of_its_sources_are() -> None:
    job, tellers = begun()
    assert acme(job).mode == "live"
    tellers[1].heartbeat(T0 + 1_000, mode="catchup")
    feed(job, said(tellers))
    assert acme(job).mode == "catchup"
    tellers[0].heartbeat(T0 + 1_000, mode="event")
    feed(job, said(tellers))
    assert acme(job).mode == "event"


def test_the_newest_word_on_a_source_of_input_counts_and_mistakes_do_not_fill_the_memory() -> None:
    tenant = acme(begun()[0])
    tenant.hear_of({"zendesk/acme": 50, "phone": 10})
    tenant.hear_of({"zendesk/acme": 40, "phone": 20})
    assert tenant.heard_of == {"zendesk/acme": 50, "phone": 20}
    tenant.hear_of({f"s{number}": 1 for number in range(2_000)})
    assert len(tenant.heard_of) == 1_000
    tenant.hear_of({"phone": 30})
    assert tenant.heard_of["phone"] == 30


def test_it_is_remembered_since_when_something_is_missing() -> None:
    tenant = acme(begun()[0])
    tenant.missing = (1,)
    tenant.note_missing(70)
    tenant.note_missing(90)
    assert tenant.lacking_since == 70
    tenant.missing = ()
    tenant.note_missing(95)
    assert tenant.lacking_since == 0
