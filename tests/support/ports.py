"""Free TCP ports on the loopback interface."""

import socket


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now.

    All sockets are held open until every port is known, so the numbers differ. Between this call
    and the server's own bind another process could take one; the kernel hands out ephemeral ports
    in a wide circle, so in practice nobody does.
    """
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(count)]
    try:
        for held in sockets:
            held.bind(("127.0.0.1", 0))
        return [int(held.getsockname()[1]) for held in sockets]
    finally:
        for held in sockets:
            held.close()


def free_port() -> int:
    """One port that nobody listens on now."""
    return free_ports(1)[0]


def is_listening(port: int) -> bool:
    """Does something accept connections on this port of the loopback interface?"""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
