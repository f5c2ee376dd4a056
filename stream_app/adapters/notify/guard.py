"""Keeps requests to addresses that users write away from this machine and its network.

The name is resolved here, every address it has is checked, and the connection goes to a checked one:
so a name that answers differently the second time gains nothing. Redirects are for the caller not to
follow.
"""

import ipaddress
import socket
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ForbiddenAddressError(OSError):
    """The address is a private one."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} is a private address; allow_private: true allows it")


def is_public(text: str) -> bool:
    """Whether an IP address is on the open internet, whatever it is wrapped into."""
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    inner = _unwrapped(address)
    return inner.is_global and not inner.is_multicast


def check_literal(url: URL) -> None:
    """Names go through the resolver; addresses that are written as such do not."""
    host = url.host or ""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return
    if not is_public(host):
        raise ForbiddenAddressError(host)


class CheckedResolver(AbstractResolver):
    """Resolves names; one private address among those of a name forbids the name."""

    def __init__(self, inner: AbstractResolver | None = None) -> None:
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """All addresses of `host`, all of them public."""
        found = await self._inner.resolve(host, port, family)
        if not all(is_public(str(each["host"])) for each in found):
            raise ForbiddenAddressError(host)
        return found

    async def close(self) -> None:
        """Let go of the resolver."""
        await self._inner.close()


def _unwrapped(address: Address) -> Address:
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address
