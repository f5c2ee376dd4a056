"""The one place that constructs adapters and hands them what they need; nobody else does.

What stands above it (agents, the web server, the command line) is put together in `stream_app.app`.
"""

from collections.abc import Iterator
from typing import Protocol, cast

from stream_app.adapters.alertmanager import AlertSource, Notifier
from stream_app.adapters.clock import now_ms
from stream_app.adapters.notify.desk import Deal, MessageSource
from stream_app.adapters.notify.mail import Mail, MailServer
from stream_app.adapters.notify.message import Way
from stream_app.adapters.notify.messenger import Messenger
from stream_app.adapters.notify.webhook import Webhook
from stream_app.adapters.redis_connect import connector
from stream_app.adapters.redis_feed import RedisFeed, ViewSource
from stream_app.credentials import credential
from stream_app.domain.policy import Policy, Receiver
from stream_app.domain.versions import Versions
from stream_app.engine.runtime import Engine
from stream_app.errors import UserError
from stream_app.links import SECRETS, Links, links_of
from stream_app.policyfile import default_policy, load_policy, voice_of
from stream_app.settings import Settings
from stream_app.texts import Texts, Voice

_ALERTS = "alerts"  # the agent that keeps them
_WAYS = ("webhook", "email")
_CHANNELS = "channels"  # the agent that makes views
_LIVE = "live"


def policy_of(settings: Settings) -> Policy:
    """The policy that holds: that of the file which the settings name, or the default."""
    return load_policy(settings.policy) if settings.policy else default_policy()


def make_notifier(settings: Settings, engine: Engine) -> Notifier:
    """Tells every Alertmanager of the settings what the alerts jobs of this worker have committed."""

    def jobs() -> Iterator[AlertSource]:
        yield from cast("Iterator[AlertSource]", _jobs(_ALERTS, settings, engine))

    return Notifier(jobs, settings.alertmanager_urls, now_ms)


def make_messenger(settings: Settings, policy: Policy, engine: Engine) -> Messenger | None:
    """Tells the webhooks and mailboxes of the policy; None when it names none."""
    told = [receiver for receiver in policy.receivers.values() if receiver.kind in _WAYS]
    # Links need a secret and somewhere to lead to.
    links = links_of(credential(SECRETS)) if settings.wall_url else None

    def jobs() -> Iterator[MessageSource]:
        for job in cast("Iterator[_Messaging]", _jobs(_ALERTS, settings, engine)):
            yield job.messages

    deals = (make_deal(settings, receiver, links) for receiver in told)
    return Messenger(jobs, deals, now_ms) if told else None


def make_deal(settings: Settings, receiver: Receiver, links: Links | None = None) -> Deal:
    """A receiver of messages with all that is needed to talk to it."""
    voice = voice_of(receiver)
    way = _way(settings, receiver, voice)
    return Deal(receiver, way, Texts(voice), links, settings.wall_url)


def make_feed(settings: Settings, versions: Versions, engine: Engine) -> RedisFeed | None:
    """Keeps the channel SLAs of this worker's tenants in Redis; None where no Redis is named."""
    url = credential("PEGEL_REDIS_URL")
    if url is None:
        return None

    def jobs() -> Iterator[ViewSource]:
        yield from cast("Iterator[ViewSource]", _jobs(_CHANNELS, settings, engine))

    connect = connector(url, settings.redis_sentinels, settings.redis_primary)

    def is_live(tenant: str) -> bool:
        return versions.current.tenants.get(tenant) == _LIVE

    return RedisFeed(jobs, connect, now_ms, is_live)


class _Messaging(Protocol):
    """What that agent's jobs have for receivers of messages."""

    @property
    def messages(self) -> MessageSource: ...


def _jobs(agent: str, settings: Settings, engine: Engine) -> Iterator[object]:
    for partition in range(settings.partitions):
        job = engine.job(agent, partition)
        if job is not None:
            yield job


def _way(settings: Settings, receiver: Receiver, voice: Voice) -> Way:
    if receiver.kind == "webhook":
        return Webhook(receiver, voice, settings.webhook_allow_private)
    if not settings.smtp_host:
        raise UserError(
            f"receivers.{receiver.name}: there is no mail server", "set PEGEL_SMTP_HOST"
        )
    password = credential("PEGEL_SMTP_PASSWORD") or ""
    server = MailServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_security,
        settings.smtp_user,
        password,
        settings.smtp_from,
        settings.smtp_trust,
    )
    return Mail(receiver, server)
