"""What people do on the (simulated) network is heard by polling: once, completely, and in our words."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
import time_machine

from inbox.platforms.base import Act, Actor, ErrorClass, Kind, NotHere
from inbox.platforms.mastodon import polling
from inbox.platforms.mastodon.simulator import MastodonSimulator
from tests.platforms.mastodon.house import ANA, BEN, EVE, US, Connected, name_of


async def test_a_comment_and_the_answers_below_it_are_one_conversation(
    network: MastodonSimulator, shop: Connected
) -> None:
    post = await network.publish("The autumn boots are here")
    asked = await network.comment(ANA, post=post, text="¿Envían a Portugal? 🇵🇹")
    joined = await network.comment(BEN, post=post, parent=asked, text="Same question!")
    answer = await network.elsewhere(target=joined, text="They do")
    deeper = await network.comment(ANA, post=post, parent=answer, text="Thank you")
    other = await network.comment(EVE, post=post, text="Trop cher")
    heard = {each.external_id: each for each in await shop.polled()}

    assert set(heard) == {asked, joined, answer, deeper, other}
    assert {each.kind for each in heard.values()} == {Kind.COMMENT}
    assert {heard[each].thread for each in (asked, joined, answer, deeper)} == {asked}
    assert heard[other].thread == other
    assert (heard[joined].parent, heard[asked].parent) == (asked, "")
    assert {each.lane for each in heard.values()} == {each.root for each in heard.values()} == {post}
    assert [each for each in heard if heard[each].ours] == [answer]
    about = heard[deeper].post
    assert about is not None
    assert (about.external_id, about.text) == (post, "The autumn boots are here")
    author = heard[asked].author
    assert author is not None
    assert (author.external_id, author.name, author.handle) == ("ana@m.example", "Ana Ruiz", "ana@m.example")
    assert (heard[asked].text, heard[asked].language) == ("@alder_finch ¿Envían a Portugal? 🇵🇹", "es")


async def test_what_continues_a_post_of_ours_is_a_post_and_no_message(
    network: MastodonSimulator, shop: Connected
) -> None:
    first = await network.publish("1/2 Boots")
    second = network.network.write(network.us.id, "2/2 and socks", parent=first).id
    asked = await network.comment(ANA, post=second, text="Wool?")
    [heard] = await shop.polled()
    assert (heard.external_id, heard.thread, heard.root, heard.kind) == (asked, asked, second, Kind.COMMENT)


async def test_a_mention_and_what_follows_it_are_one_conversation(network: MastodonSimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="Olá 👋 @alder_finch, where is my parcel?")
    answer = await network.elsewhere(target=asked, text="On its way!")
    thanks = await network.comment(ANA, post=asked, parent=answer, text="Thank you")
    heard = {each.external_id: each for each in await shop.polled()}

    assert {each.kind for each in heard.values()} == {Kind.MENTION}
    assert {each.thread for each in heard.values()} == {each.lane for each in heard.values()} == {asked}
    assert heard[asked].named == [US]
    assert [heard[each].ours for each in (asked, answer, thanks)] == [False, True, False]


async def test_private_posts_are_one_conversation_with_one_person(network: MastodonSimulator, shop: Connected) -> None:
    asked = await network.dm(ANA, text="order 7?", image="https://m.example/torn.jpg")
    other = await network.dm(BEN, text="hello")
    answer = await network.elsewhere(target=asked, text="It left today")
    more = await network.dm(ANA, text="thanks")
    heard = {each.external_id: each for each in await shop.polled()}
    assert {each.kind for each in heard.values()} == {Kind.DM}
    ana, ben = name_of(network, ANA), name_of(network, BEN)
    assert {name: each.thread for name, each in heard.items()} == {asked: ana, other: ben, answer: ana, more: ana}
    assert heard[answer].ours
    assert [each.url for each in heard[asked].attachments] == ["https://m.example/torn.jpg"]


async def test_a_private_word_below_a_public_post_is_a_message(network: MastodonSimulator, shop: Connected) -> None:
    post = await network.publish("Boots")
    acct = network.network.join(ANA)
    said = network.network.write(acct.id, "@alder_finch between us", parent=post, visibility="direct")
    [heard] = await shop.polled()
    assert (heard.external_id, heard.kind, heard.thread) == (said.id, Kind.DM, acct.name)


async def test_a_quote_shows_what_it_quotes(network: MastodonSimulator, shop: Connected) -> None:
    post = await network.publish("We open on Monday")
    quote = await network.quote(BEN, post=post, text="Finally")
    [heard] = await shop.polled()
    assert (heard.kind, heard.external_id, heard.thread) == (Kind.MENTION, quote, quote)
    assert heard.post is not None
    assert (heard.post.external_id, heard.post.text) == (post, "We open on Monday")


async def test_reactions_and_our_own_posts_are_not_heard(network: MastodonSimulator, shop: Connected) -> None:
    post = await network.publish("Hello")
    await network.like(ANA, post=post)
    assert await shop.polled() == []


async def test_nothing_is_handed_over_twice(network: MastodonSimulator, shop: Connected) -> None:
    post = await network.publish("Hello")
    await network.comment(ANA, post=post, text="one")
    assert len(await shop.polled()) == 1
    assert await shop.polled() == []
    late = await network.comment(BEN, post=post, text="two")
    assert [each.external_id for each in await shop.polled()] == [late]


async def test_ninety_days_are_filled_in_and_no_more(network: MastodonSimulator, shop: Connected) -> None:
    now = datetime.now(UTC)
    old = await network.mention(ANA, text="long ago", at=now - timedelta(days=91))
    names = [
        await network.mention(ANA, text=f"{number}", at=now - timedelta(days=89, minutes=-number))
        for number in range(2 * polling.PAGE + 7)
    ]
    heard = [each.external_id for each in await shop.polled()]
    assert old not in heard
    assert sorted(heard) == sorted(names)
    assert await shop.polled() == []


async def test_a_gap_of_many_pages_is_read_forward_without_a_hole(network: MastodonSimulator, shop: Connected) -> None:
    now = datetime.now(UTC)
    await network.mention(ANA, text="first", at=now - timedelta(hours=3))
    assert len(await shop.polled()) == 1
    names = [
        await network.mention(BEN, text=f"{number}", at=now - timedelta(hours=2, seconds=-number))
        for number in range(3 * polling.PAGE)
    ]
    assert [each.external_id for each in await shop.polled()] == names


async def test_what_shows_up_a_little_late_is_not_lost(network: MastodonSimulator, shop: Connected) -> None:
    """Rows get their number before they can be read, so a lower one may appear after a higher one."""
    now = datetime.now(UTC)
    await network.mention(ANA, text="seen", at=now - timedelta(seconds=10))
    assert len(await shop.polled()) == 1
    late = await network.mention(BEN, text="slow", at=now - timedelta(seconds=40))
    assert [each.external_id for each in await shop.polled()] == [late]


async def test_everything_is_heard_while_more_comes_in_between_the_pages(
    network: MastodonSimulator, shop: Connected
) -> None:
    now = datetime.now(UTC)
    names = [
        await network.mention(ANA, text=f"{number}", at=now - timedelta(hours=2, seconds=-number))
        for number in range(polling.PAGE + 5)
    ]
    found, more = [], True
    while more:
        page = await shop.connector.poll(shop.http, shop.account, shop.cursor)
        found += [each.external_id for each in shop.read(page)]
        shop.cursor, more = page.cursor, page.more
        if len(names) < polling.PAGE + 8:
            names.append(await network.mention(BEN, text=f"meanwhile {len(names)}"))
    found += [each.external_id for each in await shop.polled()]
    assert sorted(found) == sorted(names)


async def test_an_anchor_that_was_deleted_leaves_no_hole(network: MastodonSimulator, shop: Connected) -> None:
    now = datetime.now(UTC)
    anchor = await network.mention(ANA, text="gone soon", at=now - timedelta(hours=1))
    await shop.polled()
    await network.delete(anchor)
    later = await network.mention(BEN, text="after", at=now - timedelta(minutes=30))
    heard = {each.external_id: each.act for each in await shop.polled()}
    assert heard == {anchor: Act.DELETED, later: Act.WROTE}


async def test_what_is_taken_back_between_two_requests_is_heard_and_then_gone(
    network: MastodonSimulator, shop: Connected
) -> None:
    post = await network.publish("Boots")
    asked = await network.comment(ANA, post=post, text="never mind")

    async def take_back(answer: httpx.Response) -> None:
        if answer.request.url.path == "/api/v1/notifications" and asked in network.network.posts:
            await network.delete(asked)

    shop.http.event_hooks = {"response": [take_back]}
    wrote, gone = await shop.polled()
    assert (wrote.act, wrote.kind, wrote.thread, wrote.parent) == (Act.WROTE, Kind.COMMENT, "", post)
    assert (gone.act, gone.lane) == (Act.DELETED, wrote.lane)


async def test_what_the_server_sets_aside_is_asked_for(network: MastodonSimulator, shop: Connected) -> None:
    asked: list[httpx.URL] = []

    async def note(request: httpx.Request) -> None:
        asked.append(request.url)

    shop.http.event_hooks = {"request": [note]}
    await shop.polled()
    [listing] = [url for url in asked if url.path == "/api/v1/notifications"]
    assert listing.params["include_filtered"] == "true"
    assert listing.params.get_list("types[]") == ["mention", "quote"]


# What becomes of it


async def test_an_edit_is_found_with_its_own_time(network: MastodonSimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="hello")
    await shop.polled()
    at = datetime(2026, 11, 25, 12, 0, 0, 123000, tzinfo=UTC)
    await network.edit(asked, "hello again", at=at)
    [edited] = await shop.polled()
    assert (edited.act, edited.external_id, edited.revision) == (Act.EDITED, asked, round(at.timestamp() * 1000))
    assert (edited.text, edited.at) == ("@alder_finch hello again", at)
    assert await shop.polled() == []


async def test_a_post_that_was_edited_before_we_saw_it_is_told_so_that_the_held_text_decides(
    network: MastodonSimulator, shop: Connected
) -> None:
    asked = await network.mention(ANA, text="hello")
    await network.edit(asked, "hello again")
    wrote, edited = await shop.polled()
    assert (wrote.act, wrote.revision, edited.act, edited.revision) == (Act.WROTE, 0, Act.EDITED, None)
    assert wrote.text == edited.text == "@alder_finch hello again"


async def test_a_deleted_item_is_found_gone(network: MastodonSimulator, shop: Connected) -> None:
    post = await network.publish("Hello")
    asked = await network.comment(ANA, post=post, text="never mind")
    kept = await network.comment(BEN, post=post, text="stays")
    ours = await network.elsewhere(target=kept, text="Thanks")
    private = await network.dm(ANA, text="oops")
    await shop.polled()
    for name in (asked, ours, private):
        await network.delete(name)
    gone = {each.external_id: each for each in await shop.polled()}
    assert {name: (each.act, each.by, each.ours) for name, each in gone.items()} == {
        asked: (Act.DELETED, Actor.UNKNOWN, False),
        ours: (Act.DELETED, Actor.UNKNOWN, True),
        private: (Act.DELETED, Actor.UNKNOWN, False),
    }
    assert (gone[asked].kind, gone[asked].lane) == (Kind.COMMENT, post)
    assert (gone[private].kind, gone[private].lane) == (Kind.DM, name_of(network, ANA))
    assert await shop.polled() == []


async def test_a_server_without_the_list_of_posts_is_asked_for_each(
    network: MastodonSimulator, shop: Connected
) -> None:
    network.app.has_list = False
    asked = await network.mention(ANA, text="hello")
    kept = await network.mention(BEN, text="stays")
    await shop.polled()
    await network.delete(asked)
    await network.edit(kept, "stays here")
    heard = {each.external_id: each.act for each in await shop.polled()}
    assert heard == {asked: Act.DELETED, kept: Act.EDITED}


async def test_a_server_that_lists_fewer_posts_at_once_is_asked_for_fewer_or_for_each(
    network: MastodonSimulator, shop: Connected
) -> None:
    names = [await network.mention(ANA, text=f"{number}") for number in range(25)]
    items = await shop.polled()
    await network.delete(names[0])
    for size in (10, 25):
        shop.set(statuses_at_once=size)
        network.app.requests.clear()
        assert set(await shop.reread(*items)) == {names[0]}
        lists = [path for _, path in network.app.requests if path == "/api/v1/statuses"]
        assert len(lists) == (3 if size == 10 else 1)


async def test_what_is_held_is_read_again_however_old(network: MastodonSimulator, shop: Connected) -> None:
    post = await network.publish("Hello")
    gone = await network.comment(ANA, post=post, text="never mind")
    edited = await network.comment(BEN, post=post, text="Same")
    stands = await network.mention(EVE, text="bonjour")
    private = await network.dm(ANA, text="oops")
    items = await shop.polled()
    await network.delete(gone)
    await network.delete(private)
    await network.edit(edited, "Same question")
    now = await shop.reread(*items)
    assert {name: each.act for name, each in now.items()} == {
        gone: Act.DELETED,
        private: Act.DELETED,
        edited: Act.EDITED,
    }
    assert stands not in now
    assert (now[edited].text, now[edited].revision) == ("@alder_finch Same question", None)
    assert {now[gone].lane, now[edited].lane} == {post}
    assert (now[private].kind, now[private].lane) == (Kind.DM, name_of(network, ANA))


async def test_a_server_in_trouble_has_deleted_nothing(network: MastodonSimulator, shop: Connected) -> None:
    await network.mention(ANA, text="hello")
    items = await shop.polled()

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404, text="<html>no such host here</html>")

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as shop.http:
        with pytest.raises(NotHere) as refused:
            await shop.reread(*items)
    assert refused.value.error is ErrorClass.TRANSIENT


# Refusals


async def test_a_revoked_token_ends_in_a_sentence(network: MastodonSimulator, shop: Connected) -> None:
    network.mischief.token_revoked = True
    for asking in (shop.polled(), shop.connector.check(shop.http, shop.account)):
        with pytest.raises(NotHere) as refused:
            await asking
        assert refused.value.error is ErrorClass.AUTH_EXPIRED


async def test_polling_slows_down_before_the_rate_is_used_up_and_says_when_to_come_back(
    network: MastodonSimulator, shop: Connected
) -> None:
    with time_machine.travel(datetime(2026, 11, 25, 12, 1, tzinfo=UTC), tick=False):
        network.app.allowed = polling.SPARE
        page = await shop.connector.poll(shop.http, shop.account, {})
        assert page.again_in == timedelta(minutes=4)
        network.app.allowed = 1
        with pytest.raises(NotHere) as refused:
            await shop.polled()
        assert refused.value.error is ErrorClass.RATE_LIMITED
        assert refused.value.retry_at == datetime(2026, 11, 25, 12, 5, tzinfo=UTC)


async def test_an_unreachable_server_is_a_passing_trouble(shop: Connected) -> None:
    shop.set(server="http://127.0.0.1:1")
    with pytest.raises(NotHere) as refused:
        await shop.polled()
    assert refused.value.error is ErrorClass.TRANSIENT


async def test_names_are_asked_for_by_themselves(network: MastodonSimulator, shop: Connected) -> None:
    network.network.join(ANA)
    found = await shop.connector.person(shop.http, shop.account, "ana@m.example")
    assert found is not None
    assert (found.name, found.handle) == ("Ana Ruiz", "ana@m.example")
    ours = await shop.connector.person(shop.http, shop.account, US)
    assert ours is not None
    assert ours.external_id == US
    assert await shop.connector.person(shop.http, shop.account, "nobody@m.example") is None
