"""What leaves, what is refused before it leaves, and what becomes of it when the line breaks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inbox.platforms.base import (
    Act,
    Action,
    Attachment,
    CannotTell,
    ErrorClass,
    NotHere,
    Refused,
    Sent,
    Signal,
    Template,
    Unknown,
)
from inbox.platforms.simulation import Heard
from inbox.platforms.whatsapp.simulator import WhatsApp as Network
from tests.platforms.house import Listener
from tests.platforms.whatsapp.conftest import ANA, LI, Desk, outgoing

NAME = "0190a000-0000-7000-8000-000000000042"
PARCEL = Template(name="parcel_on_its_way", language="en", parameters=["Ana", "55"])


def last(network: Network) -> dict[str, Any]:
    """The newest write, without what proves who asks."""
    params = next(params for method, _, params in reversed(network.app.calls) if method == "POST")
    return {name: value for name, value in params.items() if name != "appsecret_proof"}


async def test_a_message(network: Network, desk: Desk) -> None:
    await network.dm(ANA, text="Hello")
    sent = await desk.send(text="Grüße 😀", target="wamid.1")
    assert isinstance(sent, Sent)
    assert network.memory.items[sent.external_id].text == "Grüße 😀"
    assert last(network) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "recipient": network.peers[ANA.external_id],
        "type": "text",
        "text": {"body": "Grüße 😀", "preview_url": False},
        "biz_opaque_callback_data": f"earshot:{NAME}",
    }
    heard = Heard("dm", sent.external_id, "Grüße 😀", recipient=ANA.external_id, correlation=NAME)
    assert network.heard == [heard]


async def test_a_message_may_quote_what_it_answers(network: Network, desk: Desk) -> None:
    message = await network.dm(ANA, text="Hello")
    desk.account.settings["quote_replies"] = True
    await desk.send(target=message)
    assert last(network)["context"] == {"message_id": message}


async def test_a_number_is_written_to_as_a_number(network: Network, desk: Desk) -> None:
    network.old_style = True
    await network.dm(LI, text="Hello")
    assert isinstance(await desk.send(to=LI), Sent)
    assert last(network)["to"] == LI.external_id


@pytest.mark.parametrize(
    ("kind", "field"), [("image", "image"), ("video", "video"), ("audio", "audio"), ("file", "document")]
)
async def test_a_file_goes_by_its_address(network: Network, desk: Desk, kind: str, field: str) -> None:
    await network.dm(ANA, text="Hello")
    words = "" if kind == "audio" else "Here"
    file = Attachment(kind, "https://files.example/a", "bill.pdf")
    assert isinstance(await desk.send(text=words, attachments=[file]), Sent)
    expected = {"link": "https://files.example/a"} | ({"caption": "Here"} if words else {})
    assert last(network)[field] == expected | ({"filename": "bill.pdf"} if kind == "file" else {})


async def test_after_a_day_only_a_template_is_taken(network: Network, desk: Desk) -> None:
    await network.dm(ANA, text="Hello", at=datetime.now(UTC) - timedelta(hours=25))
    until = datetime.now(UTC) - timedelta(hours=1)
    before = len(network.app.calls)
    refused = await desk.send(window_until=until)
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.WINDOW_CLOSED
    assert "template" in refused.message
    assert len(network.app.calls) == before, "nobody was asked"
    sent = await desk.send(window_until=until, template=PARCEL, text="Hello Ana, your order 55 is on its way.")
    assert isinstance(sent, Sent)
    assert last(network)["template"] == {
        "name": "parcel_on_its_way",
        "language": {"policy": "deterministic", "code": "en"},
        "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "Ana"}, {"type": "text", "text": "55"}]}
        ],
    }
    assert network.heard[0].text == "Hello Ana, your order 55 is on its way."
    told = await desk.send()
    assert isinstance(told, Refused)
    assert told.error is ErrorClass.WINDOW_CLOSED


async def test_what_comes_too_late_may_be_taken_and_fail_after(
    network: Network, listener: Listener, desk: Desk
) -> None:
    network.refuses_after = True
    await network.dm(ANA, text="Hello", at=datetime.now(UTC) - timedelta(hours=25))
    sent = await desk.send()
    assert isinstance(sent, Sent)
    await network.flush()
    failed = listener.events[-1]
    assert (failed.act, failed.external_id) == (Act.FAILED, sent.external_id)
    assert "131047" in failed.reason


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"text": " \n"}, ErrorClass.INVALID),
        ({"text": "x" * 4097}, ErrorClass.TOO_LONG),
        ({"text": "😀" * 2049}, ErrorClass.TOO_LONG),
        ({"text": "x" * 1025, "attachments": [Attachment("image", "https://a.example/b")]}, ErrorClass.TOO_LONG),
        ({"attachments": [Attachment("audio", "https://a.example/b")]}, ErrorClass.INVALID),
        ({"attachments": [Attachment("image", "https://a.example/b")] * 2}, ErrorClass.INVALID),
        ({"attachments": [Attachment("location", "geo:1,2")]}, ErrorClass.INVALID),
        ({"attachments": [Attachment("image")]}, ErrorClass.INVALID),
        ({"recipient": "", "thread": ""}, ErrorClass.INVALID),
        ({"recipient": "me/../x"}, ErrorClass.INVALID),
        ({"template": Template(name="", language="en")}, ErrorClass.INVALID),
        ({"template": Template(name="t", language="en", parameters=["Ana", " "])}, ErrorClass.INVALID),
        ({"template": Template(name="t", language="en", parameters=["two\nlines"])}, ErrorClass.INVALID),
        ({"action": Action.LIKE, "target": ""}, ErrorClass.INVALID),
        ({"action": Action.DELETE, "target": "wamid.1"}, ErrorClass.INVALID),
    ],
)
async def test_what_cannot_be_sent_is_refused_without_a_request(
    network: Network, desk: Desk, more: dict[str, Any], error: ErrorClass
) -> None:
    refused = await desk.send(**more)
    assert isinstance(refused, Refused)
    assert refused.error is error
    assert network.app.calls == []


async def test_a_template_that_is_not_there_or_not_filled(network: Network, desk: Desk) -> None:
    await network.dm(ANA, text="Hello")
    for chosen in (Template(name="gone", language="en"), Template(name="parcel_on_its_way", language="en")):
        refused = await desk.send(template=chosen)
        assert isinstance(refused, Refused)
        assert refused.error is ErrorClass.INVALID


async def test_a_thumb_and_no_thumb(network: Network, desk: Desk) -> None:
    message = await network.dm(ANA, text="Thanks!")
    assert isinstance(await desk.send(Action.LIKE, target=message), Sent)
    assert network.memory.items[message].liked
    assert last(network)["reaction"] == {"message_id": message, "emoji": "👍"}
    assert isinstance(await desk.send(Action.UNLIKE, target=message), Sent)
    assert not network.memory.items[message].liked


async def test_courtesies(network: Network, desk: Desk) -> None:
    message = await network.dm(ANA, text="Hello")
    peer = network.peers[ANA.external_id]
    network.mischief.fail_after_posting = 1
    for kind in (Signal.SEEN, Signal.TYPING):
        await desk.connector.signal(desk.http, desk.account, kind, thread=peer, message=message)
    await desk.connector.signal(desk.http, desk.account, Signal.TYPING, thread=peer)
    assert network.signals == [(message, "seen"), (message, "typing")]
    assert network.mischief.fail_after_posting == 1, "a courtesy is no write"
    with pytest.raises(NotHere):
        await desk.connector.signal(desk.http, desk.account, Signal.SEEN, thread=peer, message="wamid.gone")


async def test_somebody_nobody_knows(network: Network, desk: Desk) -> None:
    refused = await desk.send()
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.RECIPIENT_UNAVAILABLE


@pytest.mark.parametrize("trouble", ["hang_after_posting", "fail_after_posting", "garble"])
async def test_done_and_not_answered_is_unknown_until_its_status_names_it(
    network: Network, listener: Listener, desk: Desk, trouble: str
) -> None:
    message = await network.dm(ANA, text="Hello")
    setattr(network.mischief, trouble, 1)
    assert isinstance(await desk.send(), Unknown)
    look = await desk.connector.look(desk.http, desk.account, outgoing(Action.DM, network.peers[ANA.external_id]))
    assert isinstance(look, CannotTell)
    await network.flush()
    [name] = {event.external_id for event in listener.events if event.correlation == NAME}
    assert name in network.memory.items
    assert name != message


async def test_what_never_left_is_a_definite_no(network: Network, desk: Desk) -> None:
    await network.dm(ANA, text="Hello")
    desk.account.settings["api_url"] = "http://127.0.0.1:9"
    outcome = await desk.send()
    assert isinstance(outcome, Refused)
    assert outcome.error is ErrorClass.TRANSIENT
    assert network.heard == []


async def test_the_status_can_be_quicker_than_the_answer(network: Network, listener: Listener, desk: Desk) -> None:
    network.mischief.echo_first = True
    await network.dm(ANA, text="Hello")
    sent = await desk.send()
    assert isinstance(sent, Sent)
    await network.flush()
    assert {event.external_id for event in listener.events if event.ours} == {sent.external_id}
