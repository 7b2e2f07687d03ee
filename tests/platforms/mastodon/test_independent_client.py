"""A client that nobody here wrote drives the simulated network: so it speaks the network's own language.

The client blocks, so it runs in a thread beside the server it talks to.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inbox.platforms.base import Kind
from inbox.platforms.mastodon.simulator import MastodonSimulator
from tests.platforms.mastodon.house import ANA, BEN, US, Connected

mastodon: Any = pytest.importorskip("mastodon", reason="Mastodon.py is not installed")

aside = asyncio.to_thread


async def client(network: MastodonSimulator, token: str) -> Any:
    def made() -> Any:
        return mastodon.Mastodon(access_token=token, api_base_url=network.app.url, ratelimit_method="throw")

    return await aside(made)


async def ours(network: MastodonSimulator) -> Any:
    return await client(network, network.token)


async def anas(network: MastodonSimulator) -> Any:
    return await client(network, network.token_of(ANA))


async def test_it_posts_answers_likes_and_reads(network: MastodonSimulator) -> None:
    us, ana = await ours(network), await anas(network)
    boots = await aside(us.status_post, "The autumn boots are here")
    asked = await aside(ana.status_post, "@alder_finch Which sizes?", in_reply_to_id=boots.id, language="es")
    await aside(ana.status_favourite, boots.id)

    listed = await aside(us.notifications)
    assert [(each.type, each.account.acct) for each in listed] == [
        ("mention", "ana@m.example"),
        ("favourite", "ana@m.example"),
    ]
    only = await aside(us.notifications, types=["mention"])
    assert [each.status.id for each in only] == [asked.id]
    around = await aside(us.status_context, asked.id)
    assert [each.id for each in around.ancestors] == [boots.id]
    assert (await aside(us.status, boots.id)).favourites_count == 1
    assert (await aside(us.me)).acct == "alder_finch"
    mine = await aside(us.account_statuses, network.us.id, exclude_reblogs=True)
    assert [each.id for each in mine] == [boots.id]
    many = await aside(us.statuses, [asked.id, boots.id, "1"])
    assert {each.id for each in many} == {asked.id, boots.id}
    assert (await aside(us.status_source, boots.id)).text == "The autumn boots are here"
    found = await aside(us.account_lookup, "ana@m.example")
    assert found.display_name == "Ana Ruiz"
    limits = (await aside(us.instance)).configuration.statuses
    assert (limits.max_characters, limits.characters_reserved_per_url) == (500, 23)


async def test_it_edits_and_deletes(network: MastodonSimulator) -> None:
    ana = await anas(network)
    asked = await aside(ana.status_post, "@alder_finch hi")
    edited = await aside(ana.status_update, asked.id, "@alder_finch hello")
    assert edited.edited_at is not None
    assert "hello" in edited.content
    await aside(ana.status_delete, asked.id)
    with pytest.raises(mastodon.MastodonNotFoundError):
        await aside(ana.status, asked.id)


async def test_one_key_makes_one_post(network: MastodonSimulator) -> None:
    us = await ours(network)
    first = await aside(us.status_post, "hello", idempotency_key="k1")
    again = await aside(us.status_post, "hello", idempotency_key="k1")
    other = await aside(us.status_post, "hello", idempotency_key="k2")
    assert first.id == again.id != other.id


async def test_private_posts_are_for_those_they_name(network: MastodonSimulator) -> None:
    ana, ben = await anas(network), await client(network, network.token_of(BEN))
    asked = await aside(ana.status_post, "@alder_finch between us", visibility="direct")
    assert (await aside((await ours(network)).status, asked.id)).visibility == "direct"
    with pytest.raises(mastodon.MastodonNotFoundError):
        await aside(ben.status, asked.id)


async def test_it_pages_forward_and_backward(network: MastodonSimulator) -> None:
    us = await ours(network)
    now = datetime.now(UTC)
    names = [await network.mention(ANA, text=f"{n}", at=now - timedelta(minutes=60 - n)) for n in range(7)]
    newest = await aside(us.notifications, limit=3)
    assert [each.status.id for each in newest] == names[:3:-1]
    before = await aside(us.notifications, limit=3, max_id=newest[-1].id)
    assert [each.status.id for each in before] == names[3:0:-1]
    after = await aside(us.notifications, limit=2, min_id=before[-1].id)
    assert [each.status.id for each in after] == [names[3], names[2]]  # the page right after it, newest first


async def test_it_is_refused_as_the_network_refuses(network: MastodonSimulator) -> None:
    us = await ours(network)
    with pytest.raises(mastodon.MastodonUnauthorizedError):
        await aside((await client(network, "nobody's")).me)
    with pytest.raises(mastodon.MastodonAPIError, match="character limit of 500"):
        await aside(us.status_post, "a" * 501)
    with pytest.raises(mastodon.MastodonAPIError, match="can't be blank"):
        await aside(us.status_post, "")
    with pytest.raises(mastodon.MastodonNotFoundError):
        await aside(us.status_post, "to nobody", in_reply_to_id="77")
    network.app.allowed = 1
    with pytest.raises(mastodon.MastodonRatelimitError):
        await aside(us.me)


async def test_it_registers_and_signs_in(network: MastodonSimulator, shop: Connected) -> None:
    name, secret = await aside(
        lambda: mastodon.Mastodon.create_app(
            "a client", scopes=["read"], redirect_uris="https://app.example/back", api_base_url=network.app.url
        )
    )
    made = await aside(lambda: mastodon.Mastodon(client_id=name, client_secret=secret, api_base_url=network.app.url))
    url = await aside(lambda: made.auth_request_url(redirect_uris="https://app.example/back", scopes=["read"]))
    code = (await shop.http.get(url)).headers["location"].partition("code=")[2].partition("&")[0]
    token = await aside(lambda: made.log_in(code=code, redirect_uri="https://app.example/back", scopes=["read"]))
    assert (await aside((await client(network, token)).me)).display_name == "Alder & Finch"


class Enough(Exception):
    """The listener has heard what it waited for."""


class Listener(mastodon.StreamListener):  # type: ignore[misc]
    """Keeps what the stream says, until something is deleted."""

    def __init__(self, opened: Callable[[], object]) -> None:
        self.opened = opened
        self.said: list[tuple[str, str]] = []

    def handle_heartbeat(self) -> None:
        self.opened()

    def on_notification(self, notification: Any) -> None:
        self.said.append(("notification", notification.status.id))

    def on_status_update(self, status: Any) -> None:
        self.said.append(("status.update", status.id))

    def on_delete(self, status_id: Any) -> None:
        self.said.append(("delete", str(status_id)))
        raise Enough


async def test_it_hears_the_stream(network: MastodonSimulator) -> None:
    us, loop, opened = await ours(network), asyncio.get_running_loop(), asyncio.Event()
    listener = Listener(lambda: loop.call_soon_threadsafe(opened.set))
    streaming = asyncio.create_task(aside(us.stream_user, listener))
    await asyncio.wait_for(opened.wait(), 10)
    asked = await network.mention(ANA, text="hi")
    await network.edit(asked, "hello")
    await network.delete(asked)
    with pytest.raises(Enough):
        await asyncio.wait_for(streaming, 10)
    assert listener.said == [("notification", asked), ("status.update", asked), ("delete", asked)]


async def test_what_it_writes_our_connector_hears(network: MastodonSimulator, shop: Connected) -> None:
    asked = await aside((await anas(network)).status_post, "¡Hola! @alder_finch 👋?", visibility="unlisted")
    [heard] = await shop.polled()
    assert (heard.external_id, heard.kind, heard.named) == (asked.id, Kind.MENTION, [US])
    assert heard.text == "¡Hola! @alder_finch 👋?"
