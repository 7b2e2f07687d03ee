"""A client that nobody here wrote drives the simulated network: so it speaks the network's own language."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from inbox.platforms.telegram.simulator import Telegram as Network
from tests.platforms.telegram.conftest import ANA, LI, Desk

telegram = pytest.importorskip("telegram", reason="python-telegram-bot is not installed")


@pytest.fixture
async def bot(network: Network) -> AsyncIterator[Any]:
    made = telegram.Bot(network.token, base_url=f"{network.url}/bot", base_file_url=f"{network.url}/file/bot")
    async with made:
        yield made


async def test_it_reads_and_answers(network: Network, bot: Any) -> None:
    assert (bot.id, bot.username) == (1040, "nordwind_bot")
    message = await network.dm(ANA, text="Where is my order?")
    await network.mention(LI, text="😀 open today?")
    private, group = await bot.get_updates(timeout=0, allowed_updates=["message"])
    assert private.message.text == "Where is my order?"
    assert private.message.from_user.full_name == "Ana Ruiz"
    assert group.message.parse_entities(["mention"]) == {group.message.entities[0]: "@nordwind_bot"}
    sent = await bot.send_message(
        7001, "On its way", reply_parameters=telegram.ReplyParameters(private.message.message_id)
    )
    assert sent.reply_to_message.text == "Where is my order?"
    assert network.heard[-1].target == message
    assert await bot.get_updates(offset=group.update_id + 1, timeout=0) == ()
    assert await bot.send_chat_action(7001, "typing")
    assert await bot.set_message_reaction(7001, private.message.message_id, "👍")
    assert network.memory.items[message].liked
    assert await bot.delete_message(7001, sent.message_id)


async def test_it_sends_and_fetches_files(network: Network, bot: Any) -> None:
    await network.dm(ANA, text="look", image="yes")
    [update] = await bot.get_updates(timeout=0)
    file = await bot.get_file(update.message.photo[-1].file_id)
    assert bytes(await file.download_as_bytearray()) == b"a picture"
    sent = await bot.send_photo(7001, b"\x89PNG....", caption="here")
    assert sent.caption == "here"
    document = await bot.send_document(7001, "https://files.example/a.pdf")
    assert document.document.file_id


async def test_it_works_for_a_business_account(network: Network, bot: Any) -> None:
    network.through_business = True
    await network.dm(ANA, text="Hello")
    [update] = await bot.get_updates(timeout=0)
    heard = update.business_message
    connection = await bot.get_business_connection(heard.business_connection_id)
    assert connection.is_enabled
    assert connection.rights.can_reply
    sent = await bot.send_message(7001, "Hi", business_connection_id=connection.id)
    assert await bot.read_business_message(connection.id, 7001, heard.message_id)
    [echo] = await bot.get_updates(offset=update.update_id + 1, timeout=0)
    assert echo.business_message.message_id == sent.message_id
    assert echo.business_message.sender_business_bot.id == bot.id
    assert await bot.delete_business_messages(connection.id, [sent.message_id])


async def test_it_sets_and_takes_away_a_webhook(network: Network, bot: Any) -> None:
    assert await bot.set_webhook("https://inbox.example/w", secret_token="t", allowed_updates=["message"])
    info = await bot.get_webhook_info()
    assert (info.url, info.allowed_updates) == ("https://inbox.example/w", ("message",))
    with pytest.raises(telegram.error.Conflict):
        await bot.get_updates(timeout=0)
    assert await bot.delete_webhook()
    assert (await bot.get_webhook_info()).url == ""


@pytest.mark.filterwarnings("ignore:Deprecated since version")
async def test_it_is_refused_as_the_network_refuses(network: Network, bot: Any) -> None:
    with pytest.raises(telegram.error.BadRequest, match=r"[Cc]hat not found"):
        await bot.send_message(999, "hello")
    await network.dm(ANA, text="Hello")
    network.blocked_by.add("7001")
    with pytest.raises(telegram.error.Forbidden):
        await bot.send_message(7001, "hello")
    network.moved["-4455"] = "-100777"
    with pytest.raises(telegram.error.ChatMigrated) as moved:
        await bot.send_message(-4455, "hello")
    assert moved.value.new_chat_id == -100777
    slow = {"ok": False, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 3}}
    network.mischief.statuses.append((429, {}, slow))
    with pytest.raises(telegram.error.RetryAfter):
        await bot.send_message(7001, "hello")
    network.mischief.token_revoked = True
    with pytest.raises(telegram.error.InvalidToken):
        await bot.get_me()


async def test_what_it_reads_our_connector_reads_alike(network: Network, bot: Any, desk: Desk) -> None:
    await network.dm(ANA, text="Hello 😀")
    [update] = await bot.get_updates(timeout=0)
    [event] = await desk.polled()
    assert event.external_id == f"{update.message.chat.id}:{update.message.message_id}"
    assert (event.text, event.at) == (update.message.text, update.message.date)
