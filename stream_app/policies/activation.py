"""Activates a policy version: writes it, then names it in every partition of the topics that follow it.

For a broker with transactions:
1. Fence whoever else is at it; from here on nobody but this process activates anything.
2. Read what is active. The same version: nothing is to be done.
3. Write the version, and wait for its acknowledgement: a record that names it comes after it.
4. In one transaction: an activation record for every partition, and which version is active. Either all
   partitions have it or none; running it again is safe after whatever went wrong.
Without transactions the same is written in the same order, which version is active last of all; what
fails on the way names the partitions that have it, and running it again completes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from schemas.events import POLICY_ACTIVATE, STRUCTURED, Data, Event, encode_event
from schemas.instants import format_ms
from schemas.keys import control_key
from schemas.policies import ACTIVE_KEY, INITIAL_KEY, ActiveRecord, encode
from stream_app.adapters.clock import now_ms
from stream_app.adapters.kafka import connect, keeps_transactions, servers, unreachable
from stream_app.adapters.topics import topic_name
from stream_app.domain.policy import Policy
from stream_app.engine.errors import FatalError, FencedError
from stream_app.engine.job import Output
from stream_app.engine.log import Flush, Writer
from stream_app.engine.writer import PlainWriter, TransactionWriter, WriterConfig
from stream_app.errors import UserError
from stream_app.policies.codec import encode_version
from stream_app.policies.topic import TOPIC, Known, PolicyTopic
from stream_app.settings import Settings

# Readers before writers: who counts must know a new tenant before anybody speaks of it.
FOLLOWERS: Final = (
    "engagement.pane.v1",
    "engagement.signal.v1",
    "customer.event.v1",
    "support.conversation.v1",
)
Place = tuple[str, int]
"""Topic and partition."""


@dataclass(slots=True)
class Done:
    """What an activation has done. `places` are the partitions that have it."""

    version: str
    previous: str | None
    already: bool = False
    places: list[Place] = field(default_factory=list)


class OvertakenError(UserError):
    """Somebody else activates a policy at this very moment."""


class Activation:
    """One activation of one policy on one installation."""

    def __init__(self, settings: Settings, policy: Policy) -> None:
        self.done = Done(policy.hash, None)
        self._settings = settings
        self._policy = policy
        self._record = encode_version(policy)
        self._topic = topic_name(settings, TOPIC)

    async def run(self, only_first: bool = False) -> Done:
        """Do it. `only_first`: leave everything as it is when any version is active already."""
        places = await self._places()
        writer = _writer(self._settings, await self._transactions())
        try:
            await writer.claim()
            known = await self._known()
            if not self._is_done(known, only_first):
                await self._write(writer, known, places)
        except FencedError as error:
            raise OvertakenError(
                "another activation has begun meanwhile; nothing was activated here",
                "look at what is active (pegel policy apply FILE --dry-run), and try again",
            ) from error
        except FatalError as error:
            raise self._failed(error, len(places)) from error
        finally:
            await writer.close()
        return self.done

    def _is_done(self, known: Known, only_first: bool) -> bool:
        active = known.active
        self.done.previous = active.hash if active else None
        self.done.already = active is not None and (only_first or active.hash == self.done.version)
        return self.done.already

    async def _known(self) -> Known:
        async with PolicyTopic(self._settings.broker, self._topic) as topic:
            return await topic.read()

    async def _places(self) -> list[Place]:
        names = [topic_name(self._settings, name) for name in FOLLOWERS]
        async with connect(self._settings.broker) as admin:
            there = await admin.topics()
        missing = [name for name in (*names, self._topic) if name not in there]
        if missing:
            raise UserError(f"{missing[0]} does not exist", "create it: pegel topics apply")
        return [(name, number) for name in names for number in range(there[name].partitions)]

    async def _transactions(self) -> bool:
        wanted = self._settings.transactions
        if wanted == "auto":
            return await keeps_transactions(self._settings.broker, self._settings.app_id)
        return wanted == "on"

    async def _write(self, writer: Writer, known: Known, places: Sequence[Place]) -> None:
        at = now_ms()
        version = Output(self._topic, self.done.version.encode(), self._record, 0)
        await writer.write(Flush(0, {}, [version]))
        activations = [_activation(place, self.done.version, at) for place in places]
        standing = self._standing(known, at)
        if writer.fencing:
            await writer.write(Flush(0, {}, [*activations, *standing]))
            self.done.places.extend(places)
            return
        for place, output in zip(places, activations, strict=True):
            await writer.write(Flush(0, {}, [output]))
            self.done.places.append(place)
        await writer.write(Flush(0, {}, standing))

    def _standing(self, known: Known, at: int) -> list[Output]:
        """Which version is active from now on, and once and for all which one was the first."""
        record = encode(
            ActiveRecord(hash=self.done.version, since=format_ms(at), previous=self.done.previous)
        )
        keys = [INITIAL_KEY, ACTIVE_KEY] if known.initial is None else [ACTIVE_KEY]
        return [Output(self._topic, key, record, 0) for key in keys]

    def _failed(self, error: FatalError, of: int) -> UserError:
        listed = ", ".join(f"{topic} {number}" for topic, number in self.done.places)
        return UserError(
            f"{error}: {len(self.done.places)} of {of} partitions have the activation"
            + (f" ({listed})" if listed else ""),
            "run it again: what is there already stays, the rest is completed",
        )


def _activation(place: Place, version: str, at: int) -> Output:
    value = encode_event(
        Event(
            id=f"{version}:{format_ms(at)}",
            source="pegel/policy",
            type=POLICY_ACTIVATE,
            subject=version,
            time=format_ms(at),
            data=Data(hash=version),
        )
    )
    key, (topic, partition) = control_key(POLICY_ACTIVATE, ""), place
    return Output(topic, key, value, partition, (STRUCTURED,))


def _writer(settings: Settings, transactions: bool) -> Writer:
    bootstrap = tuple(servers(settings.broker))
    if not bootstrap:
        raise unreachable(settings.broker)
    config = WriterConfig(bootstrap, f"{settings.app_id}-policy")
    return TransactionWriter(config) if transactions else PlainWriter(config)
