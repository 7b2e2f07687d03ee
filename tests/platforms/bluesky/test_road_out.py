"""What we say on the (simulated) network: at most once, with every outcome named for what it is."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import msgspec
import pytest

from inbox.platforms.base import Absent, Action, CannotTell, ErrorClass, Kind, Outgoing, Refused, Sent, Unknown
from inbox.platforms.bluesky import keys
from inbox.platforms.bluesky.simulator import BlueskySimulator
from inbox.platforms.simulation import Heard
from tests.platforms.bluesky.house import ANA, BEN, Connected


@pytest.fixture
async def asked(network: BlueskySimulator, shop: Connected) -> str:
    await shop.signed_in()
    return await network.mention(ANA, text="Where is my parcel?")


def replies(network: BlueskySimulator) -> list[Heard]:
    return [heard for heard in network.heard if heard.action == "reply"]


async def test_a_reply_stands_where_it_belongs(network: BlueskySimulator, shop: Connected) -> None:
    await shop.signed_in()
    post = await network.publish("Boots")
    comment = await network.comment(ANA, post=post, text="Which sizes?")
    deeper = await network.comment(BEN, post=post, parent=comment, text="Yes, which?")
    started = datetime.now(UTC)
    act = shop.outgoing(Action.REPLY, deeper, "36 to 47, Ben", language="en")
    sent = await shop.send(act)
    assert isinstance(sent, Sent)
    assert sent.external_id == keys.address(network.did, keys.POST, act.minted)
    assert sent.permalink == f"https://bsky.app/profile/{network.did}/post/{act.minted}"
    assert started - timedelta(milliseconds=1) <= sent.at <= datetime.now(UTC) + timedelta(milliseconds=1)
    record = network.network.records[sent.external_id].record
    assert (record["reply"]["root"]["uri"], record["reply"]["parent"]["uri"]) == (post, deeper)
    assert record["reply"]["root"] == network.network.records[post].link
    assert record["langs"] == ["en"]
    [heard] = replies(network)
    assert (heard.text, heard.target, heard.recipient) == ("36 to 47, Ben", deeper, BEN.external_id)
    assert heard.correlation == act.minted


async def test_links_names_and_tags_work(network: BlueskySimulator, shop: Connected, asked: str) -> None:
    text = "¡Hola 👋 @ana-ruiz.bsky.social! See https://alder.example/track, #parcel @nobody.invalid"
    sent = await shop.send(shop.outgoing(Action.REPLY, asked, text))
    assert isinstance(sent, Sent)
    raw = text.encode()
    marked = [
        (raw[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(), facet["features"][0])
        for facet in network.network.records[sent.external_id].record["facets"]
    ]
    ana = network.network.handles["ana-ruiz.bsky.social"]
    assert marked == [
        ("@ana-ruiz.bsky.social", {"$type": "app.bsky.richtext.facet#mention", "did": ana}),
        (
            "https://alder.example/track",
            {"$type": "app.bsky.richtext.facet#link", "uri": "https://alder.example/track"},
        ),
        ("#parcel", {"$type": "app.bsky.richtext.facet#tag", "tag": "parcel"}),
    ]


async def test_the_same_act_twice_is_one_post(network: BlueskySimulator, shop: Connected, asked: str) -> None:
    act = shop.outgoing(Action.REPLY, asked, "On its way")
    first, second = await shop.send(act), await shop.send(act)
    assert isinstance(first, Sent)
    assert isinstance(second, Sent)
    assert first.external_id == second.external_id
    assert len(replies(network)) == 1


async def test_the_same_act_again_after_words_about_it_changed_is_still_one_post(
    network: BlueskySimulator, shop: Connected, asked: str
) -> None:
    act = shop.outgoing(Action.REPLY, asked, "On its way")
    first = await shop.send(act)
    assert isinstance(first, Sent)
    again = await shop.send(msgspec.structs.replace(act, language="pt"))  # another record, the same words
    assert isinstance(again, Sent)
    assert again.external_id == first.external_id
    assert len(replies(network)) == 1


async def test_another_text_never_replaces_what_stands_under_a_key(
    network: BlueskySimulator, shop: Connected, asked: str
) -> None:
    act = shop.outgoing(Action.REPLY, asked, "On its way")
    first = await shop.send(act)
    assert isinstance(first, Sent)
    other = msgspec.structs.replace(act, text="Lost, sorry")
    assert isinstance(await shop.send(other), Unknown)
    assert isinstance(await shop.look(other), CannotTell)
    assert network.network.records[first.external_id].record["text"] == "On its way"


@pytest.mark.parametrize("trouble", ["fail_after_posting", "hang_after_posting", "garble"])
async def test_sent_but_unanswered_is_unknown_and_then_found(
    network: BlueskySimulator, shop: Connected, asked: str, trouble: str
) -> None:
    setattr(network.mischief, trouble, 1)
    act = shop.outgoing(Action.REPLY, asked, "On its way")
    assert isinstance(await shop.send(act), Unknown)
    found = await shop.look(act)
    assert isinstance(found, Sent)
    assert found.external_id == keys.address(network.did, keys.POST, act.minted)
    assert len(replies(network)) == 1
    assert found.at == network.network.records[found.external_id].at


async def test_cut_before_anything_was_done_is_unknown_and_then_absent(
    network: BlueskySimulator, shop: Connected, asked: str
) -> None:
    network.mischief.refuse = 1
    act = shop.outgoing(Action.REPLY, asked, "On its way")
    assert isinstance(await shop.send(act), Unknown)
    assert await shop.look(act) == Absent()
    assert replies(network) == []
    assert isinstance(await shop.send(act), Sent)


async def test_a_slow_network_is_unknown(network: BlueskySimulator, shop: Connected, asked: str) -> None:
    act = shop.outgoing(Action.REPLY, asked, "On its way")

    async def times_out(request: httpx.Request) -> None:
        if request.method == "POST":
            request.extensions["timeout"] = {"connect": 1, "read": 0.05, "write": 1, "pool": 1}
            network.mischief.slow = 0.2

    shop.http.event_hooks = {"request": [times_out]}
    assert isinstance(await shop.send(act), Unknown)
    network.mischief.slow = 0
    shop.http.event_hooks = {}
    assert isinstance(await shop.look(act), Sent | Absent)


async def test_nothing_listening_is_a_definite_no(shop: Connected, asked: str) -> None:
    away = msgspec.structs.replace(shop.account, credentials={**shop.account.credentials, "pds": "http://127.0.0.1:9"})
    act = shop.outgoing(Action.REPLY, asked, "On its way")
    refused = await shop.connector.send(shop.http, away, act)
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.TRANSIENT
    assert isinstance(await shop.connector.look(shop.http, away, act), CannotTell)


NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
IN_AN_HOUR = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)


def said(error: str, message: str = "no") -> dict[str, str]:
    return {"error": error, "message": message}


@pytest.mark.parametrize(
    ("status", "headers", "body", "meaning"),
    [
        pytest.param(400, {}, said("ExpiredToken"), ErrorClass.AUTH_EXPIRED, id="expired"),
        pytest.param(400, {}, said("InvalidToken"), ErrorClass.AUTH_EXPIRED, id="invalid token"),
        pytest.param(401, {}, said("AuthMissing"), ErrorClass.AUTH_EXPIRED, id="no token"),
        pytest.param(401, {}, "<html>", ErrorClass.AUTH_EXPIRED, id="unauthorised, without words"),
        pytest.param(403, {}, said("Forbidden"), ErrorClass.PERMISSION_MISSING, id="forbidden"),
        pytest.param(400, {}, said("AccountTakedown"), ErrorClass.POLICY_BLOCKED, id="taken down"),
        pytest.param(400, {}, said("RepoDeactivated"), ErrorClass.PERMISSION_MISSING, id="deactivated"),
        pytest.param(429, {}, said("RateLimitExceeded"), ErrorClass.RATE_LIMITED, id="rate limited"),
        pytest.param(429, {}, "<html>", ErrorClass.RATE_LIMITED, id="rate limited by a proxy"),
        pytest.param(
            400,
            {},
            said("InvalidRequest", "Invalid app.bsky.feed.post record: grapheme too big (maximum 300, got 301) at $"),
            ErrorClass.TOO_LONG,
            id="too long for the server",
        ),
        pytest.param(413, {}, said("PayloadTooLarge"), ErrorClass.TOO_LONG, id="too large"),
        pytest.param(400, {}, said("InvalidRequest", "Record/createdAt"), ErrorClass.INVALID, id="invalid"),
        pytest.param(400, {}, "<html>", None, id="somebody between us refuses"),
        pytest.param(404, {}, "<html>", None, id="somebody between us finds nothing"),
        pytest.param(408, {}, said("RequestTimeout"), None, id="request timeout"),
        pytest.param(500, {}, said("InternalServerError"), None, id="internal error"),
        pytest.param(503, {}, said("ServiceUnavailable"), None, id="unavailable"),
        pytest.param(307, {"location": "http://127.0.0.1:9/"}, "", None, id="sent elsewhere"),
        pytest.param(200, {}, "[]", None, id="no object"),
        pytest.param(200, {}, {"uri": "at://did:plc:x/app.bsky.feed.post/y", "cid": "z"}, None, id="another post"),
        pytest.param(200, {}, "", None, id="nothing"),
    ],
)
async def test_every_answer_to_a_write_has_its_meaning(
    network: BlueskySimulator,
    shop: Connected,
    asked: str,
    status: int,
    headers: dict[str, str],
    body: Any,
    meaning: ErrorClass | None,
) -> None:
    network.mischief.statuses.append((status, headers, body))
    outcome = await shop.send(shop.outgoing(Action.REPLY, asked, "On its way"))
    if meaning is None:
        assert isinstance(outcome, Unknown)
    else:
        assert isinstance(outcome, Refused)
        assert outcome.error is meaning
    assert replies(network) == []
    assert network.mischief.statuses == []


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"ratelimit-reset": str(int(IN_AN_HOUR.timestamp()))}, IN_AN_HOUR, id="reset, epoch"),
        pytest.param({"retry-after": format_datetime(IN_AN_HOUR, usegmt=True)}, IN_AN_HOUR, id="retry after, date"),
        pytest.param({"retry-after": "3600"}, IN_AN_HOUR, id="retry after, seconds"),
        pytest.param({"ratelimit-reset": "3600"}, IN_AN_HOUR, id="reset, seconds"),
        pytest.param({"ratelimit-reset": "soon", "retry-after": "3600"}, IN_AN_HOUR, id="one of them nonsense"),
        pytest.param({"retry-after": "nan"}, None, id="not a number"),
        pytest.param({"retry-after": "1e400"}, None, id="for ever"),
        pytest.param({}, None, id="no word"),
    ],
)
async def test_a_rate_limit_names_its_end(
    network: BlueskySimulator, shop: Connected, asked: str, headers: dict[str, str], expected: datetime | None
) -> None:
    network.mischief.statuses.append((429, headers, said("RateLimitExceeded")))
    refused = await shop.send(shop.outgoing(Action.REPLY, asked, "On its way"))
    assert isinstance(refused, Refused)
    if expected is None:
        assert refused.retry_at is None
    else:
        assert refused.retry_at is not None
        assert abs(refused.retry_at - expected) < timedelta(minutes=30)


async def test_a_refused_write_with_a_spent_token_may_be_asked_again(
    network: BlueskySimulator, shop: Connected, asked: str
) -> None:
    network.sessions.expire()
    act = shop.outgoing(Action.REPLY, asked, "On its way")
    refused = await shop.send(act)
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.AUTH_EXPIRED
    await shop.signed_in()
    assert isinstance(await shop.send(act), Sent)
    assert len(replies(network)) == 1


async def test_without_a_session_nothing_is_sent(network: BlueskySimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="hello")
    refused = await shop.send(shop.outgoing(Action.REPLY, asked, "hi"))
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.AUTH_EXPIRED


async def test_a_deleted_post_is_not_answered(network: BlueskySimulator, shop: Connected, asked: str) -> None:
    await network.delete(asked)
    refused = await shop.send(shop.outgoing(Action.REPLY, asked, "On its way"))
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.PARENT_GONE
    assert replies(network) == []


async def test_a_post_not_shown_yet_is_waited_for(network: BlueskySimulator, shop: Connected, asked: str) -> None:
    network.network.blocked.add(keys.owner(asked))  # in its author's repository, and in no list
    refused = await shop.send(shop.outgoing(Action.REPLY, asked, "On its way"))
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.TRANSIENT
    old = await network.mention(ANA, text="hello", at=datetime.now(UTC) - timedelta(hours=1))
    refused = await shop.send(shop.outgoing(Action.REPLY, old, "On its way"))
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.PARENT_GONE


async def test_a_closed_thread_is_not_answered(network: BlueskySimulator, shop: Connected, asked: str) -> None:
    network.network.closed.add(asked)
    refused = await shop.send(shop.outgoing(Action.REPLY, asked, "On its way"))
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.POLICY_BLOCKED


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("a" * 301, ErrorClass.TOO_LONG, id="graphemes"),
        pytest.param("👨‍👩‍👧‍👦" * 121, ErrorClass.TOO_LONG, id="bytes"),
        pytest.param(" \n ", ErrorClass.INVALID, id="empty"),
    ],
)
async def test_what_cannot_be_said_does_not_leave(
    network: BlueskySimulator, shop: Connected, asked: str, text: str, error: ErrorClass
) -> None:
    refused = await shop.send(shop.outgoing(Action.REPLY, asked, text))
    assert isinstance(refused, Refused)
    assert refused.error is error


async def test_three_hundred_of_anything_may_be_said(shop: Connected, asked: str) -> None:
    for text in ("a" * 300, "é" * 300, "👩🏽‍🚒" * 120):
        assert shop.connector.length(text, Action.REPLY) <= 300
        assert isinstance(await shop.send(shop.outgoing(Action.REPLY, asked, text)), Sent)


async def test_a_like_is_given_once_and_taken_back(network: BlueskySimulator, shop: Connected, asked: str) -> None:
    first = shop.outgoing(Action.LIKE, asked, correlation="one")
    second = shop.outgoing(Action.LIKE, asked, correlation="two")
    assert isinstance(await shop.send(first), Sent)
    assert isinstance(await shop.send(second), Sent)
    assert [heard.action for heard in network.heard] == ["like"]
    assert isinstance(await shop.look(first), Sent)
    unlike = shop.outgoing(Action.UNLIKE, asked)
    assert unlike.minted == first.minted == second.minted
    assert await shop.look(unlike) == Absent()
    assert isinstance(await shop.send(unlike), Sent)
    assert [(heard.action, heard.target) for heard in network.heard] == [("like", asked), ("unlike", asked)]
    assert isinstance(await shop.look(unlike), Sent)
    assert await shop.look(first) == Absent()
    assert isinstance(await shop.send(unlike), Sent)
    assert isinstance(await shop.send(first), Sent)


async def test_a_like_from_blueskys_own_app_is_known_and_taken_back(
    network: BlueskySimulator, shop: Connected, asked: str
) -> None:
    us = network.network.people[network.did]
    elsewhere = await network.like(us, post=asked)
    already = await shop.send(shop.outgoing(Action.LIKE, asked))
    assert isinstance(already, Sent)
    assert already.external_id == elsewhere
    assert isinstance(await shop.send(shop.outgoing(Action.UNLIKE, asked)), Sent)
    assert elsewhere not in network.network.records


async def test_an_unanswered_like_is_found(network: BlueskySimulator, shop: Connected, asked: str) -> None:
    network.mischief.hang_after_posting = 1
    act = shop.outgoing(Action.LIKE, asked)
    assert isinstance(await shop.send(act), Unknown)
    assert isinstance(await shop.look(act), Sent)


async def test_our_own_reply_is_deleted(network: BlueskySimulator, shop: Connected, asked: str) -> None:
    sent = await shop.send(shop.outgoing(Action.REPLY, asked, "Oops"))
    assert isinstance(sent, Sent)
    act = shop.outgoing(Action.DELETE, sent.external_id)
    assert act.minted == keys.split(sent.external_id)[2]  # so that its look, too, is one by a key stored before
    assert await shop.look(act) == Absent()
    network.mischief.fail_after_posting = 1
    assert isinstance(await shop.send(act), Unknown)
    assert isinstance(await shop.look(act), Sent)
    assert isinstance(await shop.send(act), Sent)
    assert sent.external_id not in network.network.records


async def test_what_others_wrote_cannot_be_deleted(network: BlueskySimulator, shop: Connected, asked: str) -> None:
    refused = await shop.send(shop.outgoing(Action.DELETE, asked))
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.PERMISSION_MISSING
    assert asked in network.network.records


async def test_what_bluesky_does_not_offer_is_refused(shop: Connected, asked: str) -> None:
    for action in (Action.HIDE, Action.DM, Action.PRIVATE_REPLY):
        refused = await shop.send(shop.outgoing(action, asked, "psst"))
        assert isinstance(refused, Refused)
        assert refused.error is ErrorClass.INVALID
        assert all(action not in offered for offered in shop.connector.capabilities.actions.values())


async def test_our_own_reply_comes_back_as_ours_under_the_key_it_was_sent_with(shop: Connected, asked: str) -> None:
    act = shop.outgoing(Action.REPLY, asked, "On its way")
    sent = await shop.send(act)
    assert isinstance(sent, Sent)
    echoes = [each for each in await shop.polled() if each.ours]
    assert [(echo.external_id, echo.correlation) for echo in echoes] == [(sent.external_id, act.minted)]


def test_keys_are_tids_that_never_change_and_hardly_ever_meet(shop: Connected) -> None:
    at = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
    acts = [
        Outgoing(action=Action.REPLY, kind=Kind.COMMENT, correlation=f"{number}", created_at=at)
        for number in range(2000)
    ]
    minted = [shop.connector.mint(act) for act in acts]
    assert all(keys.TID.fullmatch(key) for key in minted)
    assert minted == [shop.connector.mint(act) for act in acts]
    assert len(set(minted)) == len(minted)
    for key in minted:
        made = keys.tid_time(key)
        assert made is not None
        assert timedelta(0) <= made - at.replace(microsecond=0) < timedelta(seconds=1)
