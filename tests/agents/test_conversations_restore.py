"""What a new owner makes of a changelog that has not been compacted."""

from schemas.instants import format_ms
from tests.support.two_tenants import run


def test_a_log_that_holds_every_version_of_a_pane_is_restored_like_its_newest() -> None:
    job = run()
    for day in ("+0", "+1", "+3"):  # rolled after an hour, dropped after a day
        for second in (0, 11, 22):
            job.created(f"{day} 09:00:{second:02d}", f"T{day}-{second}")
            job.flush()
        job.restart()
        job.at_end(f"{day} 12:00")
        job.flush()
    job.restart()
    assert job.totals()["opened"] == 9
    panes = [pane for key in job.job.groups.states for pane in job.job.groups.panes(key)]
    kept = sorted((format_ms(start), resolution) for start, resolution, _ in panes)
    # The opening, the warning at 09:30 and what broke at 10:00, of the last day.
    assert sorted(kept) == [(f"2026-01-08T{at}:00Z", 60_000) for at in ("09:00", "09:30", "10:00")]
    assert job.rejected == []
