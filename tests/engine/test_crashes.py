"""Whatever happens to the processes, the outcome is that of an undisturbed run.

A machine makes events, claims, applies, flushes, crashes at any point within a flush, leaves former
owners running, rebalances and compacts; in the end one process finishes in peace. Its state, its
offsets and everything that readers of the outputs have seen must equal a run where nothing happened.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from stream_app.testing import MemoryBroker
from tests.engine.harness import (
    LOGS,
    SOURCES,
    Loop,
    Process,
    copy_input,
    finish,
    outputs_of,
    produce,
    state_of,
)

EVENTS = st.one_of(
    st.builds(
        lambda k, n: b'{"k":"TOPIC%b","n":%d}' % (k.encode(), n),
        st.sampled_from(["1", "2", "3", "4"]),
        st.integers(0, 3),
    ),
    st.just(b"no json"),
    st.just(b'{"k":"' + b"x" * 300 + b'","n":1}'),  # larger than the engine lets through
)
POINTS = st.sampled_from(["collected", "begun", "sent", "before_commit", "after_commit", "written"])


class Crashes(RuleBasedStateMachine):
    """With transactions: several claimants, all of them may go on writing."""

    fencing = True

    @initialize(values=st.lists(EVENTS, min_size=3, max_size=12))
    def begin(self, values: list[bytes]) -> None:
        self.broker = MemoryBroker()
        self.loop = Loop()
        self.processes: list[Process] = []
        self.events_come(SOURCES[0], values)
        self.claims()

    @property
    def newest(self) -> Process | None:
        alive = [process for process in self.processes if process.usable]
        return alive[-1] if alive else None

    @rule(topic=st.sampled_from(SOURCES), values=st.lists(EVENTS, min_size=1, max_size=8))
    def events_come(self, topic: str, values: list[bytes]) -> None:
        # Keys of their own for each source: which of two is read first is nobody's promise.
        produce(self.broker, topic, [v.replace(b"TOPIC", topic[:1].encode()) for v in values])

    @rule()
    def claims(self) -> None:
        process = Process(self.broker, self.loop, fencing=self.fencing)
        process.start()
        self.processes.append(process)

    @rule()
    def crashes_after_claiming(self) -> None:
        process = Process(self.broker, self.loop, fencing=self.fencing)
        process.claim()
        process.crashed = True

    @precondition(lambda self: self.newest)
    @rule(data=st.data(), limit=st.integers(1, 6), back=st.integers(0, 3))
    def applies(self, data: st.DataObject, limit: int, back: int) -> None:
        self._any(data).apply(limit, back)

    @precondition(lambda self: self.newest)
    @rule(data=st.data())
    def flushes(self, data: st.DataObject) -> None:
        self._any(data).flush()

    @precondition(lambda self: self.newest)
    @rule(data=st.data(), limit=st.integers(1, 6))
    def works(self, data: st.DataObject, limit: int) -> None:
        process = self._any(data)
        process.apply(limit)
        process.flush()

    @precondition(lambda self: self.newest)
    @rule(data=st.data(), limit=st.integers(1, 6))
    def is_overtaken(self, data: st.DataObject, limit: int) -> None:
        """A second owner claims while the first has something to write; both then try to."""
        first = self._any(data)
        first.apply(limit)
        produce(self.broker, SOURCES[0], [b'{"k":"i1","n":1}', b'{"k":"i9","n":1}'])
        self.claims()
        second = self.processes[-1]
        second.apply(limit)
        first.flush()
        second.flush()

    @precondition(lambda self: self.newest)
    @rule(data=st.data(), point=POINTS, after=st.integers(0, 3), limit=st.integers(1, 6))
    def crashes_in_a_flush(self, data: st.DataObject, point: str, after: int, limit: int) -> None:
        process = self._any(data)
        process.apply(limit)
        process.flush(point, after)

    @precondition(lambda self: self.newest)
    @rule(data=st.data())
    def crashes_after_applying(self, data: st.DataObject) -> None:
        self._any(data).crashed = True

    @precondition(lambda self: self.newest)
    @rule(data=st.data())
    def is_frozen_and_given_back(self, data: st.DataObject) -> None:
        process = self._any(data)
        process.owner.freeze()
        assert process.apply(5) == 0
        process.partition.start()

    @precondition(lambda self: self.newest)
    @rule(data=st.data())
    def operator_lifts_the_fuse(self, data: st.DataObject) -> None:
        self._any(data).partition.resume()

    @rule(log=st.sampled_from(LOGS))
    def log_is_compacted(self, log: str) -> None:
        self.broker.compact(log, 0)

    def teardown(self) -> None:
        if hasattr(self, "broker"):
            try:
                self.outcome_is_that_of_an_undisturbed_run()
            finally:
                self.loop.close()

    def outcome_is_that_of_an_undisturbed_run(self) -> None:
        last = Process(self.broker, self.loop, fencing=self.fencing)
        last.start()
        _finish_with_resumes(last)
        calm_broker = copy_input(self.broker)
        calm = Process(calm_broker, self.loop, fencing=self.fencing)
        calm.start()
        _finish_with_resumes(calm)
        assert not self.loop.errors
        assert [process.deaths for process in self.processes if process.deaths] == []
        assert state_of(last) == state_of(calm)
        self.compare_outputs(calm_broker)
        again = Process(self.broker, self.loop, fencing=self.fencing)
        again.start(chunk=2)
        assert state_of(again) == state_of(calm)
        assert again.partition.epoch == last.partition.epoch + bool(last.owner.flushes.count)

    def compare_outputs(self, calm: MemoryBroker) -> None:
        ours, theirs = outputs_of(self.broker), outputs_of(calm)
        for topic in ours:  # sorted, as the two sources may be mixed in any order
            assert sorted(map(str, ours[topic])) == sorted(map(str, theirs[topic]))

    def _any(self, data: st.DataObject) -> Process:
        alive = [process for process in self.processes if process.usable]
        return alive[data.draw(st.integers(0, len(alive) - 1))]


class PlainCrashes(Crashes):
    """Without transactions: one process at a time, and outputs may be missing or come twice."""

    fencing = False

    @rule()
    def claims(self) -> None:
        for process in self.processes:
            process.crashed = True  # nothing fences here; the group's protocol must do
        super().claims()

    @precondition(lambda self: self.newest)
    @rule(data=st.data(), limit=st.integers(1, 6))
    def is_overtaken(self, data: st.DataObject, limit: int) -> None:
        """Nothing would hold a first owner back here: instead, a flush reaches one table of two."""
        process = self._any(data)
        process.apply(limit)
        process.flush()
        produce(self.broker, SOURCES[0], [b'{"k":"i1","n":1}', b'{"k":"i9","n":1}'])
        process.apply(limit + 1)
        process.flush("sent", data.draw(st.integers(0, 1)))

    @rule()
    def crashes_after_claiming(self) -> None:
        for process in self.processes:
            process.crashed = True
        super().crashes_after_claiming()

    @rule(log=st.sampled_from(LOGS))
    def log_is_compacted(self, log: str) -> None:
        """Compaction may fold the last flush into the one before; promised without it alone."""

    def compare_outputs(self, calm: MemoryBroker) -> None:
        """Only the state is promised."""


def _finish_with_resumes(process: Process) -> None:
    finish(process)
    while process.partition.fuse.tripped:
        process.partition.resume()
        finish(process)


TestCrashes = Crashes.TestCase
TestPlainCrashes = PlainCrashes.TestCase
TestCrashes.settings = settings(max_examples=60, stateful_step_count=40)
TestPlainCrashes.settings = settings(max_examples=60, stateful_step_count=40)
