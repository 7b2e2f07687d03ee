"""What leaves, and what is refused before it leaves."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inbox.platforms.base import (
    Action,
    Attachment,
    Author,
    ErrorClass,
    Kind,
    NotHere,
    Refused,
    Sent,
    Signal,
)
from inbox.platforms.simulation import Heard
from inbox.platforms.telegram.simulator import Telegram as Network
from tests.platforms.telegram.conftest import ANA, LI, Desk


def last(network: Network, method: str) -> dict[str, Any]:
    return next(params for name, params in reversed(network.app.calls) if name == method)


async def test_a_message(network: Network, desk: Desk) -> None:
    await network.dm(ANA, text="Hello")
    sent = await desk.does(Action.DM, text="Grüße 😀", target="7001:5")
    assert isinstance(sent, Sent)
    assert network.memory.items[sent.external_id].text == "Grüße 😀"
    assert sent.external_id.startswith("7001:")
    assert last(network, "sendMessage") == {"text": "Grüße 😀", "chat_id": 7001}
    assert network.heard == [Heard("dm", sent.external_id, "Grüße 😀", recipient="7001")]


async def test_a_message_may_quote_what_it_answers(network: Network, desk: Desk) -> None:
    message = await network.dm(ANA, text="Hello")
    desk.account.settings["quote_replies"] = True
    await desk.does(Action.DM, target=message)
    quoted = {"message_id": int(message.split(":")[1]), "allow_sending_without_reply": True}
    assert last(network, "sendMessage")["reply_parameters"] == quoted


async def test_an_answer_in_a_group(network: Network, desk: Desk) -> None:
    mention = await network.mention(LI, text="Do you ship?")
    sent = await desk.does(Action.REPLY, target=mention, thread=mention)
    assert isinstance(sent, Sent)
    assert sent.permalink.startswith("https://t.me/c/")
    assert network.memory.items[sent.external_id].answers == mention


async def test_an_answer_to_what_is_gone_is_not_posted_into_the_blue(network: Network, desk: Desk) -> None:
    mention = await network.mention(LI, text="Do you ship?")
    await network.delete(mention)
    refused = await desk.does(Action.REPLY, target=mention, thread=mention)
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.PARENT_GONE
    assert network.heard == []


async def test_an_answer_follows_a_group_to_its_new_number(network: Network, desk: Desk) -> None:
    network.moved["-4455"] = str(network.memory.group["id"])
    sent = await desk.does(Action.REPLY, target="-4455:3", thread="-4455:3")
    assert isinstance(sent, Sent)
    assert sent.external_id.startswith(f"{network.memory.group['id']}:")
    assert len(network.heard) == 1


async def test_what_stands_in_a_group_that_has_moved_is_not_taken_for_gone(network: Network, desk: Desk) -> None:
    network.moved["-4455"] = str(network.memory.group["id"])
    for action in (Action.DELETE, Action.LIKE):
        refused = await desk.does(action, target="-4455:3", thread="-4455:3")
        assert type(refused) is Refused
        assert refused.error is ErrorClass.INVALID


async def test_for_a_business_account_it_answers_in_its_name_and_hears_itself(network: Network, desk: Desk) -> None:
    network.through_business = True
    message = await network.dm(ANA, text="Hello")
    thread = message.rpartition(":")[0]
    sent = await desk.does(Action.DM, thread=thread, recipient=ANA.external_id)
    assert isinstance(sent, Sent)
    assert last(network, "sendMessage")["business_connection_id"] == network.memory.connection
    echo = (await desk.polled())[-1]
    assert (echo.external_id, echo.ours, echo.app_id) == (sent.external_id, True, network.account)
    taken = await desk.does(Action.DELETE, kind=Kind.DM, target=sent.external_id)
    assert isinstance(taken, Sent)
    assert last(network, "deleteBusinessMessages")["message_ids"] == [int(sent.external_id.rpartition(":")[2])]


async def test_a_business_window_that_is_over_is_not_knocked_at(network: Network, desk: Desk) -> None:
    until = datetime.now(UTC) - timedelta(minutes=1)
    refused = await desk.does(Action.DM, thread="b:bc1:7001", recipient="7001", window_until=until)
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.WINDOW_CLOSED
    assert network.app.calls == []
    network.through_business = True
    message = await network.dm(ANA, text="Hello", at=datetime.now(UTC) - timedelta(days=2))
    told = await desk.does(Action.DM, thread=message.rpartition(":")[0])
    assert isinstance(told, Refused)
    assert told.error is ErrorClass.WINDOW_CLOSED


@pytest.mark.parametrize(
    ("kind", "method", "field"),
    [
        ("image", "sendPhoto", "photo"),
        ("video", "sendVideo", "video"),
        ("audio", "sendAudio", "audio"),
        ("file", "sendDocument", "document"),
    ],
)
async def test_a_file_goes_by_its_address(network: Network, desk: Desk, kind: str, method: str, field: str) -> None:
    await network.dm(ANA, text="Hello")
    sent = await desk.does(Action.DM, text="Here", attachments=[Attachment(kind, "https://files.example/a")])
    assert isinstance(sent, Sent)
    assert last(network, method) == {field: "https://files.example/a", "caption": "Here", "chat_id": 7001}


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"text": " \n"}, ErrorClass.INVALID),
        ({"text": "x" * 4097}, ErrorClass.TOO_LONG),
        ({"text": "😀" * 2049}, ErrorClass.TOO_LONG),
        ({"text": "x" * 1025, "attachments": [Attachment("image", "https://a.example/b")]}, ErrorClass.TOO_LONG),
        ({"attachments": [Attachment("image", "https://a.example/b")] * 2}, ErrorClass.INVALID),
        ({"attachments": [Attachment("location", "geo:1,2")]}, ErrorClass.INVALID),
        ({"attachments": [Attachment("image")]}, ErrorClass.INVALID),
        ({"thread": "-100555:77", "recipient": ""}, ErrorClass.INVALID),
        ({"thread": "nonsense", "recipient": "x"}, ErrorClass.INVALID),
    ],
)
async def test_what_cannot_be_sent_is_refused_without_a_request(
    network: Network, desk: Desk, more: dict[str, Any], error: ErrorClass
) -> None:
    refused = await desk.does(Action.DM, **more)
    assert isinstance(refused, Refused)
    assert refused.error is error
    assert network.app.calls == []


async def test_a_thumb_and_no_thumb(network: Network, desk: Desk) -> None:
    message = await network.dm(ANA, text="Thanks!")
    assert isinstance(await desk.does(Action.LIKE, kind=Kind.DM, target=message), Sent)
    assert network.memory.items[message].liked
    assert isinstance(await desk.does(Action.UNLIKE, kind=Kind.DM, target=message), Sent)
    assert not network.memory.items[message].liked
    network.reactions.clear()
    refused = await desk.does(Action.LIKE, kind=Kind.DM, target=message)
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.INVALID
    business = await desk.does(Action.LIKE, kind=Kind.DM, target="b:bc1:7001:5")
    assert isinstance(business, Refused)


async def test_our_own_can_be_taken_back_and_nobody_elses(network: Network, desk: Desk) -> None:
    message = await network.dm(ANA, text="Hello")
    sent = await desk.does(Action.DM)
    ours = Author(network.account)
    assert isinstance(await desk.does(Action.DELETE, kind=Kind.DM, target=sent.external_id, target_author=ours), Sent)
    assert sent.external_id not in network.memory.items
    theirs = await desk.does(Action.DELETE, kind=Kind.DM, target=message, target_author=Author("7001"))
    assert isinstance(theirs, Refused)
    assert theirs.error is ErrorClass.PERMISSION_MISSING
    again = await desk.does(Action.DELETE, kind=Kind.DM, target=sent.external_id)
    assert isinstance(again, Refused)
    assert again.error is ErrorClass.PARENT_GONE
    network.memory.items[message].at -= timedelta(days=3)
    late = await desk.does(Action.DELETE, kind=Kind.DM, target=message)
    assert isinstance(late, Refused)
    assert late.error is ErrorClass.INVALID


async def test_courtesies(network: Network, desk: Desk) -> None:
    message = await network.dm(ANA, text="Hello")
    await desk.connector.signal(desk.http, desk.account, Signal.TYPING, thread="7001")
    assert last(network, "sendChatAction") == {"action": "typing", "chat_id": 7001}
    await desk.connector.signal(desk.http, desk.account, Signal.SEEN, thread="7001", message=message)
    assert network.app.calls[-1][0] == "sendChatAction", "a plain bot has no read marks to give"
    network.through_business = True
    message = await network.dm(ANA, text="Hello")
    thread, _, number = message.rpartition(":")
    await desk.connector.signal(desk.http, desk.account, Signal.SEEN, thread=thread, message=message)
    assert last(network, "readBusinessMessage")["message_id"] == int(number)
    network.blocked_by.add("7001")
    with pytest.raises(NotHere):
        await desk.connector.signal(desk.http, desk.account, Signal.TYPING, thread="7001")


async def test_somebody_who_blocked_the_bot(network: Network, desk: Desk) -> None:
    await network.dm(ANA, text="Hello")
    network.blocked_by.add(ANA.external_id)
    refused = await desk.does(Action.DM)
    assert isinstance(refused, Refused)
    assert refused.error is ErrorClass.RECIPIENT_UNAVAILABLE
    assert "blocked by the user" in refused.message
