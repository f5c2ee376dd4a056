"""Administration of a Kafka-protocol broker: what it is, which topics it has, making and mending them.

Not responsible for consuming or producing events (the engine does), nor for what the topics should
be (`stream_app.adapters.topics`). Works on Apache Kafka and on brokers that know less: what a broker
cannot do is said in a note, and the rest goes on.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import IncompatibleBrokerVersion, KafkaError, for_code
from aiokafka.protocol.admin import ApiVersionRequest

from stream_app.adapters.topics import Wanted
from stream_app.errors import UserError

_TIMEOUT_MS = 15_000
_SET_ON_THE_TOPIC = 1  # config_source of a value that was set on the topic itself
_EXISTS, _TOO_FEW_BROKERS = 36, 38
_REFUSED_CONFIG = (40, 42, 44)
_FETCH = 1
_WRITE_MARKERS = 27  # spoken by brokers that keep transactions


def servers(broker: str) -> list[str]:
    """`host:port` of each broker in a setting such as `kafka://a:9092,b:9092`."""
    bare = broker.removeprefix("kafka://").replace(";", ",")
    return [part.strip().removeprefix("kafka://") for part in bare.split(",") if part.strip()]


def unreachable(broker: str) -> UserError:
    """The error for a broker that does not answer."""
    return UserError(
        f"no Kafka broker answers at {broker}",
        "start one (docker compose up -d kafka), name it with --broker HOST:PORT or PEGEL_BROKER, "
        "or try `pegel demo`, which brings its own",
    )


class Described(NamedTuple):
    """A broker in general."""

    version: str
    nodes: tuple[str, ...]
    cluster: str


class Actual(NamedTuple):
    """A topic as the broker describes it. `config` may hold less than all there is."""

    partitions: int
    replication: int
    config: Mapping[str, str]


class Admin:
    """A connection for administration; made by `connect`."""

    def __init__(self, client: AIOKafkaAdminClient, broker: str) -> None:
        self._client = client
        self._broker = broker

    async def topics(self) -> dict[str, Actual]:
        """Every topic with its size and configuration, as far as the broker tells.

        Asks for all topics at once: some brokers create a topic that one asks for by name.
        """
        described = [t for t in await self._client.describe_topics() if not t["is_internal"]]
        configs = await self._configs([t["topic"] for t in described])
        return {
            t["topic"]: Actual(
                len(t["partitions"]),
                min((len(p["replicas"]) for p in t["partitions"]), default=0),
                configs.get(t["topic"], {}),
            )
            for t in described
        }

    async def names(self) -> set[str]:
        """The names of all topics, as the broker that was asked knows them."""
        return set(await self._client.list_topics())

    async def _configs(self, names: Sequence[str]) -> dict[str, dict[str, str]]:
        entries = await self._config_entries(names)
        return {name: {e[0]: e[1] for e in found} for name, found in entries.items()}

    async def _config_entries(self, names: Sequence[str]) -> dict[str, list[Any]]:
        if not names:
            return {}
        asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        try:
            answers = await self._client.describe_configs(asked)
        except IncompatibleBrokerVersion:
            return {}
        return {r[3]: r[4] for answer in answers for r in answer.resources if r[0] == 0}

    async def create(self, wanted: Sequence[Wanted]) -> list[str]:
        """Create topics; those that exist are left alone. Returns notes on what was not possible."""
        refused = await self._create(wanted, with_config=True)
        if not refused:
            return []
        names = {w.name for w in refused}
        await self._create([w for w in wanted if w.name in names], with_config=False)
        listed = ", ".join(sorted(names))
        return [f"the broker refused the configuration of {listed}: created with its defaults"]

    async def _create(self, wanted: Sequence[Wanted], *, with_config: bool) -> list[Wanted]:
        new = [
            NewTopic(
                w.name,
                w.partitions,
                w.replication,
                topic_configs=dict(w.config) if with_config else {},
            )
            for w in wanted
        ]
        answer = await self._client.create_topics(new, timeout_ms=_TIMEOUT_MS)
        codes = {error[0]: (error[1], error[2]) for error in answer.topic_errors}
        return [w for w in wanted if self._refused(w, *codes[w.name], may_refuse=with_config)]

    def _refused(self, wanted: Wanted, code: int, message: str | None, *, may_refuse: bool) -> bool:
        if code in (0, _EXISTS):
            return False
        if code in _REFUSED_CONFIG and may_refuse:
            return True
        if code == _TOO_FEW_BROKERS:
            raise UserError(
                f"{wanted.name}: the broker cannot keep {wanted.replication} replicas",
                "set PEGEL_REPLICATION to at most the number of brokers",
            )
        reason = message or for_code(code).__name__
        raise UserError(f"cannot create topic {wanted.name}: {reason}", "see the broker's log")

    async def configure(self, name: str, config: Mapping[str, str]) -> bool:
        """Set values on a topic and keep its others; False when the broker cannot do that.

        The request replaces all that is set on the topic, therefore what is set now goes along.
        """
        entries = (await self._config_entries([name])).get(name, [])
        kept = {e[0]: e[1] for e in entries if e[3] == _SET_ON_THE_TOPIC and not e[2]}
        resource = ConfigResource(ConfigResourceType.TOPIC, name, kept | dict(config))
        try:
            answers = await self._client.alter_configs([resource])
        except IncompatibleBrokerVersion:
            return False
        return all(r[0] == 0 for answer in answers for r in answer.resources)

    async def delete(self, names: Sequence[str]) -> None:
        """Delete topics with all they hold; those that do not exist are passed over."""
        await self._client.delete_topics(list(names), timeout_ms=_TIMEOUT_MS)

    async def describe(self) -> Described:
        """Which broker this is. Brokers do not tell their version: it shows in what they speak."""
        cluster = await self._client.describe_cluster()
        nodes = tuple(f"{n['host']}:{n['port']}" for n in cluster["brokers"])
        return Described(version_of(await self._spoken()), nodes, str(cluster.get("cluster_id")))

    async def _spoken(self) -> dict[int, int]:
        client = AIOKafkaClient(
            bootstrap_servers=servers(self._broker), request_timeout_ms=_TIMEOUT_MS
        )
        try:
            await client.bootstrap()
            answer = await client.send(client.get_random_node(), ApiVersionRequest())
        finally:
            await client.close()
        return {key: highest for key, _, highest in answer.api_versions}


def version_of(spoken: Mapping[int, int]) -> str:
    """The kind and version of a broker, from the highest version of each request that it speaks."""
    if _WRITE_MARKERS not in spoken:
        return "Kafka-compatible broker without transactions"
    fetch = spoken.get(_FETCH, 0)
    if fetch >= 18:
        return "Apache Kafka 4.1 or newer"
    by_fetch = {17: "3.9 or 4.0", 16: "3.7 or 3.8", 15: "3.5 or 3.6"}
    return f"Apache Kafka {by_fetch.get(fetch, 'older than 3.5')}"


@asynccontextmanager
async def connect(broker: str) -> AsyncIterator[Admin]:
    """A connection for administration. Raises UserError when nobody answers."""
    client = AIOKafkaAdminClient(
        bootstrap_servers=servers(broker) or ["127.0.0.1:9092"], request_timeout_ms=_TIMEOUT_MS
    )
    try:
        try:
            await asyncio.wait_for(client.start(), _TIMEOUT_MS / 1000)
        except (KafkaError, OSError, TimeoutError, ValueError) as error:
            raise unreachable(broker) from error
        yield Admin(client, broker)
    finally:
        await client.close()


async def keeps_transactions(broker: str, app_id: str) -> bool:
    """Whether the broker hands out producer ids for transactions; tried for real, nothing is written."""
    producer = AIOKafkaProducer(
        bootstrap_servers=servers(broker),
        transactional_id=f"{app_id}-doctor",
        request_timeout_ms=_TIMEOUT_MS,
    )
    try:
        await asyncio.wait_for(producer.start(), _TIMEOUT_MS / 1000)
    except (KafkaError, TimeoutError):
        return False
    finally:
        await producer.stop()
    return True
