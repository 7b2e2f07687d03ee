"""The one way out: HTTP clients that reach public addresses only, wherever an address came from.

    async with outbound.client(demo=workspace.is_demo, timeout=20) as http:
        await http.get(url)

Scheme, port and IP are judged for every request and every redirect, the IP at the moment of connecting, so a name that
changes its answer between two looks gains nothing. The simulated networks of a demo are let through by their port.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Iterable, Sequence
from functools import cache
from typing import Any

import httpcore
import httpx

from inbox.ground.settings import Settings

PORTS = {"http": 80, "https": 443}
LARGEST_ANSWER = 32 * 1024 * 1024
RESOLVE = 5.0  # seconds for a name to become addresses
LOOPBACK = "127.0.0.1"
HIDDEN_IPV4 = (  # networks of IPv6 addresses that lead to the IPv4 address in their last or middle bits
    ipaddress.ip_network("64:ff9b::/96"),
    ipaddress.ip_network("64:ff9b:1::/48"),
    ipaddress.ip_network("2002::/16"),
    ipaddress.ip_network("2001::/32"),
    ipaddress.ip_network("::/96"),
)


class Refused(httpx.ConnectError):
    """We do not go there. Nothing has left this machine."""


class Outbound:
    """Makes guarded clients. `for_channel` keeps two open for the life of the process; `close` lets them go."""

    def __init__(self, settings: Settings) -> None:
        self._agent = f"Earshot (+{settings.base_url})"
        self._demo_ports = frozenset(settings.demo_ports.values())
        self._kept: dict[bool, httpx.AsyncClient] = {}

    def client(self, *, demo: bool = False, timeout: float = 15.0) -> httpx.AsyncClient:
        """A client of one's own, to be closed. `demo`: a channel of the demo workspace, which may meet simulators."""
        return Client(
            transport=Guarded(self._demo_ports if demo else frozenset()),
            timeout=httpx.Timeout(timeout, connect=min(timeout, 10.0), pool=min(timeout, 10.0)),
            headers={"User-Agent": self._agent},
            trust_env=False,
        )

    def for_channel(self, is_demo: bool) -> httpx.AsyncClient:
        """The client that all channels of this process share. Not to be closed by whoever borrows it."""
        if is_demo not in self._kept:
            self._kept[is_demo] = self.client(demo=is_demo, timeout=30.0)
        return self._kept[is_demo]

    async def close(self) -> None:
        kept, self._kept = self._kept, {}
        for client in kept.values():
            await client.aclose()


class Client(httpx.AsyncClient):
    """httpx's own, for which every address that cannot be read is an InvalidURL: some are a UnicodeError to it."""

    def build_request(self, method: str, url: httpx.URL | str, **more: Any) -> httpx.Request:
        try:
            return super().build_request(method, url, **more)
        except UnicodeError as error:
            raise httpx.InvalidURL(str(error)) from error


@cache
def _trusted() -> ssl.SSLContext:
    """Whom we believe to be who they say; reading all the authorities takes a tenth of a second, so once."""
    return ssl.create_default_context()


class Guarded(httpx.AsyncHTTPTransport):
    """httpx's own transport over a backend that looks before it connects."""

    def __init__(self, demo_ports: Iterable[int] = ()) -> None:
        context = _trusted()
        super().__init__(verify=context)
        self._demo_ports = frozenset(demo_ports)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=30,
            network_backend=Lookout(self._demo_ports),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Called for each request and each redirect."""
        scheme, port = request.url.scheme, request.url.port
        if scheme not in PORTS:
            raise Refused(f"Only http and https are allowed, not {scheme}.", request=request)
        to_demo = request.url.host == LOOPBACK and port in self._demo_ports
        if port not in (None, *PORTS.values()) and not to_demo:
            raise Refused(f"Port {port} is not allowed.", request=request)
        response = await super().handle_async_request(request)
        response.stream = Limited(response.stream)
        return response


class Limited(httpx.AsyncByteStream):
    """An answer that ends with an error instead of filling the memory."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = LARGEST_ANSWER
        async for chunk in self._stream:
            left -= len(chunk)
            if left < 0:
                raise httpx.ReadError("The answer is larger than 32 MiB.")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


class Lookout(httpcore.AsyncNetworkBackend):
    """Turns a name into addresses once, judges each, and connects to one that was judged."""

    def __init__(self, demo_ports: frozenset[int] = frozenset()) -> None:
        self._demo_ports = demo_ports
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        if host == LOOPBACK and port in self._demo_ports:
            addresses: Sequence[str] = [host]
        else:
            addresses = [address for address in await _resolve(host, port) if is_public(address)]
            if not addresses:
                raise httpcore.ConnectError(f"{host} is not a public address.")
        trouble: Exception | None = None
        for address in addresses[:3]:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error
        assert trouble is not None
        raise trouble

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        raise httpcore.ConnectError("Not over sockets of this machine.")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


async def _resolve(host: str, port: int) -> list[str]:
    try:
        async with asyncio.timeout(RESOLVE):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError) as error:
        raise httpcore.ConnectError(f"{host} has no address.") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet, also when it is an IPv4 one in IPv6 clothes."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in network for network in HIDDEN_IPV4):
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved
