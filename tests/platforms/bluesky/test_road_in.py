"""What people do on the (simulated) network is heard by polling: once, completely, and in our words."""

from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest
import time_machine

from inbox.platforms.base import Act, Actor, ErrorClass, Kind, NotHere
from inbox.platforms.bluesky import accounts, keys, polling, xrpc
from inbox.platforms.bluesky.simulator import BlueskySimulator
from inbox.platforms.simulation import Person
from tests.platforms.bluesky.house import ANA, BEN, EVE, Connected


async def test_a_comment_and_the_answers_below_it_are_one_conversation(
    network: BlueskySimulator, shop: Connected
) -> None:
    post = await network.publish("The autumn boots are here")
    asked = await network.comment(ANA, post=post, text="¿Envían a Portugal? 🇵🇹")
    joined = await network.comment(BEN, post=post, parent=asked, text="Same question!")
    other = await network.comment(EVE, post=post, text="Trop cher")
    heard = {each.external_id: each for each in await shop.polled()}

    assert set(heard) == {asked, joined, other}
    assert {each.kind for each in heard.values()} == {Kind.COMMENT}
    assert heard[asked].thread == heard[joined].thread == asked
    assert heard[other].thread == other
    assert (heard[joined].parent, heard[asked].parent) == (asked, "")
    assert {each.lane for each in heard.values()} == {post}
    about = heard[asked].post
    assert about is not None
    assert (about.external_id, about.text) == (post, "The autumn boots are here")
    author = heard[asked].author
    assert author is not None
    assert (author.name, author.handle) == ("Ana Ruiz", "ana-ruiz.bsky.social")
    assert (heard[asked].text, heard[asked].language) == ("¿Envían a Portugal? 🇵🇹", "es")


async def test_a_mention_and_what_follows_it_are_one_conversation(network: BlueskySimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="Olá 👋 @alder-finch.bsky.social, where is my parcel?")
    answer = await network.elsewhere(target=asked, text="On its way!")
    thanks = await network.comment(ANA, post=asked, parent=answer, text="Thank you")
    heard = {each.external_id: each for each in await shop.polled()}

    assert {each.kind for each in heard.values()} == {Kind.MENTION}
    assert {each.thread for each in heard.values()} == {asked}
    assert heard[asked].named == [network.did]
    assert [heard[uri].ours for uri in (asked, answer, thanks)] == [False, True, False]


async def test_a_quote_shows_what_it_quotes(network: BlueskySimulator, shop: Connected) -> None:
    post = await network.publish("We open on Monday")
    quote = await network.quote(BEN, post=post, text="Finally")
    [heard] = await shop.polled()
    assert (heard.kind, heard.external_id, heard.thread) == (Kind.MENTION, quote, quote)
    assert heard.post is not None
    assert (heard.post.external_id, heard.post.text) == (post, "We open on Monday")


async def test_reactions_and_what_does_not_concern_us_are_not_heard(network: BlueskySimulator, shop: Connected) -> None:
    post = await network.publish("Hello")
    await network.like(ANA, post=post)
    stranger = await network.comment(BEN, post=await network.mention(ANA, text="hi"), text="not for the shop")
    heard = await shop.polled()
    assert stranger not in {each.external_id for each in heard}
    assert len(heard) == 1


async def test_nothing_is_handed_over_twice(network: BlueskySimulator, shop: Connected) -> None:
    post = await network.publish("Hello")
    await network.comment(ANA, post=post, text="one")
    assert len(await shop.polled()) == 1
    assert await shop.polled() == []
    late = await network.comment(BEN, post=post, text="two")
    assert [each.external_id for each in await shop.polled()] == [late]


async def test_a_post_from_a_slow_clock_is_still_heard(network: BlueskySimulator, shop: Connected) -> None:
    post = await network.publish("Hello")
    await network.comment(ANA, post=post, text="now")
    await shop.polled()
    slow = await network.comment(BEN, post=post, text="half a day slow", at=datetime.now(UTC) - timedelta(hours=12))
    assert [each.external_id for each in await shop.polled()] == [slow]


async def test_ninety_days_are_filled_in_and_no_more(network: BlueskySimulator, shop: Connected) -> None:
    now = datetime.now(UTC)
    post = await network.publish("Hello", at=now - timedelta(days=120))
    wanted = set()
    for number in range(260):
        at = now - timedelta(days=89.5) + timedelta(hours=8 * number)
        wanted.add(await network.comment(ANA, post=post, text=f"{number}", at=at))
    for number in range(5):
        await network.comment(BEN, post=post, text=f"old {number}", at=now - timedelta(days=91 + number))
    heard = await shop.polled()
    assert {each.external_id for each in heard} == wanted
    assert len(heard) == 260
    assert min(each.at for each in heard) > now - timedelta(days=90)
    assert await shop.polled() == []


