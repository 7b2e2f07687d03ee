"""The road out: exactly what leaves, and every way in which it may be refused or in doubt."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from inbox.platforms.base import Action, Attachment, Author, ErrorClass, Refused, Sent, Unknown
from inbox.platforms.youtube.quota import next_midnight
from inbox.platforms.youtube.simulator import YouTube as Network
from tests.platforms.youtube.conftest import ANA, BOB, Connected, ago, outgoing


def told(network: Network) -> list[tuple[str, str, dict[str, list[str]], Any]]:
    """What was asked of the network beside reading."""
    return [call for call in network.app.calls if call[0] != "GET"]


async def test_a_reply_goes_below_the_comment(network: Network, shop: Connected, video: str) -> None:
    comment = await network.comment(ANA, post=video, text="How do I reset it?")
    sent = await shop.send(outgoing(target=comment, thread=comment, root=video, text="Zehn Sekunden 😀 <b>&"))
    assert isinstance(sent, Sent)
    assert network.memory.items[sent.external_id].text == "Zehn Sekunden 😀 <b>&"
    assert network.memory.items[sent.external_id].parent == comment
    assert sent.permalink == f"https://www.youtube.com/watch?v={video}&lc={sent.external_id}"
    assert sent.at == network.memory.items[sent.external_id].at
    body = {"snippet": {"parentId": comment, "textOriginal": "Zehn Sekunden 😀 <b>&"}}
    assert told(network) == [("POST", "comments", {"part": ["snippet"]}, body)]
    assert [(one.action, one.target, one.recipient) for one in network.heard] == [("reply", comment, "7001")]


async def test_a_reply_to_a_reply_goes_below_the_first_and_names_whom_it_is_for(
    network: Network, shop: Connected, video: str
) -> None:
    first = await network.comment(ANA, post=video, text="How?", at=ago(hours=1))
    reply = await network.comment(BOB, post=video, parent=first, text="same", at=ago(minutes=30))
    author = next(event.author for event in await shop.polled() if event.external_id == reply)
    sent = await shop.send(outgoing(target=reply, thread=first, target_author=author, text="Like this"))
    assert isinstance(sent, Sent)
    assert told(network)[0][3] == {"snippet": {"parentId": first, "textOriginal": "@bob Like this"}}
    assert network.heard[-1].target == reply
    assert network.heard[-1].recipient == "7002"


@pytest.mark.parametrize(
    ("author", "text", "expected"),
    [
        pytest.param(Author("UCb", "@bob", "bob"), "Hi @Bob, like this", "Hi @Bob, like this", id="named already"),
        pytest.param(Author("UCb", "@bob", "bob"), "Ask @bobby", "@bob Ask @bobby", id="another was named"),
        pytest.param(Author("UCb", "@bob"), "Yes", "@bob Yes", id="the name is the handle"),
        pytest.param(Author("UCb", "Bob Li"), "Yes", "Yes", id="from before handles"),
        pytest.param(None, "Yes", "Yes", id="nobody knows"),
    ],
)
async def test_whom_a_reply_to_a_reply_names(
    network: Network, shop: Connected, video: str, author: Author | None, text: str, expected: str
) -> None:
    first = await network.comment(ANA, post=video, text="How?")
    reply = await network.comment(BOB, post=video, parent=first, text="same")
    await shop.send(outgoing(target=reply, target_author=author, text=text))
    assert told(network)[0][3]["snippet"] == {"parentId": first, "textOriginal": expected}


async def test_going_on_below_our_own_reply_names_nobody(network: Network, shop: Connected, video: str) -> None:
    first = await network.comment(ANA, post=video, text="How?")
    ours = await network.elsewhere(target=first, text="Ten seconds")
    us = Author(network.channel, "@nordwindcoffee", "nordwindcoffee")
    await shop.send(outgoing(target=ours, thread=first, target_author=us, text="Or longer"))
    assert told(network)[0][3]["snippet"]["textOriginal"] == "Or longer"


async def test_our_own_is_deleted_and_what_others_wrote_is_rejected(
    network: Network, shop: Connected, video: str
) -> None:
    first = await network.comment(ANA, post=video, text="How?")
    ours = await network.elsewhere(target=first, text="Ten seconds")
    assert isinstance(await shop.send(outgoing(Action.DELETE, target=ours, text="")), Sent)
    assert isinstance(await shop.send(outgoing(Action.DELETE, target=first, text="")), Sent)
    assert [call[:3] for call in told(network)] == [
        ("DELETE", "comments", {"id": [ours]}),
        ("POST", "comments/setModerationStatus", {"id": [first], "moderationStatus": ["rejected"]}),
    ]
    assert ours not in network.memory.items
    assert network.memory.items[first].status == "rejected"


async def test_whose_it_is_is_asked_only_where_nobody_said(network: Network, shop: Connected, video: str) -> None:
    first = await network.comment(ANA, post=video, text="How?")
    ana = Author(network.memory.items[first].author, "@ana", "ana")
    assert isinstance(await shop.send(outgoing(Action.DELETE, target=first, target_author=ana, text="")), Sent)
    assert len(network.app.calls) == 1
    assert shop.connector.cost(outgoing(Action.DELETE, target=first, target_author=ana)) == network.used == 50


async def test_a_held_comment_is_rejected_though_it_is_not_found_by_its_id(
    network: Network, shop: Connected, video: str
) -> None:
    held = await network.comment(ANA, post=video, text="held")
    await network.hold(held)
    assert isinstance(await shop.send(outgoing(Action.DELETE, target=held, text="")), Sent)
    assert network.memory.items[held].status == "rejected"


async def test_what_cannot_be_is_refused_without_a_request(network: Network, shop: Connected) -> None:
    bob = Author("UCb", "@bob", "bob")
    acts = [
        (outgoing(target="Ugx1", text=" \n"), ErrorClass.INVALID),
        (outgoing(target="", text="Hi"), ErrorClass.INVALID),
        (outgoing(target="Ugx1,Ugx2", text="Hi"), ErrorClass.INVALID),
        (outgoing(target="Ugx1", text="x" * 10_001), ErrorClass.TOO_LONG),
        (outgoing(target="Ugx1", text="😀" * 5_001), ErrorClass.TOO_LONG),
        (outgoing(target="Ugx1.9a", text="x" * 10_000, target_author=bob), ErrorClass.TOO_LONG),
        (outgoing(target="Ugx1", attachments=[Attachment("image", "https://x.example/a.png")]), ErrorClass.INVALID),
        (outgoing(Action.HIDE, target=""), ErrorClass.INVALID),
        (outgoing(Action.LIKE, target="Ugx1"), ErrorClass.INVALID),
    ]
    for act, expected in acts:
        refused = await shop.send(act)
        assert isinstance(refused, Refused)
        assert refused.error is expected
    assert network.app.calls == []


async def test_the_limit_is_a_setting(network: Network, shop: Connected, video: str) -> None:
    shop.set(text_limit=5)
    refused = await shop.send(outgoing(target="Ugx1", text="123456"))
    assert isinstance(refused, Refused)
    assert "5 characters" in refused.message


def error(reason: str, code: int = 400, message: str = "Said <code>so</code>.", **more: Any) -> dict[str, Any]:
    one = {"message": message, "domain": "youtube.comment", "reason": reason}
    return {"error": {"code": code, "message": message, "errors": [one], **more}}


REFUSALS = [
    (401, error("authError", 401), ErrorClass.AUTH_EXPIRED),
    (401, "", ErrorClass.AUTH_EXPIRED),
    (403, error("authenticatedUserAccountSuspended", 403), ErrorClass.POLICY_BLOCKED),
    (403, error("quotaExceeded", 403), ErrorClass.QUOTA_EXHAUSTED),
    (403, error("dailyLimitExceeded", 403), ErrorClass.QUOTA_EXHAUSTED),
    (403, error("rateLimitExceeded", 403), ErrorClass.RATE_LIMITED),
    (403, error("userRateLimitExceeded", 403), ErrorClass.RATE_LIMITED),
    (429, "slow down", ErrorClass.RATE_LIMITED),
    (403, error("commentsDisabled", 403), ErrorClass.POLICY_BLOCKED),
    (400, error("parentCommentIsPrivate"), ErrorClass.POLICY_BLOCKED),
    (400, error("operationNotSupported"), ErrorClass.POLICY_BLOCKED),
    (404, error("commentNotFound", 404), ErrorClass.PARENT_GONE),
    (404, error("parentCommentNotFound", 404), ErrorClass.PARENT_GONE),
    (404, error("videoNotFound", 404), ErrorClass.PARENT_GONE),
    (404, error("somethingNew", 404), ErrorClass.PARENT_GONE),
    (400, error("commentTextTooLong"), ErrorClass.TOO_LONG),
    (400, error("commentTextRequired"), ErrorClass.INVALID),
    (400, error("invalidCommentMetadata"), ErrorClass.INVALID),
    (400, error("somethingNew"), ErrorClass.INVALID),
    (403, error("ineligibleAccount", 403), ErrorClass.PERMISSION_MISSING),
    (403, error("forbidden", 403), ErrorClass.PERMISSION_MISSING),
    (403, error("insufficientPermissions", 403), ErrorClass.PERMISSION_MISSING),
    (403, error("accessNotConfigured", 403), ErrorClass.PERMISSION_MISSING),
    (403, error("SERVICE_UNAVAILABLE", 403, status="PERMISSION_DENIED"), ErrorClass.PERMISSION_MISSING),
]


@pytest.mark.parametrize(
    ("status", "body", "expected"), REFUSALS, ids=[f"{one[0]}-{one[2]}-{place}" for place, one in enumerate(REFUSALS)]
)
async def test_what_a_refusal_means(
    network: Network, shop: Connected, video: str, status: int, body: Any, expected: ErrorClass
) -> None:
    comment = await network.comment(ANA, post=video, text="How?")
    network.mischief.statuses.append((status, {}, body))
    refused = await shop.send(outgoing(target=comment))
    assert isinstance(refused, Refused)
    assert refused.error is expected
    assert refused.message.endswith((".", ")"))
    assert "<code>" not in refused.message
    midnight = next_midnight(datetime.now(UTC))
    assert refused.retry_at == (midnight if expected is ErrorClass.QUOTA_EXHAUSTED else None)
    assert network.heard == []


async def test_the_newer_wording_of_a_used_up_day(network: Network, shop: Connected) -> None:
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED"}
    for limit, expected in (
        ("defaultPerDayPerProject", ErrorClass.QUOTA_EXHAUSTED),
        ("defaultPerMinutePerProject", ErrorClass.RATE_LIMITED),
    ):
        details = [info | {"metadata": {"quota_limit": limit}}]
        told = {"error": {"code": 429, "message": "Quota exceeded", "status": "RESOURCE_EXHAUSTED", "details": details}}
        network.mischief.statuses.append((429, {}, told))
        refused = await shop.send(outgoing(target="Ugx1"))
        assert isinstance(refused, Refused)
        assert refused.error is expected


async def test_a_wait_that_youtube_names_is_kept(network: Network, shop: Connected) -> None:
    network.mischief.statuses.append((429, {"Retry-After": "120"}, error("rateLimitExceeded", 429)))
    refused = await shop.send(outgoing(target="Ugx1"))
    assert isinstance(refused, Refused)
    assert refused.retry_at
    wait = refused.retry_at - datetime.now(UTC)
    assert timedelta(seconds=100) < wait <= timedelta(seconds=120)


DOUBTS = [
    (500, error("backendError", 500)),
    (503, "<html>"),
    (409, error("conflict", 409)),
    (400, "<html>"),
    (400, error("processingFailure")),
    (200, '{"kind": "youtube#comm'),
    (200, "{}"),
    (200, "[]"),
]


@pytest.mark.parametrize(("status", "body"), DOUBTS, ids=[f"{one[0]}-{place}" for place, one in enumerate(DOUBTS)])
async def test_every_doubt_about_a_reply_is_unknown(network: Network, shop: Connected, status: int, body: Any) -> None:
    network.mischief.statuses.append((status, {}, body))
    outcome = await shop.send(outgoing(target="Ugx1"))
    assert isinstance(outcome, Unknown)


async def test_what_youtube_could_not_work_on_may_be_tried_again_where_that_does_no_harm(
    network: Network, shop: Connected
) -> None:
    network.mischief.statuses.append((400, {}, error("processingFailure")))
    outcome = await shop.send(outgoing(Action.HIDE, target="Ugx1", text=""))
    assert isinstance(outcome, Refused)
    assert outcome.error is ErrorClass.TRANSIENT


async def test_a_connection_that_breaks_after_posting_is_unknown(network: Network, shop: Connected, video: str) -> None:
    comment = await network.comment(ANA, post=video, text="How?")
    for trouble in ("hang_after_posting", "fail_after_posting", "garble"):
        setattr(network.mischief, trouble, 1)
        assert isinstance(await shop.send(outgoing(target=comment, text=trouble)), Unknown)
    assert [one.text for one in network.heard] == ["hang_after_posting", "fail_after_posting", "garble"]


async def test_a_network_that_is_not_there_took_nothing(network: Network, shop: Connected) -> None:
    shop.set(api_url="http://127.0.0.1:9")
    refused = await shop.send(outgoing(target="Ugx1"))
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.TRANSIENT


async def test_a_token_is_never_shown(network: Network, shop: Connected) -> None:
    token = shop.account.credentials["access_token"]
    network.mischief.statuses.append((403, {}, error("forbidden", 403, f"Bad token {token} and ya29.other and 1//r")))
    refused = await shop.send(outgoing(target="Ugx1"))
    assert isinstance(refused, Refused)
    assert token not in refused.message
    assert "ya29" not in refused.message
    assert "1//r" not in refused.message


async def test_without_a_token_nothing_is_asked(network: Network, shop: Connected, http: httpx.AsyncClient) -> None:
    for token in ("", "line\nbreak"):
        account = msgspec.structs.replace(shop.account, credentials={"access_token": token})
        refused = await shop.connector.send(http, account, outgoing(target="Ugx1"))
        assert isinstance(refused, Refused)
        assert refused.error is ErrorClass.AUTH_EXPIRED
    assert network.app.calls == []
