"""Redis, Prometheus and Alertmanager as child processes on free ports, from Debian's packages."""

import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tests.support import parts
from tests.support.ports import free_port, is_listening
from tests.support.process import ServerProcess


@dataclass(frozen=True)
class Server:
    """A running server: where it listens and the process behind it."""

    port: int
    process: ServerProcess

    @property
    def url(self) -> str:
        """Its HTTP address (not for Redis)."""
        return f"http://127.0.0.1:{self.port}"


def start_redis(home: Path) -> Server:
    """A Redis that keeps nothing on disk."""
    program = parts.find("redis-server", "valkey-server", package="redis-server")
    port = free_port()
    flags = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    process = ServerProcess("redis", [program, *flags, "--dir", str(home)], home / "redis.log")
    process.start(lambda: is_listening(port))
    return Server(port, process)


def start_alertmanager(home: Path, config: Path | str) -> Server:
    """An Alertmanager alone in its cluster; `config` is a file or the text of one."""
    program = parts.find(
        "prometheus-alertmanager", "alertmanager", package="prometheus-alertmanager"
    )
    port = free_port()
    flags = [
        f"--config.file={_config_file(home, 'alertmanager.yml', config)}",
        f"--storage.path={home / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    return _http_server("alertmanager", [program, *flags], port, home)


def start_prometheus(home: Path, config: Path | str) -> Server:
    """A Prometheus with a fresh database; `config` is a file or the text of one."""
    program = parts.find("prometheus", package="prometheus")
    port = free_port()
    flags = [
        f"--config.file={_config_file(home, 'prometheus.yml', config)}",
        f"--storage.tsdb.path={home / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-lifecycle",
    ]
    return _http_server("prometheus", [program, *flags], port, home)


def _http_server(name: str, command: list[str], port: int, home: Path) -> Server:
    server = Server(port, ServerProcess(name, command, home / f"{name}.log"))
    server.process.start(lambda: _answers(f"{server.url}/-/ready"))
    return server


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _config_file(home: Path, name: str, config: Path | str) -> Path:
    if isinstance(config, Path):
        return config
    path = home / name
    path.write_text(config)
    return path
