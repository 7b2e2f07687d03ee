"""The one way out leads to the open internet only, wherever an address came from."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import httpx
import pytest

from inbox.ground.outbound import LARGEST_ANSWER, Outbound, is_public
from inbox.ground.settings import Settings


class Inside:
    """A small server on this machine that must not be reached; `asked` counts who did."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(self.answer)
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()

    async def close(self) -> None:
        self._server.close()


@pytest.fixture
async def inside() -> AsyncIterator[Inside]:
    server = Inside()
    await server.open()
    yield server
    await server.close()


@pytest.fixture
async def outbound(settings: Settings, inside: Inside) -> AsyncIterator[Outbound]:
    made = Outbound(replace(settings, demo_ports={"facebook": inside.port}))
    yield made
    await made.close()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1",
        "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "::127.0.0.1", "2001:db8::1", "what",
    ],
)  # fmt: skip
def test_addresses_of_our_own_network_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "157.240.1.35", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_of_the_open_internet_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "0x7f000001", "2130706433", "127.1", "[::ffff:127.0.0.1]"]
)
async def test_this_machine_is_out_of_reach_under_any_name(host: str, outbound: Outbound) -> None:
    async with outbound.client() as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(f"http://{host}/")


@pytest.mark.parametrize(
    "url", ["http://example.com:22/", "https://example.com:8443/", "ftp://example.com/", "file:///etc/passwd"]
)
async def test_only_the_webs_own_schemes_and_ports(url: str, outbound: Outbound) -> None:
    async with outbound.client() as http:
        with pytest.raises((httpx.ConnectError, httpx.UnsupportedProtocol)):
            await http.get(url)


async def test_a_simulator_is_reached_by_the_demo_alone(outbound: Outbound, inside: Inside) -> None:
    url = f"http://127.0.0.1:{inside.port}/"
    async with outbound.client(demo=True) as http:
        assert (await http.get(url)).text == "ok"
    assert inside.asked == 1
    async with outbound.client() as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(url)
    with pytest.raises(httpx.ConnectError):
        await outbound.for_channel(False).get(url)
    assert inside.asked == 1


async def test_the_demo_reaches_no_other_port_of_this_machine(outbound: Outbound) -> None:
    other = Inside()
    await other.open()
    async with outbound.client(demo=True) as http:
        for host in ("127.0.0.1", "localhost"):
            with pytest.raises(httpx.ConnectError):
                await http.get(f"http://{host}:{other.port}/")
    assert other.asked == 0
    await other.close()


async def test_a_redirect_is_judged_like_any_address(outbound: Outbound, inside: Inside) -> None:
    """The server that may be met sends us on to one that may not."""
    other = Inside()
    await other.open()
    inside.answer = (
        f"HTTP/1.1 302 Found\r\nLocation: http://localhost:{other.port}/\r\nContent-Length: 0\r\n\r\n".encode()
    )
    async with outbound.client(demo=True) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(f"http://127.0.0.1:{inside.port}/", follow_redirects=True)
    assert (inside.asked, other.asked) == (1, 0)
    await other.close()


async def test_a_name_is_judged_by_the_address_it_has_now(outbound: Outbound, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a name server that answers with a public address first and with ours afterwards."""
    asked: list[str] = []

    async def resolve(self: Any, host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", port))]

    monkeypatch.setattr(type(asyncio.get_running_loop()), "getaddrinfo", resolve, raising=False)
    async with outbound.client() as http:
        with pytest.raises(httpx.ConnectError, match="not a public address"):
            await http.get("http://harmless.example/")
    assert asked == ["harmless.example"]


async def test_proxies_of_the_environment_are_not_a_way_around(
    outbound: Outbound, inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{inside.port}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{inside.port}")
    async with outbound.client() as http:
        with pytest.raises(httpx.ConnectError):
            await http.get("http://127.0.0.1/")
    assert inside.asked == 0


async def test_an_endless_answer_ends(outbound: Outbound, inside: Inside) -> None:
    size = LARGEST_ANSWER + 1
    inside.answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + bytes(size)
    async with outbound.client(demo=True) as http:
        with pytest.raises(httpx.ReadError, match="larger than 32 MiB"):
            await http.get(f"http://127.0.0.1:{inside.port}/")


@pytest.mark.parametrize("address", ["https://xn--a/", "https://a.example/\ud800", "https://[::1"])
async def test_an_address_that_cannot_be_read_is_said_to_be_none(address: str, outbound: Outbound) -> None:
    async with outbound.client() as http:
        with pytest.raises(httpx.InvalidURL):
            await http.get(address)
