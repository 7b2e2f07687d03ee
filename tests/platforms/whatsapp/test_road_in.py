"""Hearing: by webhook, from a network that signs what it says."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from inbox.platforms.base import Act, App, Attachment, ErrorClass, Kind, NotHere, Sent, Template
from inbox.platforms.meta.signature import sign
from inbox.platforms.whatsapp.connector import WhatsApp
from inbox.platforms.whatsapp.simulator import WhatsApp as Network
from tests.platforms.house import Listener
from tests.platforms.whatsapp.conftest import ANA, LI, Desk

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "digest"),
    [
        (
            b'{"object":"page","entry":[{"id":"42","time":1790000000,"changes":[]}]}',
            "aa1ef6a886f6f0b3fedba1089ba2642fd35f449a09b63957d06ce4ece3931f88",
        ),
        (rb'{"text":"caf\u00e9 \ud83d\ude00"}', "b656fe7b4a797936552e219571ceff3d2d69342425080187f5c04eb68dc5cd7a"),
    ],
)
def test_the_signature_is_metas(whatsapp: WhatsApp, body: bytes, digest: str) -> None:
    app = App(id="demo", platform="whatsapp", secrets=["new", "app-secret"])
    assert whatsapp.verify(app, {"x-hub-signature-256": f"sha256={digest}"}, body, NOW)
    assert not whatsapp.verify(app, {"x-hub-signature-256": f"sha256={digest}"}, body + b" ", NOW)
    assert not whatsapp.verify(app, {"x-hub-signature": f"sha1={digest}"}, body, NOW)


@pytest.mark.parametrize("signature", [None, "sha256=00"])
async def test_forgeries_are_refused(network: Network, listener: Listener, signature: str | None) -> None:
    assert await network.forge(signature=signature) == 403
    assert (listener.deliveries, listener.refused) == ([], 1)


async def test_everything_people_do_arrives_in_our_words(network: Network, listener: Listener) -> None:
    message = await network.dm(ANA, text="Hello")
    picture = await network.dm(LI, text="broken", image="yes")
    answer = await network.write(
        ANA, "interactive", {"type": "button_reply", "button_reply": {"id": "y", "title": "Yes"}}
    )
    place = await network.write(LI, "location", {"latitude": 1.5, "longitude": 2.5}, context=picture)
    await network.edit(message, "Hello!")
    await network.react(ANA, target=message, emoji="😀")
    await network.elsewhere(target=message, text="From my phone")
    await network.delete(message)
    await network.flush()
    assert [(event.act, event.ours, event.external_id) for event in listener.events if event.external_id] == [
        (Act.WROTE, False, message),
        (Act.WROTE, False, picture),
        (Act.WROTE, False, answer),
        (Act.WROTE, False, place),
        (Act.EDITED, False, message),
        (Act.WROTE, False, f"reaction:{network.peers[ANA.external_id]}:{message}"),
        (Act.EDITED, False, f"reaction:{network.peers[ANA.external_id]}:{message}"),
        (Act.WROTE, True, listener.events[-2].external_id),
        (Act.DELETED, False, message),
    ]
    assert {event.kind for event in listener.events} == {Kind.DM}
    assert {event.account for event in listener.events} == {network.account}


async def test_statuses_follow_a_message_and_name_it(network: Network, listener: Listener, desk: Desk) -> None:
    await network.dm(ANA, text="Hello")
    sent = await desk.send()
    assert isinstance(sent, Sent)
    await network.dm(ANA, text="Thanks!")
    await network.flush()
    peer = network.peers[ANA.external_id]
    told = [(event.act, event.message_ids) for event in listener.events if event.message_ids]
    assert told == [(Act.DELIVERED, [sent.external_id]), (Act.READ, [sent.external_id])]
    echoes = [event for event in listener.events if event.ours]
    assert {(one.external_id, one.correlation, one.thread) for one in echoes} == {
        (sent.external_id, "0190a000-0000-7000-8000-000000000042", peer)
    }


async def test_somebody_who_hides_the_number_is_heard_and_answered(
    network: Network, listener: Listener, desk: Desk
) -> None:
    network.hidden.add(ANA.external_id)
    await network.dm(ANA, text="Hello")
    sent = await desk.send()
    assert isinstance(sent, Sent)
    await network.flush()
    assert "wa_id" not in str(listener.deliveries)
    assert {event.thread for event in listener.events} == {network.peers[ANA.external_id]}
    assert network.heard[0].recipient == ANA.external_id


async def test_as_before_2026_the_number_is_all_there_is(network: Network, listener: Listener, desk: Desk) -> None:
    network.old_style = True
    await network.dm(ANA, text="Hello")
    sent = await desk.send()
    assert isinstance(sent, Sent)
    await network.flush()
    assert {event.thread for event in listener.events} == {ANA.external_id}


async def test_an_id_that_changes_is_no_message_and_what_comes_after_is_heard(
    network: Network, listener: Listener, desk: Desk
) -> None:
    await network.dm(ANA, text="Hello")
    await network.renumber(ANA, user_id="PT.99")
    await network.dm(ANA, text="Me again")
    await network.flush()
    assert [event.text for event in listener.events] == ["Hello", "Me again"]
    assert listener.events[-1].thread == "PT.99"
    assert isinstance(await desk.send(), Sent)


async def test_duplicates_shuffling_and_refusals_lose_nothing(network: Network, listener: Listener) -> None:
    network.mischief.duplicate, network.mischief.shuffle, network.mischief.batch = 2, True, 7
    listener.failing = 2
    messages = {await network.dm(ANA, text=f"No. {number}") for number in range(20)}
    await network.flush()
    heard = [event.external_id for event in listener.events]
    assert len(heard) == 40
    assert set(heard) == messages


async def test_a_file_is_found_when_it_is_wanted_and_only_with_our_key(
    network: Network, listener: Listener, desk: Desk
) -> None:
    await network.dm(ANA, text="look", image="yes")
    await network.flush()
    [event] = listener.events
    found = await desk.connector.locate(desk.http, desk.account, event.attachments[0])
    assert found is not None
    assert (await desk.http.get(found.url, headers=found.headers)).content == b"a picture"
    assert (await desk.http.get(found.url)).status_code == 401
    for gone in (Attachment("image", external_id="999"), Attachment("location", "geo:1,2"), Attachment("image")):
        assert await desk.connector.locate(desk.http, desk.account, gone) is None


# The account


async def test_the_check_says_which_number_it_is_and_that_all_is_well(network: Network, desk: Desk) -> None:
    fresh = msgspec.structs.replace(desk.account, external_id="")
    told = await desk.connector.check(desk.http, fresh)
    assert (told.external_id, told.name, told.missing) == ("1060", "Nordwind Coffee", [])
    assert told.handle == "+1 555-0001060"
    assert set(network.scopes) <= set(told.granted)


async def test_the_check_says_what_is_missing_in_sentences(network: Network, desk: Desk) -> None:
    network.scopes, network.joined = ["whatsapp_business_messaging"], {"another app"}
    network.quality, network.name_status = "RED", "DECLINED"
    told = await desk.connector.check(desk.http, desk.account)
    assert len(told.missing) == 4
    assert all(sentence.endswith(".") for sentence in told.missing)


@pytest.mark.parametrize("number", ["", "../me", "4711"])
async def test_a_number_that_is_not_ours_is_refused(desk: Desk, number: str) -> None:
    account = msgspec.structs.replace(
        desk.account, external_id="", credentials={**desk.account.credentials, "phone_number_id": number}
    )
    with pytest.raises(NotHere):
        await desk.connector.check(desk.http, account)


async def test_a_revoked_token_is_said(network: Network, desk: Desk) -> None:
    network.mischief.token_revoked = True
    with pytest.raises(NotHere) as refused:
        await desk.connector.check(desk.http, desk.account)
    assert refused.value.error is ErrorClass.AUTH_EXPIRED


async def test_listening_mends_the_callback_and_the_subscription(
    network: Network, listener: Listener, desk: Desk
) -> None:
    callback = network.postman.url
    network.apps.tell("", "", [])
    network.joined.clear()
    assert await desk.connector.listen(desk.http, desk.account, listener.app, callback) == []
    assert network.joined == {network.app_id}
    await network.dm(ANA, text="Hello")
    await network.flush()
    assert len(listener.events) == 1
    before = len(network.app.calls)
    assert await desk.connector.listen(desk.http, desk.account, listener.app, callback) == []
    assert {method for method, _, _ in network.app.calls[before:]} == {"GET"}, "what stands is left alone"


async def test_templates_that_words_can_fill_are_listed_and_no_others(network: Network, desk: Desk) -> None:
    def template(number: str, body: str, **more: object) -> dict[str, object]:
        plain = {"id": number, "name": f"t{number}", "language": "en", "status": "APPROVED", "category": "UTILITY"}
        return {**plain, "components": [{"type": "BODY", "text": body}], **more}

    picture = [{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Look"}]
    link = [
        {"type": "BODY", "text": "Go"},
        {"type": "BUTTONS", "buttons": [{"type": "URL", "url": "https://a.b/{{1}}"}]},
    ]
    network.templates = [
        template("1", "Hi {{1}}, order {{2}} for {{1}}"),
        template("2", "Plain"),
        template("3", "Hi {{name}}"),
        template("4", "Waiting {{1}}", status="PENDING"),
        template("5", "", components=picture),
        template("6", "", components=link),
        template("7", "{{1}} is your code", category="AUTHENTICATION"),
        template("8", "Only the second: {{2}}"),
        *(template(str(number), "More") for number in range(100, 220)),
    ]
    listed = await desk.connector.templates(desk.http, desk.account)
    assert {one.name for one in listed} & {"t3", "t4", "t5", "t6", "t7", "t8"} == set()
    assert len(listed) == 122, "all pages"
    first = next(one for one in listed if one.name == "t1")
    assert first == Template(name="t1", language="en", body="Hi {{1}}, order {{2}} for {{1}}", parameters=["1", "2"])


async def test_a_network_started_again_goes_on(network: Network) -> None:
    message = await network.dm(ANA, text="Hello", at=NOW - timedelta(hours=1))
    again = Network(account="1060", secrets=["app-secret"])
    again.recall(network.keep())
    assert again.token == network.token
    assert again.memory.items[message].text == "Hello"
    assert again.peers[ANA.external_id] == network.peers[ANA.external_id]
    assert sign("app-secret", b"x") == sign(again.secrets[0], b"x")
