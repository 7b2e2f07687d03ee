"""What is promised: said in Settings, seen in the list as a time that runs down, and told when it is over."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from playwright.async_api import FilePayload, expect

from inbox.desk import alarms, calendars, knowing, policies
from inbox.desk.calendars import OpeningOut
from inbox.desk.policies import WantedPolicy
from inbox.ground import clock
from tests.desk.story import minutes_ago
from tests.desk.test_merges import contact
from tests.desk.test_public_holidays import events
from tests.web.office import Office, Seat
from tests.web.test_looks import found_by_axe

NO_CALENDAR = "None: by the clock, or the channel’s own"
ASKED, LATER = "Where is my order?", "Mine is broken"


async def test_an_admin_says_what_is_promised_and_everybody_sees_the_time_run_down(office: Office) -> None:
    admin = await office.sits_down(office.desk.world.admin, "/settings/sla")
    await expect(admin.page.get_by_text("Nothing is promised yet.")).to_be_visible()
    assert await found_by_axe(admin) == []
    await makes_hours(admin)
    await admin.page.get_by_role("button", name="New policy").click()
    await expect(admin.page.get_by_label("Name", exact=True)).to_be_focused()
    await admin.page.keyboard.type("Everybody")
    first = admin.page.get_by_label("First answer within")
    await first.fill("1 day")
    await expect(admin.page.get_by_text("A day may mean the clock or working time.")).to_be_visible()
    await first.fill("8 business hours")
    await expect(admin.page.get_by_text("8 hours of your opening hours")).to_be_visible()
    await admin.page.get_by_role("button", name="Done").click()
    await expect(admin.page.get_by_role("alert")).to_have_text(
        re.compile("It counts business hours: say whose, or name")
    )
    await admin.page.get_by_label("Business hours of").select_option("Office")
    assert await found_by_axe(admin) == []
    await admin.page.get_by_role("button", name="Done").click()
    await expect(admin.page.get_by_text("first answer in 8 business hours · Office")).to_be_visible()
    await admin.page.get_by_role("button", name="Edit Everybody").click()
    await admin.page.get_by_label("First answer within").fill("2 hours")
    await admin.page.get_by_label("Business hours of").select_option(NO_CALENDAR)  # at any time of any day
    await admin.page.get_by_role("button", name="Done").click()
    waiting = await office.desk.hears("7001", ASKED, ago=100)
    await admin.page.get_by_label("Also for those who wait now").check()
    assert await found_by_axe(admin) == []
    await admin.page.get_by_role("button", name="Save", exact=True).click()
    await expect(admin.page.get_by_text("Edition 1, for whoever asks since")).to_be_visible()

    ana = await office.sits_down(office.ana, "/inbox/open")
    await expect(ana.row(ASKED)).to_contain_text("waits")
    # Ten seconds later, as the worker does.
    async with office.desk.database.tenant(office.desk.workspace_id) as connection:
        await connection.execute("UPDATE sla_refold SET due_at = now()")
    while await alarms.refold(office.desk.database, office.desk.workspace_id):
        office.tells()
    await expect(ana.row(ASKED)).to_contain_text(re.compile(r"in 1\d min"))
    await rings(office, minutes=0)
    await ana.goes("/inbox/risk")
    await expect(ana.row(ASKED)).to_be_visible()
    views = ana.page.get_by_role("navigation", name="Views")
    await expect(views.get_by_role("link", name="At risk")).to_contain_text("1")
    assert (await office.desk.conversation(waiting)).due_at == minutes_ago(-20)
    await ana.opens(ASKED)
    await expect(ana.page.get_by_text("An answer is due by")).to_be_visible()
    assert await found_by_axe(ana) == []


async def rings(office: Office, *, minutes: float) -> None:
    """As the worker does, so many minutes from now."""
    now = clock.now() + timedelta(minutes=minutes)
    while await alarms.ring(office.desk.database, office.desk.workspace_id, now):
        office.tells()
    office.tells()


async def makes_hours(seat: Seat) -> None:
    await seat.page.get_by_role("button", name="New opening hours").click()
    await expect(seat.page.get_by_label("Name", exact=True)).to_be_focused()
    await seat.page.keyboard.type("Office")
    await seat.page.get_by_label("Time zone").select_option("Europe/Madrid")
    await seat.page.get_by_role("button", name="Saturday: add a time").click()
    await seat.page.get_by_label("Saturday: closes").fill("14:00")
    await seat.page.get_by_label("Day", exact=True).fill("2026-12-25")
    await seat.page.get_by_role("button", name="Add this day").click()
    assert await found_by_axe(seat) == []
    await seat.page.get_by_role("button", name="Save", exact=True).click()
    await expect(seat.page.get_by_text("Mon to Fri 09:00–17:00, Sat 09:00–14:00")).to_be_visible()
    await expect(seat.page.get_by_role("button", name="New opening hours")).to_be_focused()


async def test_an_admin_closes_on_the_public_holidays_of_a_place_but_for_one(office: Office) -> None:
    admin = await office.sits_down(office.ada, "/settings/sla")
    year = datetime.now(UTC).year
    await admin.page.get_by_role("button", name="New opening hours").click()
    await admin.page.get_by_label("Name", exact=True).fill("Bavaria")
    await admin.page.get_by_label("Public holidays of").select_option("DE")
    await admin.page.get_by_label("Part of the country").select_option("BY")
    await admin.page.get_by_role("button", name=f"Add {year}, {year + 1}").click()
    await expect(admin.page.get_by_text("days added.")).to_be_visible()
    await expect(admin.page.get_by_text("Epiphany")).to_have_count(2)
    told = events("SUMMARY:Outing\r\nDTSTART;VALUE=DATE:20260612", "DTSTART:20260612T100000Z")
    file = FilePayload(name="closed.ics", mimeType="text/calendar", buffer=told.replace("2026", str(year)).encode())
    await admin.page.get_by_label("Days of an iCal file").set_input_files(file)
    await expect(admin.page.get_by_text("1 event was passed over")).to_be_visible()
    await expect(admin.page.get_by_text("Outing")).to_be_visible()
    assert await found_by_axe(admin) == []
    await admin.page.get_by_role("button", name=re.compile("Delete .*6 Jan")).first.click()
    await admin.page.get_by_role("button", name="Save", exact=True).click()
    await expect(admin.page.get_by_role("button", name="New opening hours")).to_be_visible()
    (row,) = await office.desk.rows("SELECT versions::text AS versions FROM calendar WHERE workspace_id = $1")
    assert f"{year}-01-06" not in row["versions"]
    assert f"{year}-10-03" in row["versions"]


async def test_an_admin_gives_a_channel_opening_hours_and_a_policy_keeps_them_there(office: Office) -> None:
    week = [[OpeningOut("09:00", "17:00")]] * 7
    for name in ("Office", "Night"):
        wanted = calendars.Wanted(name=name, zone="UTC", week=week)
        await office.desk.does(calendars.make, wanted, by=office.ada)
    admin = await office.sits_down(office.ada, "/settings/sla")
    hours = admin.page.get_by_role("combobox", name="Opening hours of Acme Shop")
    await expect(hours).to_have_value("")
    await hours.select_option("Office")
    await expect(admin.page.get_by_role("button", name="Delete Office")).to_have_count(0)
    assert await found_by_axe(admin) == []
    await admin.page.get_by_role("button", name="New policy").click()
    await admin.page.get_by_label("Name", exact=True).fill("Everybody")
    await admin.page.get_by_label("First answer within").fill("8 business hours")
    await admin.page.get_by_role("button", name=re.compile("Acme Shop")).click()
    await admin.page.get_by_role("button", name="Done").click()
    await admin.page.get_by_role("button", name="Save", exact=True).click()
    await expect(admin.page.get_by_text("Edition 1, for whoever asks since")).to_be_visible()
    await hours.select_option("None of its own")
    await expect(admin.page.get_by_text("The policy “Everybody” counts in the hours of Acme Shop")).to_be_visible()
    await expect(hours.locator("option:checked")).to_have_text("Office")
    await hours.select_option("Night")
    await expect(admin.page.get_by_role("button", name="Delete Office")).to_be_visible()
    sam = await office.sits_down(office.sam, "/settings/sla")
    await expect(sam.page.get_by_role("region", name="Opening hours of channels")).to_contain_text("Night")


async def test_an_admin_sees_whom_other_policies_would_make_late_before_they_are_kept(office: Office) -> None:
    promised = policies.Wanted(policies=[WantedPolicy(name="Everybody", first="8 hours")], version=0)
    since = datetime.now(UTC) - timedelta(days=30)
    await office.desk.does(policies.put, promised, by=office.desk.world.admin, since=since)
    await office.desk.hears("7001", ASKED, ago=200)
    await office.desk.hears("7002", LATER, ago=10)
    await office.desk.is_called("7001", "<b>Rosa</b>")
    admin = await office.sits_down(office.desk.world.admin, "/settings/sla")
    await admin.page.get_by_role("button", name="Edit Everybody").click()
    await admin.page.get_by_label("First answer within").fill("2 hours")
    await admin.page.get_by_role("button", name="Done").click()
    await admin.page.get_by_label("Also for those who wait now").check()
    touched = admin.page.get_by_role("region", name="Whom this touches")
    await expect(touched).to_contain_text("2 people who wait would be promised something else. 2 wait in all.")
    await expect(touched).to_contain_text("1 late at once")
    await expect(touched).to_contain_text("2 due earlier")
    await expect(touched.get_by_role("link")).to_have_count(2)
    await expect(touched.get_by_role("link").first).to_contain_text("<b>Rosa</b>")
    await expect(touched.get_by_role("link").first).to_contain_text("1 h 20 late")
    assert await found_by_axe(admin) == []
    await admin.page.get_by_role("button", name="Edit Everybody").click()
    await admin.page.get_by_label("First answer within").fill("8 hours")
    await admin.page.get_by_role("button", name="Done").click()
    await expect(touched).to_contain_text("Nobody who waits is touched.")
    await admin.page.route("**/sla/trial", lambda route: route.abort())
    await admin.page.get_by_role("button", name="Delete Everybody").click()
    await expect(touched.get_by_role("alert")).to_contain_text("It could not be counted.")
    await admin.page.unroute("**/sla/trial")
    await touched.get_by_role("button", name="Try again").click()
    await expect(touched).to_contain_text("2 promised nothing any more")
    await touched.get_by_text("Who they are").click()
    await touched.get_by_role("link").last.click()
    await expect(admin.bubble(LATER)).to_be_visible()


async def test_a_policy_is_for_people_tagged_so_who_write_in_a_language(office: Office) -> None:
    asked = "¿Dónde está mi pedido?"
    thread = await office.desk.hears("7001", asked, ago=100, language="es-MX")
    await office.desk.does(knowing.put_on, await contact(office.desk, "7001"), "vip", by=office.ana)
    admin = await office.sits_down(office.desk.world.admin, "/settings/sla")
    await admin.page.get_by_role("button", name="New policy").click()
    await admin.page.get_by_label("Name", exact=True).fill("Friends abroad")
    await admin.page.get_by_label("First answer within").fill("2 hours")
    languages = admin.page.get_by_role("group", name="Languages")
    await expect(languages.get_by_role("button")).to_have_text(["Spanish"])
    await languages.get_by_role("button", name="Spanish").click()
    await admin.page.get_by_label("Another language").select_option(label="Portuguese")
    await expect(languages.get_by_role("button", name="Portuguese")).to_have_attribute("aria-pressed", "true")
    await admin.page.get_by_label("Tags of the person").fill("VIP")
    await admin.page.get_by_label("Tags of the person").press("Enter")
    assert await found_by_axe(admin) == []
    await admin.page.get_by_role("button", name="Done").click()
    await expect(admin.page.get_by_text("in Spanish or in Portuguese and people tagged VIP")).to_be_visible()
    await admin.page.get_by_label("Also for those who wait now").check()
    touched = admin.page.get_by_role("region", name="Whom this touches")
    await expect(touched).to_contain_text("1 promised something for the first time")
    await admin.page.get_by_role("button", name="Save", exact=True).click()
    await expect(admin.page.get_by_text("Edition 1, for whoever asks since")).to_be_visible()
    async with office.desk.database.tenant(office.desk.workspace_id) as connection:
        await connection.execute("UPDATE sla_refold SET due_at = now()")
    while await alarms.refold(office.desk.database, office.desk.workspace_id):
        office.tells()
    assert (await office.desk.conversation(thread)).due_at == minutes_ago(-20)
    ana = await office.sits_down(office.ana, "/inbox/open")
    await ana.opens(asked)
    await ana.page.get_by_role("button", name="How it is counted").click()
    await expect(ana.page.get_by_text("“Friends abroad” is for who writes in Spanish.")).to_be_visible()
    await expect(ana.page.get_by_text("“Friends abroad” is for people tagged vip.")).to_be_visible()
