"""Two clients that nobody here wrote drive the simulated X, one in the words of today and one in those of before."""

import asyncio
from typing import Any

import pytest

from inbox.platforms.x.simulator import X as Network
from tests.platforms.x.conftest import ANA, LI

requests = pytest.importorskip("requests", reason="the clients speak through requests, which is not installed")


async def off(call: Any, *given: Any, **named: Any) -> Any:
    """A blocking call, beside the loop that answers it."""
    return await asyncio.to_thread(call, *given, **named)


@pytest.fixture
def before(network: Network) -> Any:
    """tweepy, whose host is fixed: its requests are led to the simulator."""
    tweepy = pytest.importorskip("tweepy", reason="the independent client tweepy is not installed")

    class Led(requests.adapters.HTTPAdapter):  # type: ignore[misc, name-defined]
        def send(self, request: Any, **more: Any) -> Any:
            request.url = request.url.replace("https://api.twitter.com", network.url)
            return super().send(request, **more)

    client = tweepy.Client(network.connection["credentials"]["access_token"])
    client.session.trust_env = False
    client.session.mount("https://api.twitter.com", Led())
    return client


@pytest.fixture
def today(network: Network) -> Any:
    """xdk, X's own, made from the specification."""
    xdk = pytest.importorskip("xdk", reason="the independent client xdk is not installed")
    client = xdk.Client(base_url=network.url, access_token=network.connection["credentials"]["access_token"])
    client.session.trust_env = False
    return client


async def test_tweepy_reads_and_pages(network: Network, before: Any) -> None:
    tweepy = pytest.importorskip("tweepy")
    expected = [await network.mention(ANA, text=f"@nordwindcoffee {number}") for number in range(13)]

    def pages() -> list[Any]:
        paginator = tweepy.Paginator(
            before.get_users_mentions,
            "1040",
            max_results=5,
            expansions=["author_id", "referenced_tweets.id"],
            tweet_fields=["created_at", "conversation_id", "author_id"],
            user_fields=["username"],
        )
        return list(paginator)

    found = await off(pages)
    tweets = [tweet for page in found for tweet in page.data]
    assert [str(tweet.id) for tweet in tweets] == expected[::-1]
    assert {str(tweet.author_id) for tweet in tweets} == {"7001"}
    assert found[0].includes["users"][0].username == "anaruiz"
    me = await off(before.get_me, user_auth=False)
    assert (str(me.data.id), me.data.username) == ("1040", "nordwindcoffee")


async def test_tweepy_answers_hides_writes_and_deletes(network: Network, before: Any) -> None:
    post = await network.publish("New!")
    comment = await network.comment(ANA, post=post, text="Hm, @nordwindcoffee?")
    made = await off(before.create_tweet, text="On its way!", in_reply_to_tweet_id=comment, user_auth=False)
    assert (await off(before.hide_reply, comment, user_auth=False)).data == {"hidden": True}
    await network.dm(ANA, text="Hello")
    sent = await off(before.create_direct_message, participant_id="7001", text="Hi Ana", user_auth=False)
    assert sent.data["dm_conversation_id"] == "1040-7001"
    events = await off(
        before.get_direct_message_events,
        participant_id="7001",
        dm_event_fields=["sender_id", "created_at", "dm_conversation_id"],
        user_auth=False,
    )
    assert [(event.text, int(event.sender_id)) for event in events.data] == [("Hi Ana", 1040), ("Hello", 7001)]
    assert (await off(before.delete_tweet, made.data["id"], user_auth=False)).data == {"deleted": True}
    assert [heard.action for heard in network.heard] == ["reply", "hide", "dm", "delete"]


async def test_tweepy_is_refused_as_x_refuses(network: Network, before: Any) -> None:
    tweepy = pytest.importorskip("tweepy")
    comment = await network.comment(LI, post=await network.publish("New!"), text="Hm")
    with pytest.raises(tweepy.Forbidden, match="not been mentioned"):
        await off(before.create_tweet, text="Hello", in_reply_to_tweet_id=comment, user_auth=False)
    with pytest.raises(tweepy.BadRequest, match="reply tweet ID is invalid"):
        await off(before.create_tweet, text="Hello", in_reply_to_tweet_id="2090000000000000001", user_auth=False)
    network.app.limits["dm_events"] = 0
    with pytest.raises(tweepy.TooManyRequests):
        await off(before.get_direct_message_events, user_auth=False)
    network.mischief.token_revoked = True
    with pytest.raises(tweepy.Unauthorized):
        await off(before.get_me, user_auth=False)


async def test_tweepy_looks_for_what_is_gone(network: Network, before: Any) -> None:
    here, gone = [await network.mention(who, text="@nordwindcoffee") for who in (ANA, LI)]
    await network.delete(gone)
    found = await off(before.get_tweets, [here, gone])
    assert [str(tweet.id) for tweet in found.data] == [here]
    assert [(error["resource_id"], error["type"].rpartition("/")[2]) for error in found.errors] == [
        (gone, "resource-not-found")
    ]


async def test_xdk_reads_pages_and_searches(network: Network, today: Any) -> None:
    post = await network.publish("New!")
    expected = [await network.comment(ANA, post=post, text=f"No. {number}") for number in range(12)]
    mentions = await off(
        lambda: list(today.users.get_mentions(id="1040", max_results=5, expansions=["author_id", "referenced_posts"]))
    )
    found = [one for page in mentions for one in page.data]
    assert [plain(one)["id"] for one in found] == expected[::-1]
    assert plain(found[0])["referenced_posts"][0] == {"type": "replied_to", "id": post}
    searched = await off(lambda: list(today.posts.search_recent(query=f"conversation_id:{post}", max_results=10)))
    assert {plain(one)["id"] for page in searched for one in page.data} == {post, *expected}


async def test_xdk_answers_and_writes(network: Network, today: Any) -> None:
    posts, messages = (pytest.importorskip(f"xdk.{part}.models") for part in ("posts", "direct_messages"))
    comment = await network.comment(ANA, post=await network.publish("New!"), text="@nordwindcoffee?")
    body = posts.CreateRequest.model_validate({"text": "On its way!", "reply": {"in_reply_to_tweet_id": comment}})
    made = await off(today.posts.create, body)
    assert plain(made.data)["text"] == "On its way!"
    hidden = await off(today.posts.hide_reply, comment, posts.HideReplyRequest.model_validate({"hidden": True}))
    assert plain(hidden.data)["hidden"] is True
    sent = await off(
        today.direct_messages.create_by_participant_id,
        "7001",
        messages.CreateByParticipantIdRequest.model_validate({"text": "Hi Ana"}),
    )
    assert plain(sent.data)["dm_event_id"] == network.heard[-1].external_id
    events = await off(lambda: list(today.direct_messages.get_events(expansions=["sender_id"])))
    assert [plain(one)["text"] for page in events for one in page.data] == ["Hi Ana"]


def plain(item: Any) -> dict[str, Any]:
    """A thing of xdk's as a dictionary, whichever of its shapes it has."""
    told: dict[str, Any] = item if isinstance(item, dict) else item.model_dump(exclude_none=True)
    return told
