"""The simulated network: the same after a restart, and no kinder than the real one."""

from typing import Any

import httpx
import msgspec

from inbox.platforms.base import Act, Sent
from inbox.platforms.simulation import Heard
from inbox.platforms.youtube.simulator import YouTube as Network
from tests.platforms.house import served
from tests.platforms.youtube.conftest import ANA, BOB, Connected, ago, outgoing, written


async def test_it_goes_on_where_it_stopped(network: Network, shop: Connected, video: str) -> None:
    first = await network.comment(ANA, post=video, text="How?", at=ago(hours=1))
    await network.comment(BOB, post=video, parent=first, text="same", at=ago(minutes=5))
    await shop.polled()
    again = Network(account="1040", secrets=["client-secret", "signing-key"])
    again.recall(network.keep())
    assert again.channel == network.channel
    async with served(again.app) as url:
        again.bind(url=url)
        shop.set(api_url=url, oauth_url=url)
        assert await shop.polled() == []  # also the token of before still holds
        new = await again.comment(BOB, post=video, text="And this?")
        assert new not in network.memory.items
        assert written(await shop.polled()) == ["And this?"]


async def test_answers_to_what_it_has_forgotten_are_taken_if_it_should(
    shop: Connected, http: httpx.AsyncClient
) -> None:
    forgetful = Network(account="1040", secrets=["client-secret", "signing-key"], remembers_more=True)
    async with served(forgetful.app) as url:
        forgetful.bind(url=url)
        shop.set(api_url=url)
        lost = "Ugx" + "a" * 23
        assert isinstance(await shop.send(outgoing(target=lost)), Sent)
        assert isinstance(await shop.send(outgoing(target=f"{lost}.9abc", thread=lost)), Sent)
        assert [event.act for event in await shop.polled()] == []
    assert not isinstance(await shop.send(outgoing(target="Ugx" + "b" * 23)), Sent)


async def test_our_own_acts_reach_whoever_listens(network: Network, shop: Connected, video: str) -> None:
    heard: list[Heard] = []

    async def listen(one: Heard) -> None:
        heard.append(one)

    network.listeners.append(listen)
    comment = await network.comment(ANA, post=video, text="How?")
    await shop.send(outgoing(target=comment))
    await network.flush()
    assert [(one.action, one.target, one.recipient) for one in heard] == [("reply", comment, "7001")]


async def test_what_the_demo_plays_is_heard(network: Network, shop: Connected) -> None:
    """A comment, somebody joins in below it, a colleague answers, words change, one is taken back."""
    video = await network.publish("New beans")
    asked = await network.comment(ANA, post=video, text="Which grind?")
    joined = await network.comment(BOB, post=asked, parent=asked, text="I wonder too")
    answered = await network.elsewhere(target=joined, text="Medium")
    events = await shop.polled()
    assert {event.external_id for event in events} == {asked, joined, answered}
    sent = await shop.send(outgoing(target=asked, thread=asked, text="Medium, for filters"))
    assert isinstance(sent, Sent)
    await network.edit(asked, "Which grind for filters?")
    network.memory.items[asked].changed = ago(hours=-1)
    await network.delete(joined)
    events = await shop.polled()
    assert next(event for event in events if event.external_id == sent.external_id).ours
    assert (Act.EDITED, asked) in [(event.act, event.external_id) for event in events]


async def test_the_html_form_is_html(network: Network, shop: Connected, http: httpx.AsyncClient, video: str) -> None:
    await network.comment(ANA, post=video, text="1 < 2\nso")
    answer = await http.get(
        f"{network.url}/youtube/v3/commentThreads",
        params={"part": "snippet", "videoId": video},
        headers={"authorization": f"Bearer {network.tokens.access_token()}"},
    )
    [item] = answer.json()["items"]
    assert item["snippet"]["topLevelComment"]["snippet"]["textDisplay"] == "1 &lt; 2<br>so"
    assert "textOriginal" not in item["snippet"]["topLevelComment"]["snippet"]


async def test_it_refuses_what_youtube_refuses(network: Network, http: httpx.AsyncClient, video: str) -> None:
    comment = await network.comment(ANA, post=video, text="How?")
    reply = await network.comment(BOB, post=video, parent=comment, text="same")
    key = {"authorization": f"Bearer {network.tokens.access_token()}"}

    async def reason(method: str, path: str, body: Any = None, **params: Any) -> str:
        answer = await http.request(method, f"{network.url}/youtube/v3/{path}", params=params, json=body, headers=key)
        told: str = answer.json()["error"]["errors"][0]["reason"]
        return told

    def saying(parent: str, text: str) -> dict[str, Any]:
        return {"snippet": {"parentId": parent, "textOriginal": text}}

    assert await reason("GET", "commentThreads", part="snippet") == "missingRequiredParameter"
    assert await reason("GET", "commentThreads", videoId=video) == "missingRequiredParameter"
    assert await reason("GET", "comments", part="snippet", id=comment, made="up") == "unexpectedParameter"
    threads = {"part": "snippet", "id": comment, "moderationStatus": "published"}
    assert await reason("GET", "commentThreads", **threads) == "incompatibleParameters"
    ours = {"part": "snippet", "allThreadsRelatedToChannelId": network.channel}
    assert await reason("GET", "commentThreads", **ours, pageToken="x") == "invalidPageToken"
    assert await reason("GET", "commentThreads", **ours, maxResults=101) == "invalidValue"
    other = {"part": "snippet", "allThreadsRelatedToChannelId": "UCother"}
    assert await reason("GET", "commentThreads", **other) == "channelNotFound"
    assert await reason("POST", "comments", saying(reply, "x"), part="snippet") == "parentCommentNotFound"
    assert await reason("POST", "comments", saying("", "x"), part="snippet") == "parentIdMissing"
    assert await reason("POST", "comments", saying(comment, ""), part="snippet") == "commentTextRequired"
    assert await reason("POST", "comments", saying(comment, "x" * 10_001), part="snippet") == "commentTextTooLong"
    await network.hold(comment)
    assert await reason("POST", "comments", saying(comment, "x"), part="snippet") == "parentCommentIsPrivate"
    await network.approve(comment)
    network.closed.add(video)
    assert await reason("POST", "comments", saying(comment, "x"), part="snippet") == "commentsDisabled"
    assert await reason("DELETE", "comments", id=comment) == "forbidden"
    assert await reason("POST", "comments/setModerationStatus", id="none", moderationStatus="published") == (
        "commentNotFound"
    )
    assert await reason("POST", "comments/setModerationStatus", id=comment, moderationStatus="gone") == "invalidValue"


async def test_a_video_whose_comments_are_turned_off_takes_no_reply(
    network: Network, shop: Connected, video: str
) -> None:
    comment = await network.comment(ANA, post=video, text="How?")
    network.closed.add(video)
    [event] = await shop.polled()
    assert event.reply_refused
    refused = await shop.send(outgoing(target=comment))
    assert "turned off" in msgspec.to_builtins(refused)["message"]
