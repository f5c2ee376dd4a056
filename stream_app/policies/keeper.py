"""Keeps the versions of a process as the policy topic has them, from its start to its end.

1. At the start everything is read, before any partition is claimed. When nothing was ever activated,
   the policy that the process was given is; otherwise it goes on with what is active, and says so.
2. After every claim it is read to the end again: the former owner may have followed an activation that
   this process has not heard of yet.
3. Between, new records are taken as they come, and versions that a partition waits for are looked for.
"""

import asyncio
from contextlib import suppress
from typing import Final

import structlog

from stream_app.adapters.topics import topic_name
from stream_app.domain.policy import Policy
from stream_app.domain.versions import Versions
from stream_app.errors import UserError
from stream_app.policies.activation import Activation, OvertakenError
from stream_app.policies.codec import UnreadableVersionError, decode_version
from stream_app.policies.topic import TOPIC, Known, PolicyTopic
from stream_app.settings import Settings

log = structlog.get_logger("pegel.policy")
_ATTEMPTS: Final = 10
_AGAIN: Final = 1.0  # seconds after the broker did not answer


class VersionKeeper:
    """Fills `versions`; `start` before the first claim, `read` after each, `stop` at the end."""

    def __init__(self, settings: Settings, given: Policy) -> None:
        self.versions: Final = Versions(given)
        self._settings = settings
        self._given = given
        self._topic = PolicyTopic(settings.broker, topic_name(settings, TOPIC))
        self._refused: set[str] = set()  # versions that this release cannot read
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Know everything that was ever activated; activate the given policy if nothing was."""
        await self._topic.__aenter__()
        known = await self._first()
        self._take(known)
        if known.active is None or known.initial is None:
            raise UserError("no policy could be activated", "pegel policy apply FILE")
        if known.active.hash not in self.versions:
            raise UserError(
                f"the active policy {known.active.hash} cannot be read by this release",
                "update it, or activate a policy that it knows: pegel policy apply FILE",
            )
        self._say(known.active.hash)
        self._task = asyncio.create_task(self._follow(), name="policy versions")

    async def _first(self) -> Known:
        """What is active; the given policy if nothing was, and no other worker is faster."""
        known = await self._topic.read()
        for _ in range(_ATTEMPTS):
            if known.active is not None:
                break
            with suppress(OvertakenError):
                await Activation(self._settings, self._given).run(only_first=True)
            known = await self._topic.read()
        return known

    async def read(self) -> None:
        """Everything that is in the topic now."""
        self._take(await self._topic.read())

    async def stop(self) -> None:
        """Follow no more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            await self._topic.__aexit__(None, None, None)

    async def _follow(self) -> None:
        while True:
            try:
                await self._topic.follow()
                missing = set(self.versions.missing)
                if missing:
                    await self._topic.read()
                self._take(self._topic.known)
                self.versions.looked_for(missing)
            except Exception as error:  # whatever it was, the next look may succeed
                log.warning("policy topic not read", cause=type(error).__name__)
                await asyncio.sleep(_AGAIN)

    def _take(self, known: Known) -> None:
        for version in known.versions.keys() - self.versions.keys() - self._refused:
            try:
                self.versions.add(decode_version(known.versions[version]))
            except UnreadableVersionError as error:
                self._refused.add(version)
                log.error("policy version not readable", version=version, cause=str(error))
        if known.initial is not None and known.initial.hash in self.versions:
            self.versions.begin_with(known.initial.hash)
        if known.active is not None:
            self.versions.show(known.active.hash)

    def _say(self, active: str) -> None:
        if active == self._given.hash:
            log.info("policy", version=active)
        else:
            log.warning(
                "another policy is active: going on with it",
                active=active,
                given=self._given.hash,
                remedy="pegel policy apply FILE",
            )
