"""A client that nobody here wrote drives the simulated network, and reads what it delivers."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from inbox.platforms.whatsapp.simulator import WhatsApp as Network
from tests.platforms.house import Listener
from tests.platforms.whatsapp.conftest import ANA

pywa = pytest.importorskip("pywa", reason="pywa is not installed")


class Redirected(httpx.HTTPTransport):
    """pywa knows Meta's host alone: its requests are led to the simulated one."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = httpx.URL(url)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme=self.url.scheme, host=self.url.host, port=self.url.port)
        request.headers["host"] = f"{self.url.host}:{self.url.port}"
        return super().handle_request(request)


@pytest.fixture
def client(network: Network) -> Iterator[Any]:
    network.wants_proof = False
    with httpx.Client(transport=Redirected(network.url), trust_env=False) as session:
        yield pywa.WhatsApp(network.account, network.token, session=session, waba_id=network.waba)


async def test_it_writes_reacts_and_marks_as_read(network: Network, client: Any) -> None:
    message = await network.dm(ANA, text="Where is my order?")
    peer = network.peers[ANA.external_id]
    sent = await asyncio.to_thread(client.send_message, to=peer, text="On its way", tracker="theirs")
    assert network.memory.items[sent.id].text == "On its way"
    await asyncio.to_thread(client.send_reaction, to=peer, emoji="👍", message_id=message)
    assert network.memory.items[message].liked
    assert await asyncio.to_thread(client.mark_message_as_read, message_id=message)
    await asyncio.to_thread(client.indicate_typing, message_id=message)
    assert network.signals == [(message, "seen"), (message, "typing")]
    image = await asyncio.to_thread(client.send_image, to=ANA.external_id, image="https://a.example/b.jpg", caption="c")
    assert network.memory.items[image.id].image == "https://a.example/b.jpg"


async def test_it_is_refused_as_the_network_refuses(network: Network, client: Any) -> None:
    with pytest.raises(pywa.errors.MessageUndeliverable):
        await asyncio.to_thread(client.send_message, to="999999", text="x")
    network.mischief.token_revoked = True
    with pytest.raises(pywa.errors.ExpiredAccessToken):
        await asyncio.to_thread(client.send_message, to="999999", text="x")


async def test_it_finds_files_and_the_number(network: Network, client: Any) -> None:
    media = network.media(b"a picture")
    found = await asyncio.to_thread(client.get_media_url, media)
    assert found.url == f"{network.url}/files/{media}"
    phone = await asyncio.to_thread(client.get_business_phone_number)
    assert phone.verified_name == network.title


async def test_it_reads_what_the_network_delivers(network: Network, client: Any, listener: Listener) -> None:
    types = pywa.types
    message = await network.dm(ANA, text="Hello")
    await network.edit(message, "Hello!")
    await network.react(ANA, target=message, emoji="😀")
    await network.elsewhere(target=message, text="From my phone")
    await network.delete(message)
    await network.flush()
    wrote, edited, reacted, _, deleted = listener.deliveries
    first = types.Message.from_update(client, wrote)
    assert (first.id, first.text, first.from_user.name) == (message, "Hello", "Ana Ruiz")
    assert (first.from_user.wa_id, first.from_user.bsuid) == (ANA.external_id, network.peers[ANA.external_id])
    ours = listener.events[0]
    assert (ours.external_id, ours.text, ours.at) == (first.id, first.text, first.timestamp)
    change = types.EditedMessage.from_update(client, edited)
    assert (change.original_message_id, change.message.text) == (message, "Hello!")
    assert types.Message.from_update(client, reacted).reaction.emoji == "😀"
    assert types.DeletedMessage.from_update(client, deleted).original_message_id == message


async def test_it_reads_statuses(network: Network, client: Any, listener: Listener) -> None:
    await network.dm(ANA, text="Hello")
    await asyncio.to_thread(client.send_message, to=network.peers[ANA.external_id], text="Hi", tracker="mine")
    await network.flush()
    statuses = [pywa.types.MessageStatus.from_update(client, one) for one in listener.deliveries[1:]]
    assert [str(one.status) for one in statuses] == ["sent", "delivered"]
    assert {one.tracker for one in statuses} == {"mine"}