async def test_what_is_remembered_is_the_newest(
    network: BlueskySimulator, shop: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "SEEN", 120)
    monkeypatch.setattr(polling, "WATCHED", 30)
    now = datetime.now(UTC)
    post = await network.publish("Hello", at=now - timedelta(days=5))
    uris = [
        await network.comment(ANA, post=post, text=f"{number}", at=now - timedelta(minutes=240 - number))
        for number in range(240)
    ]
    assert {each.external_id for each in await shop.polled()} == set(uris)
    assert (shop.cursor["seen"], len(shop.cursor["watched"])) == (uris[-120:], 30)
    uris.append(await network.comment(BEN, post=post, text="one more"))
    assert [each.external_id for each in await shop.polled()] == uris[-1:]
    assert shop.cursor["seen"] == uris[-120:]
    for uri in (uris[-1], uris[-30], uris[0]):
        await network.delete(uri)
    assert {each.external_id for each in await shop.polled()} == {uris[-1], uris[-30]}


async def test_what_shares_a_millisecond_at_the_end_of_a_page_is_not_lost(
    network: BlueskySimulator, shop: Connected
) -> None:
    post = await network.publish("Hello")
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
    uris = set()
    for number in range(150):
        # Rows 90 to 109, counted from the newest, carry one and the same time.
        moment = at - timedelta(seconds=90 if 90 <= number < 110 else number)
        uris.add(await network.comment(ANA, post=post, text=f"{number}", at=moment))
    assert {each.external_id for each in await shop.polled()} == uris


async def test_a_deleted_item_is_found_gone(network: BlueskySimulator, shop: Connected) -> None:
    post = await network.publish("Hello")
    asked = await network.comment(ANA, post=post, text="never mind")
    kept = await network.comment(BEN, post=post, text="stays")
    ours = await network.elsewhere(target=kept, text="Thanks")
    await shop.polled()
    await network.delete(asked)
    await network.delete(ours)
    gone = {each.external_id: each for each in await shop.polled()}
    assert {uri: (each.act, each.by, each.ours) for uri, each in gone.items()} == {
        asked: (Act.DELETED, Actor.CUSTOMER, False),
        ours: (Act.DELETED, Actor.US, True),
    }
    assert (gone[asked].kind, gone[asked].lane) == (Kind.COMMENT, post)
    assert await shop.polled() == []


async def test_somebody_who_closes_their_account_makes_us_deaf_to_nobody_else(
    network: BlueskySimulator, shop: Connected
) -> None:
    asked = await network.mention(ANA, text="hello")
    gone = await network.mention(BEN, text="never mind")
    await shop.polled()
    network.network.away.add(keys.owner(asked))
    await network.delete(gone)
    late = await network.mention(BEN, text="and me?")
    heard = {each.external_id: each.act for each in await shop.polled()}
    assert heard == {late: Act.WROTE, gone: Act.DELETED}, "who is away may come back"


async def test_an_item_that_is_only_hidden_from_us_is_not_called_deleted(
    network: BlueskySimulator, shop: Connected
) -> None:
    asked = await network.mention(ANA, text="hello")
    await shop.polled()
    network.network.blocked.add(keys.owner(asked))
    assert await shop.polled() == []
    network.network.blocked.clear()
    await network.delete(asked)
    assert [each.act for each in await shop.polled()] == [Act.DELETED]


async def test_an_edited_item_is_found_with_its_new_text(network: BlueskySimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="hello")
    await shop.polled()
    await network.edit(asked, "@alder-finch.bsky.social hello again")
    [edited] = await shop.polled()
    assert (edited.act, edited.external_id, edited.revision) == (Act.EDITED, asked, None)
    assert edited.text == "@alder-finch.bsky.social hello again"
    assert await shop.polled() == []


async def test_a_reply_written_in_blueskys_own_app_is_ours(network: BlueskySimulator, shop: Connected) -> None:
    post = await network.publish("Hello")
    asked = await network.comment(ANA, post=post, text="?")
    reply = await network.elsewhere(target=asked, text="!")
    heard = {each.external_id: each for each in await shop.polled()}
    assert set(heard) == {asked, reply}  # what we publish ourselves is no message to anybody
    assert (heard[reply].ours, heard[reply].thread, heard[reply].parent) == (True, asked, asked)
    assert heard[reply].correlation == keys.split(reply)[2]


