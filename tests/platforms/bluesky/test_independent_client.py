"""A client that nobody here wrote drives the simulated network: so it speaks the network's own language."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from atproto import CAR, AsyncClient, client_utils, models, parse_subscribe_repos_message
from atproto.exceptions import BadRequestError, UnauthorizedError
from atproto_subscription.frames import MessageFrame
from websockets.asyncio.client import connect

from inbox.platforms.bluesky import keys
from inbox.platforms.bluesky.simulator import BlueskySimulator
from tests.platforms.bluesky.house import ANA, Connected


async def client_of(network: BlueskySimulator, handle: str, password: str) -> AsyncClient:
    client = AsyncClient(base_url=f"{network.sessions.url}/xrpc")
    await client.login(handle, password)
    return client


@pytest.fixture
async def ana(network: BlueskySimulator) -> AsyncClient:
    return await client_of(network, *network.account_of(ANA))


async def test_it_signs_in_posts_replies_likes_and_reads(network: BlueskySimulator, ana: AsyncClient) -> None:
    ours = await client_of(network, "alder-finch.bsky.social", network.password)
    boots = await ours.send_post("The autumn boots are here")
    root = models.create_strong_ref(boots)
    comment = await ana.send_post("Which sizes?", reply_to=models.AppBskyFeedPost.ReplyRef(root=root, parent=root))
    await ana.like(boots.uri, boots.cid)

    listed = await ours.app.bsky.notification.list_notifications({"limit": 10})
    assert [(each.reason, each.author.handle) for each in listed.notifications] == [
        ("like", "ana-ruiz.bsky.social"),
        ("reply", "ana-ruiz.bsky.social"),
    ]
    [view] = (await ours.get_posts([comment.uri])).posts
    assert (view.record.text, view.cid) == ("Which sizes?", comment.cid)
    feed = await ana.get_author_feed("alder-finch.bsky.social")
    assert [(entry.post.uri, entry.post.like_count) for entry in feed.feed] == [(boots.uri, 1)]
    profile = await ana.get_profile("alder-finch.bsky.social")
    assert profile.display_name == "Alder & Finch"

    assert await ana.delete_post(comment.uri)
    assert (await ours.get_posts([comment.uri])).posts == []
    with pytest.raises(BadRequestError) as gone:
        await ours.com.atproto.repo.get_record(
            {"repo": ana.me.did, "collection": keys.POST, "rkey": keys.split(comment.uri)[2]}
        )
    assert gone.value.response.content.error == "RecordNotFound"


async def test_it_pages_through_notifications(network: BlueskySimulator) -> None:
    ours = await client_of(network, "alder-finch.bsky.social", network.password)
    uris = [
        await network.mention(ANA, text=f"{number}", at=datetime(2026, 1, 1, 0, 0, number, tzinfo=UTC))
        for number in range(7)
    ]
    found, cursor = [], None
    while True:
        page = await ours.app.bsky.notification.list_notifications({"limit": 3, "cursor": cursor})
        found += [each.uri for each in page.notifications]
        cursor = page.cursor
        if not cursor:
            break
    assert found == uris[::-1]


async def test_it_is_refused_as_the_network_refuses(network: BlueskySimulator, ana: AsyncClient) -> None:
    with pytest.raises(UnauthorizedError):
        await client_of(network, "ana-ruiz.bsky.social", "wrong")
    with pytest.raises(BadRequestError) as long:
        await ana.send_post("a" * 301)
    assert long.value.response.content.message.endswith("grapheme too big (maximum 300, got 301) at $.record.text")


async def test_it_renews_a_session_that_has_run_out(network: BlueskySimulator, ana: AsyncClient) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=3), tick=True):
        assert (await ana.get_profile("alder-finch.bsky.social")).did == network.did
    assert network.sessions.renewals == 1


async def test_it_reads_the_firehose(network: BlueskySimulator, ana: AsyncClient) -> None:
    address = network.sessions.url.replace("http", "ws", 1) + "/xrpc/com.atproto.sync.subscribeRepos?cursor=0"
    posted = await ana.send_post("hello")
    await ana.delete_post(posted.uri)
    async with connect(address) as socket:
        frames = [await asyncio.wait_for(socket.recv(), 10) for _ in range(2)]
    commits = []
    for frame in frames:
        assert isinstance(frame, bytes)
        message = parse_subscribe_repos_message(MessageFrame.from_bytes(frame))
        assert isinstance(message, models.ComAtprotoSyncSubscribeRepos.Commit)
        commits.append(message)
    [made], [gone] = commits[0].ops, commits[1].ops
    assert (made.action, f"at://{commits[0].repo}/{made.path}") == ("create", posted.uri)
    assert str(made.cid) == posted.cid
    blocks = CAR.from_bytes(commits[0].blocks).blocks
    assert blocks[made.cid]["text"] == "hello"
    assert (gone.action, gone.path, gone.cid) == ("delete", made.path, None)
    assert commits[0].seq < commits[1].seq


async def test_what_it_writes_our_connector_hears(network: BlueskySimulator, ana: AsyncClient, shop: Connected) -> None:
    text = client_utils.TextBuilder().text("¡Hola! ").mention("@alder-finch.bsky.social", network.did).text(" 👋?")
    posted = await ana.send_post(text)
    [heard] = await shop.polled()
    assert heard.external_id == posted.uri
    assert (heard.named, heard.text) == ([network.did], "¡Hola! @alder-finch.bsky.social 👋?")
