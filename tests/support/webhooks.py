"""A receiver of webhooks to test against, and a messenger beside a partition that is being flushed."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from threading import Thread
from typing import Any

import msgspec
from aiohttp import web

from stream_app.adapters.clock import now_ms
from stream_app.adapters.notify.desk import Deal
from stream_app.adapters.notify.messenger import Messenger
from stream_app.adapters.notify.patience import Patience
from stream_app.adapters.notify.webhook import Webhook
from stream_app.domain.calendar import ALWAYS, OfficeCalendar
from stream_app.domain.policy import AlertRule, Policy, Receiver
from stream_app.policyfile import voice_of
from stream_app.texts import Texts
from tests.support.alerts import T0, Partition, policy, rule
from tests.support.wait import eventually_async

QUICK = Patience(poll=0.02, base=0.02, cap=0.05, attempts=30, rest=0.1, longest=0.2)
# Open from 00:00 to 00:01 alone; T0 is at 09:13.
SHUT = OfficeCalendar(
    "night", "UTC", tuple(((0, 1),) for _ in range(7)), frozenset(), frozenset(), {}
)
Answer = Callable[[int], Awaitable[web.Response]]


async def fine(_count: int) -> web.Response:
    """Everything is taken."""
    return web.Response(text="ok")


@dataclass
class Hook:
    """What arrived at the server."""

    url: str = ""
    answer: Answer = fine
    bodies: list[Any] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    at: list[int] = field(default_factory=list)  # when each arrived, in ms
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        """Note a request and answer it."""
        body = await request.read()
        self.at.append(now_ms())
        self.raw.append(body)
        self.bodies.append(msgspec.json.decode(body))
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        self.paths.append(request.raw_path)
        self.arrived.set()
        return await self.answer(len(self.raw))

    @property
    def kinds(self) -> list[str]:
        """Kinds of the generic messages, in order."""
        return [body["data"]["kind"] for body in self.bodies]

    @property
    def ids(self) -> list[str]:
        """Identities of the messages, in order."""
        return [each["webhook-id"] for each in self.headers]


@asynccontextmanager
async def listening(answer: Answer = fine) -> AsyncIterator[Hook]:
    """A server on this machine."""
    hook = Hook(answer=answer)
    app = web.Application()
    app.router.add_post("/{tail:.*}", hook.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield hook
    finally:
        await runner.cleanup()


@contextmanager
def listening_aside(answer: Answer = fine) -> Iterator[Hook]:
    """The same in a thread of its own, for what has no event loop or one of its own."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    server = listening(answer)

    def there(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(10)

    try:
        yield there(server.__aenter__())
        there(server.__aexit__(None, None, None))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def webhook(url: str, name: str = "support", **more: Any) -> Receiver:
    """A receiver on this machine."""
    values = {"url": url, "allow_private": True, "calendar": ALWAYS, **more}
    return Receiver(name=name, kind="webhook", **values)


def telling(*receivers: Receiver, rules: tuple[AlertRule, ...] = ()) -> Policy:
    """A policy whose rule goes to these."""
    named = {receiver.name: receiver for receiver in receivers}
    return replace(policy(*(rules or (rule(to=tuple(named)),))), receivers=named)


def deal(receiver: Receiver) -> Deal:
    """A webhook receiver with all that is needed to talk to it."""
    voice = voice_of(receiver)
    return Deal(receiver, Webhook(receiver, voice), Texts(voice))


@dataclass
class Messaging:
    """A partition and its messenger; `until` flushes while it waits."""

    partition: Partition
    messenger: Messenger

    def pump(self) -> None:
        """One turn and one flush."""
        self.partition.job.turn(T0, {})
        self.partition.flush()

    async def until(self, condition: Callable[[], bool], seconds: float = 5) -> None:
        """Flush until it holds."""

        def flushed() -> bool:
            self.pump()
            return condition()

        await eventually_async(flushed, seconds)

    async def quiet(self, receiver: str = "support") -> None:
        """Until nothing is due to a receiver any more."""
        await self.until(lambda: not self.partition.job.messages.due(receiver))


@asynccontextmanager
async def messaging(
    partition: Partition,
    *deals: Deal,
    patience: Patience = QUICK,
    now: Callable[[], int] = lambda: T0 + 100,
) -> AsyncIterator[Messaging]:
    """A messenger that runs beside the partition."""
    messenger = Messenger(lambda: [partition.job.messages], deals, now, patience)
    task = asyncio.create_task(messenger.run())
    try:
        yield Messaging(partition, messenger)
    finally:
        await messenger.stop()
        await asyncio.wait_for(task, 5)


def verified(secret: bytes, headers: dict[str, str], body: bytes) -> bool:
    """Whether a request is signed as Standard Webhooks says; written from its text alone."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
    entries = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(each, f"v1,{expected}") for each in entries)
