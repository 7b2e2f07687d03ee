"""What our agents do reaches the network once, by no more eyes than it should, or is refused in a sentence."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
import time_machine

from inbox.platforms.base import Absent, Action, Attachment, CannotTell, ErrorClass, Kind, Refused, Sent, Unknown
from inbox.platforms.mastodon import writing
from inbox.platforms.mastodon.simulator import MastodonSimulator
from tests.platforms.mastodon.house import ANA, BEN, US, Connected, author_of, name_of

WRITES = ("fail_after_posting", "hang_after_posting", "garble")


def ours(network: MastodonSimulator) -> list[str]:
    """The texts our account has posted through us."""
    return [post.text for post in network.network.posts.values() if post.app == "Earshot"]


# Replies


async def test_a_reply_goes_below_what_it_answers_and_names_the_person(
    network: MastodonSimulator, shop: Connected
) -> None:
    post = await network.publish("Boots")
    asked = await network.comment(ANA, post=post, text="Which sizes?")
    await shop.polled()
    act = shop.outgoing(Action.REPLY, asked, "36 to 47", language="en-GB", target_author=author_of(network, ANA))
    sent = await shop.send(act)
    assert isinstance(sent, Sent)
    there = network.network.posts[sent.external_id]
    assert (there.text, there.parent, there.visibility, there.language) == (
        "@ana@m.example 36 to 47",
        asked,
        "public",
        "en",
    )
    assert sent.permalink == f"https://social.example/@alder_finch/{sent.external_id}"
    [heard] = network.heard
    assert (heard.action, heard.target, heard.recipient) == ("reply", asked, "7001")
    [echo] = await shop.polled()
    assert (echo.external_id, echo.ours, echo.thread, echo.kind) == (sent.external_id, True, asked, Kind.COMMENT)


async def test_who_it_is_for_is_read_from_the_post_where_nobody_told(
    network: MastodonSimulator, shop: Connected
) -> None:
    asked = await network.mention(BEN, text="hi")
    await shop.send(shop.outgoing(Action.REPLY, asked, "hello"))
    assert ours(network) == ["@ben@n.example hello"]


@pytest.mark.parametrize("said", ["hello @ana@m.example!", "@ANA@m.example hello"])
async def test_somebody_who_is_named_already_is_not_named_twice(
    network: MastodonSimulator, shop: Connected, said: str
) -> None:
    asked = await network.mention(ANA, text="hi")
    await shop.send(shop.outgoing(Action.REPLY, asked, said))
    assert ours(network) == [said]


async def test_somebody_on_our_own_server_is_named_without_it(network: MastodonSimulator, shop: Connected) -> None:
    mira = network.network.join(ANA, domain="")
    asked = network.network.write(mira.id, "@alder_finch hi").id
    await shop.send(shop.outgoing(Action.REPLY, asked, "hello"))
    assert ours(network) == ["@ana hello"]


async def test_an_answer_to_ourselves_names_nobody(network: MastodonSimulator, shop: Connected) -> None:
    post = await network.publish("Boots")
    await shop.send(shop.outgoing(Action.REPLY, post, "and socks"))
    assert ours(network) == ["and socks"]


@pytest.mark.parametrize(
    ("above", "chosen", "reply"),
    [
        ("public", "", "public"),
        ("public", "unlisted", "unlisted"),
        ("unlisted", "", "unlisted"),
        ("unlisted", "public", "unlisted"),
        ("private", "", "private"),
        ("private", "unlisted", "private"),
        ("direct", "", "direct"),
        ("direct", "public", "direct"),
        ("of a kind nobody knows yet", "", "direct"),
    ],
)
def test_a_reply_is_never_seen_by_more_people_than_what_it_answers(above: str, chosen: str, reply: str) -> None:
    assert writing.visible({"visibility": above}, chosen) == reply


async def test_a_followers_only_post_is_answered_to_followers_only(network: MastodonSimulator, shop: Connected) -> None:
    acct = network.network.join(ANA)
    asked = network.network.write(acct.id, "@alder_finch psst", visibility="private").id
    sent = await shop.send(shop.outgoing(Action.REPLY, asked, "psst"))
    assert isinstance(sent, Sent)
    assert network.network.posts[sent.external_id].visibility == "private"


# Private messages


async def test_a_private_message_is_a_direct_post_that_names_one_person(
    network: MastodonSimulator, shop: Connected
) -> None:
    asked = await network.dm(ANA, text="order 7?")
    ana = name_of(network, ANA)
    sent = await shop.send(shop.outgoing(Action.DM, asked, "It left", recipient=ana, thread=ana))
    assert isinstance(sent, Sent)
    there = network.network.posts[sent.external_id]
    assert (there.text, there.visibility, there.parent, there.named) == (
        "@ana@m.example It left",
        "direct",
        asked,
        ["7001"],
    )
    [heard] = network.heard
    assert (heard.action, heard.recipient) == ("dm", "7001")


async def test_a_message_whose_question_was_taken_back_still_reaches_the_person(
    network: MastodonSimulator, shop: Connected
) -> None:
    asked = await network.dm(ANA, text="order 7?")
    await network.delete(asked)
    ana = name_of(network, ANA)
    for target in (asked, ""):
        sent = await shop.send(shop.outgoing(Action.DM, target, f"It left {target}", recipient=ana, thread=ana))
        assert isinstance(sent, Sent)
        assert (network.network.posts[sent.external_id].visibility, network.network.posts[sent.external_id].parent) == (
            "direct",
            "",
        )


async def test_a_private_reply_answers_a_public_post_for_one_person_alone(
    network: MastodonSimulator, shop: Connected
) -> None:
    asked = await network.mention(ANA, text="where is order 7?")
    ana = name_of(network, ANA)
    act = shop.outgoing(Action.PRIVATE_REPLY, asked, "It left", recipient=ana, target_author=author_of(network, ANA))
    sent = await shop.send(act)
    assert isinstance(sent, Sent)
    assert (network.network.posts[sent.external_id].visibility, sent.thread) == ("direct", ana)
    assert network.heard[0].action == "private_reply"
    wrote = [each for each in await shop.polled() if each.ours]
    assert [(each.kind, each.thread) for each in wrote] == [(Kind.DM, ana)]


@pytest.mark.parametrize("said", ["ask @ben@n.example", "ask @ben or mail a@b.example", "cc @alder_finch @ben"])
async def test_nobody_else_may_be_named_in_a_private_message(
    network: MastodonSimulator, shop: Connected, said: str
) -> None:
    """Whoever is named would receive it."""
    asked = await network.dm(ANA, text="hi")
    ana = name_of(network, ANA)
    refused = await shop.send(shop.outgoing(Action.DM, asked, said, recipient=ana, thread=ana))
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.POLICY_BLOCKED
    assert "ben@" in refused.message
    assert ours(network) == []


@pytest.mark.parametrize("said", ["mail a@b.example", "see https://m.example/@ben", "we are @alder_finch"])
async def test_an_address_is_nobodys_name(network: MastodonSimulator, shop: Connected, said: str) -> None:
    asked = await network.dm(ANA, text="hi")
    ana = name_of(network, ANA)
    sent = await shop.send(shop.outgoing(Action.DM, asked, said, recipient=ana, thread=ana))
    assert isinstance(sent, Sent)


# Other acts


async def test_a_like_and_its_end(network: MastodonSimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="hi")
    like, unlike = shop.outgoing(Action.LIKE, asked), shop.outgoing(Action.UNLIKE, asked)
    for _ in range(2):  # twice is once
        assert isinstance(await shop.send(like), Sent)
    assert network.network.posts[asked].liked == [network.us.id]
    assert isinstance(await shop.look(like), Sent)
    assert isinstance(await shop.look(unlike), Absent)
    assert isinstance(await shop.send(unlike), Sent)
    assert network.network.posts[asked].liked == []
    assert isinstance(await shop.look(unlike), Sent)


async def test_only_our_own_posts_can_be_deleted(network: MastodonSimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="hi")
    answer = await network.elsewhere(target=asked, text="hello")
    refused = await shop.send(shop.outgoing(Action.DELETE, asked))
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.PERMISSION_MISSING
    act = shop.outgoing(Action.DELETE, answer)
    assert isinstance(await shop.look(act), Absent)
    assert isinstance(await shop.send(act), Sent)
    assert isinstance(await shop.look(act), Sent)
    again = await shop.send(act)
    assert isinstance(again, Refused)
    assert again.error is ErrorClass.PARENT_GONE
    assert asked in network.network.posts


# What is refused


async def test_a_reply_to_what_is_gone_is_refused(network: MastodonSimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="hi")
    await network.delete(asked)
    refused = await shop.send(shop.outgoing(Action.REPLY, asked, "hello"))
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.PARENT_GONE


async def test_the_name_in_front_counts(network: MastodonSimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="hi")
    shop.set(max_characters=100)
    fits = await shop.send(shop.outgoing(Action.REPLY, asked, "x" * 95))
    assert isinstance(fits, Sent)
    long = await shop.send(shop.outgoing(Action.REPLY, asked, "x" * 96))
    assert isinstance(long, Refused)
    assert long.error is ErrorClass.TOO_LONG
    assert "101" in long.message
    assert len(ours(network)) == 1


async def test_pictures_and_acts_without_a_key_are_refused(network: MastodonSimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="hi")
    act = shop.outgoing(Action.REPLY, asked, "hello")
    for broken in (
        msgspec.structs.replace(act, attachments=[Attachment("image", url="https://b.example/1.png")]),
        msgspec.structs.replace(act, minted=""),
        msgspec.structs.replace(act, target="../accounts"),
        msgspec.structs.replace(act, action=Action.HIDE),
    ):
        refused = await shop.send(broken)
        assert isinstance(refused, Refused)
        assert refused.error is ErrorClass.INVALID
    assert ours(network) == []


async def test_a_token_that_may_not_write_says_so(network: MastodonSimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="hi")
    network.gate.tokens[network.token].scopes.remove("write:statuses")
    refused = await shop.send(shop.outgoing(Action.REPLY, asked, "hello"))
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.PERMISSION_MISSING


def said(words: str) -> dict[str, str]:
    return {"error": words}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, said("The access token is invalid"), ErrorClass.AUTH_EXPIRED),
        (403, said("This action is outside the authorized scopes"), ErrorClass.PERMISSION_MISSING),
        (404, said("Record not found"), ErrorClass.PARENT_GONE),
        (410, said("Gone"), ErrorClass.PARENT_GONE),
        (422, said("Validation failed: Text character limit of 500 exceeded"), ErrorClass.TOO_LONG),
        (422, said("Validation failed: Text can't be blank"), ErrorClass.INVALID),
        (422, said("Validation failed: duplicate of another status"), ErrorClass.DUPLICATE),
        (429, said("Too many requests"), ErrorClass.RATE_LIMITED),
        (429, "<html>slow down</html>", ErrorClass.RATE_LIMITED),
        (413, "<html>too large</html>", ErrorClass.TOO_LONG),
        (404, "<html>not found</html>", None),
        (422, "<html>no</html>", None),
        (408, said("timeout"), None),
        (500, said("Something went wrong"), None),
        (503, said("Remote data could not be fetched"), None),
    ],
)
async def test_every_refusal_means_what_it_should(
    network: MastodonSimulator, shop: Connected, status: int, body: Any, expected: ErrorClass | None
) -> None:
    """None: we cannot know whether it was done."""
    asked = await network.mention(ANA, text="hi")
    network.mischief.statuses = [(status, {}, body)]
    outcome = await shop.send(shop.outgoing(Action.REPLY, asked, "hello"))
    if expected is None:
        assert isinstance(outcome, Unknown)
    else:
        assert isinstance(outcome, Refused)
        assert outcome.error is expected
        assert outcome.message


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"X-RateLimit-Reset": "2026-11-25T12:05:00.123456Z"}, 300),
        ({"Retry-After": "90", "X-RateLimit-Reset": "2026-11-25T12:05:00Z"}, 90),
        ({"Retry-After": "Wed, 25 Nov 2026 12:01:00 GMT"}, 60),
        ({"X-RateLimit-Reset": "whenever"}, None),
        ({}, None),
    ],
)
async def test_the_server_says_when_to_come_back(
    network: MastodonSimulator, shop: Connected, headers: dict[str, str], seconds: int | None
) -> None:
    asked = await network.mention(ANA, text="hi")
    with time_machine.travel(datetime(2026, 11, 25, 12, tzinfo=UTC), tick=False):
        network.mischief.statuses = [(429, headers, said("Too many requests"))]
        refused = await shop.send(shop.outgoing(Action.REPLY, asked, "hello"))
        assert isinstance(refused, Refused)
        wait = refused.retry_at and (refused.retry_at - datetime.now(UTC)).total_seconds()
        assert wait == pytest.approx(seconds, abs=1) if seconds else wait is None


# What we cannot know, and looking


@pytest.mark.parametrize("trouble", WRITES)
async def test_a_doubt_is_found_by_looking_and_asking_again_makes_no_second_post(
    network: MastodonSimulator, shop: Connected, trouble: str
) -> None:
    asked = await network.mention(ANA, text="hi")
    act = shop.outgoing(Action.REPLY, asked, "see https://b.example/sizes?a=1&b=2 & <more>")
    setattr(network.mischief, trouble, 1)
    assert isinstance(await shop.send(act), Unknown)
    found = await shop.look(act)
    assert isinstance(found, Sent)
    assert len(ours(network)) == 1
    again = await shop.send(act)
    assert isinstance(again, Sent)
    assert again.external_id == found.external_id
    assert len(ours(network)) == 1


async def test_a_connection_that_was_cut_before_anything_was_done_leaves_nothing(
    network: MastodonSimulator, shop: Connected
) -> None:
    asked = await network.mention(ANA, text="hi")
    act = shop.outgoing(Action.REPLY, asked, "hello")
    network.mischief.refuse = 1
    assert isinstance(await shop.send(act), Unknown)
    assert isinstance(await shop.look(act), Absent)
    assert isinstance(await shop.send(act), Sent)
    assert len(ours(network)) == 1


async def test_looking_posts_nothing(network: MastodonSimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="hi")
    act = shop.outgoing(Action.REPLY, asked, "hello")
    network.app.requests.clear()
    await shop.look(act)
    assert {method for method, _ in network.app.requests} == {"GET"}


async def test_a_server_that_cannot_be_reached_has_taken_nothing(network: MastodonSimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="hi")
    act = shop.outgoing(Action.REPLY, asked, "hello")
    shop.set(server="http://127.0.0.1:1")
    refused = await shop.send(act)
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.TRANSIENT
    assert isinstance(await shop.look(act), CannotTell)


async def test_after_the_hour_a_post_that_is_not_there_is_no_answer(
    network: MastodonSimulator, shop: Connected
) -> None:
    """The server has forgotten the key by then, so nobody may conclude that it can be posted again."""
    asked = await network.mention(ANA, text="hi")
    act = shop.outgoing(Action.REPLY, asked, "hello")
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=50), tick=True):
        assert isinstance(await shop.look(act), CannotTell)
        assert isinstance(await shop.send(act), Sent)
        assert isinstance(await shop.look(act), Sent)


async def test_a_reply_that_leaves_after_the_hour_is_looked_for_first(
    network: MastodonSimulator, shop: Connected
) -> None:
    asked = await network.mention(ANA, text="hi")
    act = shop.outgoing(Action.REPLY, asked, "hello")
    network.mischief.fail_after_posting = 1
    assert isinstance(await shop.send(act), Unknown)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2), tick=True):
        assert isinstance(await shop.send(act), Sent)
    assert len(ours(network)) == 1


async def test_the_same_words_twice_are_no_telling(network: MastodonSimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="hi")
    first = shop.outgoing(Action.REPLY, asked, "hello", correlation="1")
    second = shop.outgoing(Action.REPLY, asked, "hello", correlation="2")
    for act in (first, second):
        assert isinstance(await shop.send(act), Sent)
    assert len(ours(network)) == 2
    assert isinstance(await shop.look(first), CannotTell)


async def test_other_words_and_other_peoples_words_are_not_ours(network: MastodonSimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="hi")
    await network.comment(BEN, post=asked, text="hello")
    await network.elsewhere(target=asked, text="good day")
    assert isinstance(await shop.look(shop.outgoing(Action.REPLY, asked, "hello")), Absent)


async def test_a_public_post_with_the_same_words_is_no_private_message(
    network: MastodonSimulator, shop: Connected
) -> None:
    asked = await network.mention(ANA, text="hi")
    await network.elsewhere(target=asked, text="hello")
    act = shop.outgoing(Action.PRIVATE_REPLY, asked, "hello", recipient=name_of(network, ANA))
    assert isinstance(await shop.look(act), Absent)


async def test_it_is_found_among_our_own_posts_when_what_it_answers_is_gone(
    network: MastodonSimulator, shop: Connected
) -> None:
    asked = await network.dm(ANA, text="hi")
    ana = name_of(network, ANA)
    act = shop.outgoing(Action.DM, asked, "hello", recipient=ana, thread=ana)
    network.mischief.fail_after_posting = 1
    await shop.send(act)
    await network.delete(asked)
    assert isinstance(await shop.look(act), Sent)
    other = shop.outgoing(Action.DM, asked, "other words", recipient=ana, thread=ana)
    assert isinstance(await shop.look(other), Absent)


async def test_so_many_posts_since_are_no_telling(network: MastodonSimulator, shop: Connected) -> None:
    asked = await network.dm(ANA, text="hi")
    ana = name_of(network, ANA)
    act = shop.outgoing(Action.DM, asked, "hello", recipient=ana, thread=ana)
    await network.delete(asked)
    for number in range(201):
        await network.publish(f"{number}")
    assert isinstance(await shop.look(act), CannotTell)


def test_a_key_follows_from_the_act_alone(shop: Connected) -> None:
    act = shop.outgoing(Action.REPLY, "1", "hello", correlation="one")
    assert act.minted == shop.connector.mint(act) != shop.outgoing(Action.REPLY, "1", "hello", correlation="two").minted
    assert shop.outgoing(Action.LIKE, "1").minted == ""


async def test_the_key_goes_along(network: MastodonSimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="hi")
    asks: list[httpx.Request] = []

    async def note(request: httpx.Request) -> None:
        asks.append(request)

    shop.http.event_hooks = {"request": [note]}
    act = shop.outgoing(Action.REPLY, asked, "hello")
    await shop.send(act)
    assert asks[-1].headers["idempotency-key"] == act.minted
    assert msgspec.json.decode(asks[-1].content) == {
        "status": "@ana@m.example hello",
        "visibility": "public",
        "in_reply_to_id": asked,
    }
    assert shop.account.external_id == US