async def test_people_we_do_not_follow_are_heard_also_after_the_list_was_seen(
    network: BlueskySimulator, shop: Connected
) -> None:
    await shop.signed_in()
    await network.mention(ANA, text="hello")
    headers = {"authorization": f"Bearer {shop.account.credentials['access_jwt']}"}
    base = shop.account.settings["service"] + "/xrpc/app.bsky.notification."
    seen = await shop.http.post(base + "updateSeen", headers=headers, json={"seenAt": "2026-01-01T00:00:00.000Z"})
    assert seen.status_code == 200
    listed = (await shop.http.get(base + "listNotifications", headers=headers)).json()
    assert listed == {"notifications": [], "priority": True}  # what the real server does unless told otherwise
    assert len(await shop.polled()) == 1


async def test_a_spent_token_asks_for_a_new_one_and_loses_nothing(network: BlueskySimulator, shop: Connected) -> None:
    await shop.signed_in()
    await network.mention(ANA, text="one")
    network.sessions.expire()
    with pytest.raises(NotHere) as refused:
        await shop.connector.poll(shop.http, shop.account, {})
    assert refused.value.error is ErrorClass.AUTH_EXPIRED
    before = shop.account.credentials
    assert len(await shop.polled()) == 1
    after = shop.account.credentials
    assert network.sessions.sign_ins == 1  # signing in is rationed; the session was renewed instead
    assert after["access_jwt"] != before["access_jwt"]
    assert after["refresh_jwt"] != before["refresh_jwt"]


async def test_when_the_session_is_too_old_to_renew_it_signs_in_again(
    network: BlueskySimulator, shop: Connected
) -> None:
    await shop.signed_in()
    with time_machine.travel(datetime.now(UTC) + timedelta(days=91), tick=True):
        await network.mention(ANA, text="long ago it was")
        assert len(await shop.polled()) == 1
    assert network.sessions.sign_ins == 2


async def test_a_revoked_password_ends_in_a_sentence(network: BlueskySimulator, shop: Connected) -> None:
    await shop.signed_in()
    network.mischief.token_revoked = True
    with pytest.raises(NotHere) as refused:
        await shop.polled()
    assert refused.value.error is ErrorClass.AUTH_EXPIRED
    assert str(refused.value) == "Bluesky does not accept this handle with this app password."


async def test_check_says_who_we_are(network: BlueskySimulator, shop: Connected) -> None:
    receipt = await shop.connector.check(shop.http, shop.account)
    assert (receipt.external_id, receipt.name, receipt.handle) == (
        network.did,
        "Alder & Finch",
        "alder-finch.bsky.social",
    )
    assert receipt.granted
    assert receipt.missing == []
    await shop.signed_in()
    assert await shop.connector.check(shop.http, shop.account) == receipt


async def test_an_unreachable_service_is_a_passing_trouble(shop: Connected) -> None:
    await shop.signed_in()
    shop.account = msgspec.structs.replace(
        shop.account, credentials={**shop.account.credentials, "pds": "http://127.0.0.1:9"}
    )
    with pytest.raises(NotHere) as refused:
        await shop.connector.poll(shop.http, shop.account, {})
    assert refused.value.error is ErrorClass.TRANSIENT


@pytest.mark.parametrize(
    ("service", "told", "kept"),
    [
        ("https://bsky.social", "https://home.example/", "https://home.example"),
        ("https://bsky.social", "http://home.example", ""),  # tokens do not go from https down to http
        ("http://127.0.0.1:2583", "http://127.0.0.1:2583", "http://127.0.0.1:2583"),
        ("https://bsky.social", "file:///etc/passwd", ""),
        ("https://bsky.social", None, ""),
    ],
)
def test_the_account_lives_where_its_document_says(shop: Connected, service: str, told: str, kept: str) -> None:
    account = msgspec.structs.replace(shop.account, settings={"service": service}, credentials={"app_password": "x"})
    entries = [
        {"id": "#other", "serviceEndpoint": "https://other.example"},
        {"id": "#atproto_pds", "serviceEndpoint": told},
    ]
    session = {"accessJwt": "a", "refreshJwt": "r", "didDoc": {"service": entries}}
    credentials = accounts.kept(account, session)
    assert credentials == {"app_password": "x", "access_jwt": "a", "refresh_jwt": "r", "pds": kept}
    assert xrpc.Api(shop.http, msgspec.structs.replace(account, credentials=credentials)).base == (kept or service)


def test_the_same_person_is_the_same_account() -> None:
    network = BlueskySimulator()
    assert network.network.join(EVE) == network.network.join(Person("7003", "Ève"))
    assert network.network.people[network.network.join(EVE)].handle == "eve-noel-dunkel.bsky.social"


async def test_the_http_client_is_the_one_handed_in(shop: Connected) -> None:
    seen: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        raise httpx.ConnectError("guarded")

    async with httpx.AsyncClient(transport=httpx.MockTransport(refuse)) as guarded:
        with pytest.raises(NotHere):
            await shop.connector.check(guarded, shop.account)
    assert seen == [shop.account.settings["service"] + "/xrpc/com.atproto.server.createSession"]
