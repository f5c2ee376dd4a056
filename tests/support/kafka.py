"""Apache Kafka without a container: a single KRaft broker from its Maven artifacts, on JDK 17.

A broker that is formatted and started answers after two to three seconds and takes about 400 MB
of memory. Where its jars come from: `tests.support.kafka_jars`.
"""

import socket
import struct
import subprocess
import uuid
from pathlib import Path
from typing import Final

from tests.support import parts
from tests.support.fetched import FetchFailed
from tests.support.kafka_jars import libraries
from tests.support.ports import free_ports
from tests.support.process import ServerProcess

# The protocol's smallest question: length, key 18, version 0, correlation 7, no client id.
_API_VERSIONS: Final = struct.pack(">ihhih", 10, 18, 0, 7, -1)


class KafkaServer:
    """One broker with its own ports and data directory; both survive stop, kill and restart."""

    def __init__(self, home: Path, **properties: str) -> None:
        """`properties` override those of the broker, with `_` for `.` in their names."""
        self.home = home
        self.port, self._controller_port = free_ports(2)
        self._overrides = {name.replace("_", "."): value for name, value in properties.items()}
        self._java = parts.find("java", package="default-jre-headless")
        self._classpath = f"{_libraries()}/*"
        self._config = home / "server.properties"
        self._process = ServerProcess(
            "kafka", self._jvm("kafka.Kafka", str(self._config)), home / "kafka.log"
        )

    @property
    def bootstrap(self) -> str:
        """Address for clients, `host:port`."""
        return f"127.0.0.1:{self.port}"

    @property
    def process(self) -> ServerProcess:
        """The broker's process, for its pid and its log."""
        return self._process

    def start(self, deadline: float = 60.0) -> None:
        """Format the data directory when it is new, start, and wait until clients are answered."""
        if not self._config.exists():
            self._format()
        self._process.start(self._answers, deadline)

    def wait_ready(self, deadline: float = 60.0) -> None:
        """Wait until clients are answered, e.g. after `resume`."""
        self._process.wait_ready(self._answers, deadline)

    def stop(self) -> None:
        """SIGTERM: controlled shutdown; whatever is acknowledged stays."""
        self._process.stop(deadline=30)

    def kill(self) -> None:
        """SIGKILL: as a power cut of the process (what it wrote is in the page cache and stays)."""
        self._process.kill()

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        self._process.pause()

    def resume(self) -> None:
        """SIGCONT after `pause`."""
        self._process.resume()

    def restart(self, *, kill: bool = False, deadline: float = 60.0) -> None:
        """Down (hard with `kill`) and up again, on the same ports and data."""
        if kill:
            self.kill()
        else:
            self.stop()
        self.start(deadline)

    def _answers(self) -> bool:
        # An open port is not enough: a broker that is paused has one too.
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(_API_VERSIONS)
                return connection.recv(8)[4:] == _API_VERSIONS[8:12]
        except OSError:
            return False

    def _format(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self._config.write_text("".join(f"{k}={v}\n" for k, v in self._properties().items()))
        cluster = uuid.uuid4().hex[:22]
        subprocess.run(
            self._jvm("kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(self._config)),
            check=True,
            capture_output=True,
            timeout=60,
        )

    def _properties(self) -> dict[str, str]:
        controller = f"127.0.0.1:{self._controller_port}"
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@{controller}",
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://{controller}",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": str(self.home / "data"),
            "num.partitions": "4",
            "auto.create.topics.enable": "false",
            "offsets.topic.num.partitions": "4",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            # A killed broker may register again only when its former session has ended.
            "broker.heartbeat.interval.ms": "500",
            "broker.session.timeout.ms": "3000",
            "log.cleaner.backoff.ms": "500",
            **self._overrides,
        }

    def _jvm(self, main: str, *arguments: str) -> list[str]:
        heap = ["-Xms128m", "-Xmx400m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        return [self._java, *heap, "-cp", self._classpath, main, *arguments]


def _libraries() -> Path:
    try:
        return libraries()
    except FetchFailed as failure:
        parts.missing(str(failure))
