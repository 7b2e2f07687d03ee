"""Hearing: by asking, by webhook, and never by both."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest
import time_machine

from inbox.platforms.base import Account, Act, Action, App, Attachment, ErrorClass, Kind, NotHere
from inbox.platforms.telegram.connector import SECRET, Telegram
from inbox.platforms.telegram.simulator import Telegram as Network
from tests.platforms.house import Listener
from tests.platforms.telegram.conftest import ANA, LI, Desk

NOW = datetime(2026, 11, 23, tzinfo=UTC)


async def test_everything_people_do_arrives_in_our_words(network: Network, desk: Desk) -> None:
    message = await network.dm(ANA, text="Hello", image="yes")
    mention = await network.mention(LI, text="Do you ship?")
    await network.say(LI, "Talking among ourselves")
    answered = await desk.does(Action.REPLY, target=mention, thread=mention, text="Yes!")
    below = await network.say(LI, "Great, thanks", answers=answered.external_id)
    await network.edit(message, "Hello!")
    heard = await desk.polled()
    assert [(event.act, event.kind, event.external_id) for event in heard] == [
        (Act.WROTE, Kind.DM, message),
        (Act.WROTE, Kind.MENTION, mention),
        (Act.WROTE, Kind.MENTION, below),
        (Act.EDITED, Kind.DM, message),
    ]
    assert heard[2].parent == answered.external_id
    assert heard[3].text == "Hello!"
    assert {event.account for event in heard} == {network.account}


async def test_a_thread_in_the_group_goes_on_below_what_was_said(network: Network, desk: Desk) -> None:
    mention = await network.mention(LI, text="Do you ship?")
    answered = await desk.does(Action.REPLY, target=mention, thread=mention, text="Yes!")
    more = await network.comment(LI, post=mention, text="And to Porto?")
    thanks = await network.comment(LI, post=mention, parent=answered.external_id, text="Thanks")
    heard = await desk.polled()
    assert [(event.external_id, event.parent) for event in heard[1:]] == [
        (more, mention),
        (thanks, answered.external_id),
    ]
    assert {event.thread for event in heard[1:]} == {""}, "found through what they answer"


async def test_a_bot_that_is_renamed_is_called_by_its_new_name(network: Network, desk: Desk) -> None:
    await desk.polled()
    network.handle = network.memory.bot["username"] = "fresh_name_bot"
    await network.mention(LI, text="Do you ship?")
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=7)):
        assert len(await desk.polled()) == 1


async def test_an_album_in_the_group_comes_whole(network: Network, desk: Desk) -> None:
    await network.say(LI, "", album="7")
    await network.say(LI, f"@{network.handle} which one?", album="7")
    await network.say(LI, "", album="8")
    first, second = await desk.polled()
    assert first.thread == second.thread


async def test_what_was_stored_is_asked_for_no_more(network: Network, desk: Desk) -> None:
    await network.dm(ANA, text="one")
    assert len(await desk.polled()) == 1
    assert await desk.polled() == []
    await network.dm(ANA, text="two")
    assert [event.text for event in await desk.polled()] == ["two"]
    assert len(network.memory.updates) == 1, "the last is kept until the next question says it is safe"


async def test_a_page_that_was_not_stored_comes_again(network: Network, desk: Desk) -> None:
    await network.dm(ANA, text="one")
    first = await desk.connector.poll(desk.http, desk.account, desk.cursor)
    again = await desk.connector.poll(desk.http, desk.account, desk.cursor)
    keys = [
        [
            (event.external_id, event.revision)
            for payload in page.payloads
            for event in desk.connector.normalise(payload)
        ]
        for page in (first, again)
    ]
    assert keys[0] == keys[1] != []


async def test_many_are_read_page_by_page(network: Network, desk: Desk) -> None:
    for number in range(250):
        await network.dm(ANA, text=f"No. {number}")
    heard = await desk.polled()
    assert [event.text for event in heard] == [f"No. {number}" for number in range(250)]


async def test_where_numbers_begin_anew_within_a_page_the_last_one_counts(telegram: Telegram) -> None:
    """By the highest, everything after it would be asked for in vain until the numbers have grown so far again."""

    def answer(request: httpx.Request) -> httpx.Response:
        bot, updates = {"id": 1040, "username": "nordwind_bot"}, [{"update_id": 9000}, {"update_id": 12}]
        return httpx.Response(200, json={"ok": True, "result": bot if "getMe" in request.url.path else updates})

    account = Account(platform="telegram", external_id="1040", credentials={"bot_token": "1040:AAHdqTcvCH1vGWJ"})
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        polled = await telegram.poll(http, account, {})
    assert polled.cursor["offset"] == 13


async def test_numbers_that_begin_anew_after_a_quiet_week_are_heard(network: Network, desk: Desk) -> None:
    await network.dm(ANA, text="one")
    await desk.polled()
    network.memory.updates.clear()
    network.memory.update_numbers = iter(range(5, 1000))  # type: ignore[assignment]
    with time_machine.travel(datetime.now(UTC) + timedelta(days=8)):
        await network.dm(ANA, text="two")
        assert [event.text for event in await desk.polled()] == ["two"]
        await network.dm(ANA, text="three")
        assert [event.text for event in await desk.polled()] == ["three"]


async def test_a_question_waits_until_something_happens(network: Network, desk: Desk) -> None:
    desk.account.settings["poll_timeout"] = 30
    asked = asyncio.create_task(desk.connector.poll(desk.http, desk.account, {}))
    await network.postman.waited_for.wait()
    assert not asked.done()
    await network.dm(ANA, text="hello")
    assert len((await asked).payloads) == 1


async def test_while_a_webhook_is_to_hear_nothing_is_asked(network: Network, desk: Desk) -> None:
    desk.account.settings["webhook"] = True
    polled = await desk.connector.poll(desk.http, desk.account, {"offset": 4})
    assert (polled.payloads, polled.cursor, network.app.calls) == ([], {"offset": 4}, [])


async def test_a_webhook_somebody_else_set_is_said_in_a_sentence(network: Network, desk: Desk) -> None:
    network.postman.url = "https://other.example/hook"
    with pytest.raises(NotHere) as refused:
        await desk.polled()
    assert refused.value.error is ErrorClass.INVALID
    assert "webhook" in refused.value.message
    assert (await desk.connector.check(desk.http, desk.account)).missing == [
        "A webhook takes this bot's messages, so Earshot cannot ask for them: take it away first."
    ]


async def test_another_reader_is_said_in_a_sentence(account: Account, telegram: Telegram) -> None:
    said = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(409, json={"ok": False, "error_code": 409, "description": said})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        with pytest.raises(NotHere, match="Another program"):
            await telegram.poll(http, account, {})


async def test_a_webhook_is_set_with_our_secret_and_heard(
    network: Network, desk: Desk, listener: tuple[Listener, str]
) -> None:
    hears, url = listener
    desk.account.settings["webhook"] = True
    callback = url.replace("http://", "https://")
    assert await desk.connector.listen(desk.http, desk.account, hears.app, callback) == []
    assert (network.postman.url, network.postman.secret) == (callback, "a-secret_Token")
    network.postman.url = url  # loopback has no certificate
    network.mischief.duplicate = 2
    hears.failing = 2
    message = await network.dm(ANA, text="Hello")
    await network.flush()
    assert [event.external_id for event in hears.events] == [message, message]
    assert hears.refused == 0


async def test_a_webhook_that_stands_is_left_alone_and_its_troubles_are_told(network: Network, desk: Desk) -> None:
    app = App(id="demo", platform="telegram", secrets=[], verify_token="token")
    desk.account.settings["webhook"] = True
    for _ in range(2):
        assert await desk.connector.listen(desk.http, desk.account, app, "https://inbox.example/w") == []
    assert [method for method, _ in network.app.calls] == ["getWebhookInfo", "setWebhook", "getWebhookInfo"]
    network.postman.error, network.postman.error_at = "Wrong response from the webhook: 403", int(NOW.timestamp())
    with time_machine.travel(NOW):
        [told] = await desk.connector.listen(desk.http, desk.account, app, "https://inbox.example/w")
    assert "403" in told
    assert network.app.calls[-1][0] == "setWebhook", "an old secret is one reason, and a new one mends it"


async def test_a_channel_that_asks_takes_its_own_webhook_away_and_no_other(network: Network, desk: Desk) -> None:
    app = App(id="demo", platform="telegram", secrets=[], verify_token="token")
    network.postman.url = "https://other.example/hook"
    [told] = await desk.connector.listen(desk.http, desk.account, app, "https://inbox.example/w")
    assert "other.example" in told
    network.postman.url = "https://inbox.example/w"
    assert await desk.connector.listen(desk.http, desk.account, app, "https://inbox.example/w") == []
    assert network.postman.url == ""


async def test_without_a_public_address_a_webhook_is_not_tried(network: Network, desk: Desk) -> None:
    desk.account.settings["webhook"] = True
    app = App(id="demo", platform="telegram", secrets=[], verify_token="token")
    [told] = await desk.connector.listen(desk.http, desk.account, app, "http://localhost:8000/w")
    assert "https" in told
    assert [method for method, _ in network.app.calls] == ["getWebhookInfo"]


@pytest.mark.parametrize("signature", [None, "", "wrong", "a-secret_Tokem", "é"])
async def test_forgeries_are_refused(
    network: Network, listener: tuple[Listener, str], telegram: Telegram, signature: str | None
) -> None:
    hears, url = listener
    network.bind(url=network.url, webhook_url=url)
    if signature == "é":
        assert not telegram.verify(hears.app, {SECRET: "é\udc80"}, b"{}", NOW)
        return
    assert await network.forge(signature=signature) == 403
    assert (hears.deliveries, hears.refused) == ([], 1)


def test_a_secret_we_do_not_have_fits_nothing(telegram: Telegram) -> None:
    app = App(id="demo", platform="telegram", secrets=["x"], verify_token="")
    assert not telegram.verify(app, {SECRET: ""}, b"{}", NOW)


async def test_a_file_is_found_when_it_is_wanted(network: Network, desk: Desk) -> None:
    await network.dm(ANA, text="look", image="yes")
    [event] = await desk.polled()
    found = await desk.connector.locate(desk.http, desk.account, event.attachments[0])
    assert found is not None
    assert (await desk.http.get(found.url)).content == b"a picture"
    assert await desk.connector.locate(desk.http, desk.account, Attachment("image", external_id="gone")) is None
    assert await desk.connector.locate(desk.http, desk.account, Attachment("location", "geo:1,2")) is None


async def test_a_business_account_tells_of_answers_elsewhere_and_of_deletions(network: Network, desk: Desk) -> None:
    network.through_business = True
    message = await network.dm(ANA, text="Hello")
    await network.elsewhere(target=message, text="Hi, from my phone")
    await network.elsewhere(target=message, text="Beep", app_id="99")
    await network.delete(message)
    heard = await desk.polled()
    assert [(event.act, event.ours, event.app_id) for event in heard] == [
        (Act.WROTE, False, ""),
        (Act.WROTE, True, ""),
        (Act.WROTE, True, "99"),
        (Act.DELETED, False, ""),
    ]
    assert heard[0].reply_window_until == heard[0].at + timedelta(hours=24)


async def test_who_somebody_is_and_who_nobody_is(network: Network, desk: Desk) -> None:
    await network.dm(ANA, text="Hello")
    found = await desk.connector.person(desk.http, desk.account, ANA.external_id)
    assert found is not None
    assert (found.name, found.handle) == ("Ana Ruiz", "anaruiz")
    assert await desk.connector.person(desk.http, desk.account, "999") is None
    assert await desk.connector.person(desk.http, desk.account, "../x") is None


async def test_the_check_says_who_the_bot_is_and_what_it_may(network: Network, desk: Desk) -> None:
    told = await desk.connector.check(desk.http, desk.account)
    assert (told.external_id, told.handle, told.missing) == ("1040", "nordwind_bot", [])
    assert "business accounts" in told.granted


async def test_a_bot_that_may_not_do_everything_lacks_nothing(network: Network, desk: Desk) -> None:
    """Groups and business accounts are there for those who want them; a fresh bot has not all of it."""
    network.may["can_connect_to_business"] = network.may["can_join_groups"] = False
    told = await desk.connector.check(desk.http, desk.account)
    assert (told.granted, told.missing) == (["private messages"], [])


async def test_a_colleague_in_the_group_is_nobody_we_hear(network: Network, desk: Desk) -> None:
    mention = await network.mention(LI, text="Do you ship?")
    await network.elsewhere(target=mention, text="We do")
    assert [event.external_id for event in await desk.polled()] == [mention]


@pytest.mark.parametrize("token", ["", "not a token", "1040:AA/../x", "1040:AAwrongwrongwrongwrong"])
async def test_a_token_that_is_none_is_refused(desk: Desk, token: str) -> None:
    account = msgspec.structs.replace(desk.account, credentials={"bot_token": token})
    with pytest.raises(NotHere) as refused:
        await desk.connector.check(desk.http, account)
    assert refused.value.error is ErrorClass.AUTH_EXPIRED
    assert not token or token not in refused.value.message


async def test_a_token_of_another_bot_is_refused(desk: Desk) -> None:
    account = msgspec.structs.replace(desk.account, external_id="2")
    with pytest.raises(NotHere, match="another bot"):
        await desk.connector.check(desk.http, account)


async def test_a_network_started_again_goes_on(network: Network, desk: Desk) -> None:
    message = await network.dm(ANA, text="Hello")
    again = Network(account="1040", secrets=["secret"], handle="nordwind")
    again.recall(network.keep())
    assert again.token == network.token
    assert again.memory.items[message].text == "Hello"
    assert len(again.memory.updates) == 1
    fresh = await again.dm(ANA, text="More")
    assert fresh not in network.memory.items
