"""Webhooks as an admin sees them: made, tested, mended, sent again, and told of when they fail."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import pytest
from playwright.async_api import expect

from inbox.flow import readers
from inbox.flow import webhooks as telling
from inbox.flow.announcing import Webhooks
from inbox.flow.notifying import Notifications
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from tests.flow.receiver import Receiver, is_signed, receiving
from tests.web.office import Office
from tests.web.test_looks import found_by_axe


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


async def works(office: Office, outbound: Outbound) -> None:
    """What a worker does: the feed is read, what is due is sent, and people are told."""
    desk = office.desk
    for reader in (Webhooks(), Notifications()):
        while desk.workspace_id in await readers.behind(desk.database, reader):
            await readers.turn(desk.database, reader, desk.workspace_id)
        for workspace_id, webhook_id in await telling.due(desk.database):
            await telling.deliver(desk.database, desk.world.safe, outbound, workspace_id, UUID(str(webhook_id)))
    office.tells()


async def test_an_admin_makes_tests_and_mends_a_webhook(office: Office, receiver: Receiver, settings: Settings) -> None:
    desk = office.desk
    async with desk.database.tenant(desk.workspace_id) as connection:
        await connection.execute("UPDATE workspace SET is_demo = true WHERE id = $1", desk.workspace_id)
    outbound = Outbound(replace(settings, demo_ports={"hook": receiver.port}))
    ada = await office.sits_down(office.ada, "/settings/webhooks")
    page = ada.page
    await expect(page.get_by_text("No address is told yet.")).to_be_visible()
    await page.get_by_role("button", name="New webhook").click()
    await expect(page.get_by_label("Address")).to_be_focused()
    await page.get_by_label("Address").fill("https://10.0.0.1/hook")
    await page.get_by_role("button", name="None").click()
    await page.get_by_label("a customer writes").check()
    await page.get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("alert")).to_contain_text("Only public ones are reached")
    await page.get_by_label("Address").fill(receiver.url)
    assert await found_by_axe(ada) == []
    await page.get_by_role("button", name="Make it").click()
    secret = await page.get_by_label("The signing secret").input_value()
    await expect(page.get_by_role("button", name="New webhook")).to_be_focused()
    await expect(page.get_by_role("listitem").filter(has_text="On · 1 event")).to_be_visible()

    receiver.status, receiver.text = 500, "<img src=x onerror=alert(1)> out of order"
    await page.get_by_role("button", name=f"Log of {receiver.url}").click()
    await expect(page.get_by_role("button", name="All webhooks")).to_be_focused()
    await expect(page.get_by_text("Nothing was sent yet.")).to_be_visible()
    await page.get_by_role("button", name="Send a test").click()
    await expect(page.get_by_text("A test is on its way.").first).to_be_visible()
    await works(office, outbound)
    line = page.get_by_role("main").get_by_role("listitem").first
    await expect(line).to_contain_text("500 · the address refused it")
    await expect(line).to_contain_text("1 try")
    await line.get_by_text("The answer began").click()
    await expect(line.get_by_text("<img src=x onerror=alert(1)> out of order")).to_be_visible()
    await expect(page.get_by_text("Failing since", exact=False)).to_be_visible()
    assert await found_by_axe(ada) == []
    receiver.status, receiver.text = 200, ""
    await line.get_by_role("button", name="Send again: a test").click()
    await expect(page.get_by_text("1 is on its way again.").first).to_be_visible()
    await works(office, outbound)
    await expect(line).to_contain_text("delivered · 200")
    assert is_signed(receiver.heard[-1], secret, now=time.time())

    await page.get_by_role("button", name="Change the secret").click()
    await page.get_by_role("dialog").get_by_role("button", name="Change the secret").click()
    await expect(page.get_by_label("The signing secret")).to_be_visible()
    assert await page.get_by_label("The signing secret").input_value() != secret
    await expect(page.get_by_role("button", name="Change the secret")).to_be_focused()
    await expect(page.get_by_text("signed with the former secret too")).to_be_visible()

    receiver.status = 410
    await desk.hears("7001", "Where is my order?", ago=5)
    await works(office, outbound)
    await works(office, outbound)
    bell = page.get_by_role("banner").get_by_role("button", name="Notifications")
    await expect(bell).to_contain_text("1 unread")
    await bell.click()
    told = page.get_by_role("dialog", name="Notifications")
    async with page.expect_response("**/read"):  # a page that is left takes along what it has not asked for yet
        await told.get_by_role("button", name="A webhook was switched off").click()
    await page.reload()
    await expect(page.get_by_text("the address answered that it is gone (410)")).to_be_visible()
    await page.get_by_role("button", name=f"Log of {receiver.url}").click()
    await page.get_by_label("Only what was not delivered").check()
    await expect(page.get_by_role("main").get_by_role("listitem")).to_have_count(1)
    receiver.status = 200
    await page.get_by_role("button", name="Switch on").click()
    await expect(bell).not_to_contain_text("unread")
    await page.get_by_role("button", name="Send all failed again").click()
    await expect(page.get_by_role("main").get_by_role("listitem")).to_contain_text("Everything was delivered.")
    await works(office, outbound)
    await expect(page.get_by_text("Everything was delivered.")).to_be_visible()
    assert receiver.kinds[-1] == "message.received"
    await page.get_by_role("button", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("No address is told yet.")).to_be_visible()
    await expect(page.get_by_role("button", name="New webhook")).to_be_focused()
    sam = await office.sits_down(office.sam, "/settings/channels")
    await expect(sam.page.get_by_role("link", name="Webhooks")).to_have_count(0)
    await outbound.close()
