"""What agents know of a person: it stands on the person, and comes apart as it was when they turn out to be two."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

import pytest

from inbox.desk import appearances, contact_notes, fields, knowing, merges
from inbox.desk.cards import ContactOut
from inbox.desk.fields import FieldOut
from inbox.ground.errors import Forbidden, Invalid, NotFound
from inbox.people.access import Agent
from tests.desk.story import Desk
from tests.desk.test_merges import card, meets, numbers


async def noted(desk: Desk, who: UUID) -> list[str]:
    return [one.text for one in await desk.does(contact_notes.page, who, by=desk.ana, after=None, limit=200)]


async def a_field(desk: Desk, title: str = "Size", kind: str = "text", choices: tuple[str, ...] = ()) -> FieldOut:
    return await desk.does(fields.make, title, kind, list(choices), by=desk.world.admin)


async def fills_in(desk: Desk, who: UUID, field: FieldOut, value: Any, by: Agent | None = None) -> ContactOut:
    return await desk.does(knowing.fill_in, who, field.id, value, by=by or desk.ana)


async def known(desk: Desk, who: UUID) -> tuple[list[str], dict[UUID, Any], list[str]]:
    """All that stands on a person."""
    person = await card(desk, who)
    return person.tags, {one.field_id: one.value for one in person.values}, await noted(desk, who)


async def test_what_is_added_later_stays_and_what_was_there_comes_back(desk: Desk) -> None:
    one, other = await meets(desk, "7001", "7002")
    size, since = await a_field(desk), await a_field(desk, "Customer since", "date")
    await desk.does(knowing.put_on, one, "Press", by=desk.ana)
    for tag in ("press", "vip"):
        await desk.does(knowing.put_on, other, tag, by=desk.ana)
    await fills_in(desk, one, size, "L")
    await fills_in(desk, other, size, "M")
    await fills_in(desk, other, since, "2019-02-28")
    await desk.does(contact_notes.write, other, "Prefers the phone.", by=desk.ana)
    before, measured = await known(desk, other), await numbers(desk)
    merged = await desk.does(merges.merge, one, other, by=desk.ana)
    assert await known(desk, one) == (["press", "vip"], {size.id: "L", since.id: "2019-02-28"}, ["Prefers the phone."])
    await desk.does(knowing.take_off, other, "VIP", by=desk.ana)
    await desk.does(knowing.put_on, other, "late", by=desk.ana)
    await fills_in(desk, other, since, None)
    await desk.does(contact_notes.write, other, "Moved to Porto.", by=desk.sam)
    assert await known(desk, other) == (["late", "press"], {size.id: "L"}, ["Moved to Porto.", "Prefers the phone."])
    await desk.does(merges.split, one, merged.merges[0].id, by=desk.ana)
    assert await known(desk, other) == before
    assert await known(desk, one) == (["late", "press"], {size.id: "L"}, ["Moved to Porto."])
    assert await numbers(desk) == measured


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_any_chain_comes_apart_as_it_was_put_together(desk: Desk, seed: int) -> None:
    """Whatever was done to the whole, whoever was merged into somebody has again what they had then."""
    chance = random.Random(seed)
    people = await meets(desk, *[f"70{number:02}" for number in range(5)])
    size = await a_field(desk)
    roots, then = list(people), dict[UUID, Any]()

    async def something(who: UUID) -> None:
        match chance.randrange(5):
            case 0 | 1:
                await desk.does(knowing.put_on, who, chance.choice("abc"), by=desk.ana)
            case 2:
                await desk.does(knowing.take_off, who, chance.choice("abc"), by=desk.ana)
            case 3:
                await fills_in(desk, who, size, chance.choice(["L", "M", None]))
            case _:
                await desk.does(contact_notes.write, who, str(chance.random()), by=desk.ana)

    standing: list[tuple[UUID, UUID, UUID]] = []
    for _ in range(4):
        for who in people * 2:
            await something(who)
        kept, other = chance.sample(roots, 2)
        then[other] = await known(desk, other)
        apart = {one.id for one in (await card(desk, kept)).merges} | {
            one.id for one in (await card(desk, other)).merges
        }
        whole = await desk.does(merges.merge, kept, other, by=desk.ana)
        (made,) = {one.id for one in whole.merges} - apart
        standing.append((made, kept, other))
        roots.remove(other)
    for who in people * 3:
        await something(who)
    # The last first: each finds what it was at the moment of its own merge, whatever was merged into it before.
    for made, kept, other in reversed(standing):
        await desk.does(merges.split, kept, made, by=desk.sam)
        assert await known(desk, other) == then[other]


async def test_a_note_is_its_writers_and_deleted_is_deleted(desk: Desk) -> None:
    one, other = await meets(desk, "7001", "7002")
    anas = await desk.does(contact_notes.write, other, "  Prefers the phone. ", by=desk.ana)
    assert (anas.text, anas.by) == ("Prefers the phone.", desk.ana.id)
    with pytest.raises(Forbidden, match="Only who wrote"):
        await desk.does(contact_notes.change, other, anas.id, "No.", by=desk.sam)
    with pytest.raises(NotFound):
        await desk.does(contact_notes.change, one, anas.id, "No.", by=desk.ana)
    with pytest.raises(Invalid):
        await desk.does(contact_notes.write, one, " ", by=desk.ana)
    with pytest.raises(NotFound):
        await desk.does(contact_notes.page, one, by=desk.otto, after=None, limit=9)
    changed = await desk.does(contact_notes.change, other, anas.id, "Prefers mail.", by=desk.ana)
    assert (changed.text, changed.edited_at is not None) == ("Prefers mail.", True)
    merged = await desk.does(merges.merge, one, other, by=desk.ana)
    await desk.does(contact_notes.remove, one, anas.id, by=desk.sam)
    await desk.does(merges.split, one, merged.merges[0].id, by=desk.ana)
    assert await noted(desk, other) == []
    told = [event for event in await desk.heard("contact.noted") if event.contact]
    assert len(told) == 3
    assert not [
        row for row in await desk.rows("SELECT body FROM event WHERE workspace_id = $1") if b"mail." in row["body"]
    ]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("text", [("  a\x00b ", "a\ufffdb")], ["", " ", "x" * 1001, 1, True]),
        ("number", [(3, 3.0), (2.5, 2.5), (-1, -1.0)], ["3", True, float("inf")]),
        ("date", [("2026-02-28", "2026-02-28")], ["2026-02-30", "28.2.2026", 20260228, "2026-02-28T10:00"]),
        ("choice", [("red", "red")], ["Red", "", "green", True]),
        ("yes_no", [(True, True), (False, False)], ["yes", 1, 0]),
    ],
)
async def test_only_what_a_field_can_hold_is_written_into_it(desk: Desk, kind: str, good: Any, bad: Any) -> None:
    (one,) = await meets(desk, "7001")
    field = await a_field(desk, "It", kind, ("red", "blue") if kind == "choice" else ())
    for value, read in good:
        assert (await fills_in(desk, one, field, value)).values[0].value == read
    for value in bad:
        with pytest.raises(Invalid, match="It is"):
            await fills_in(desk, one, field, value)
    assert (await fills_in(desk, one, field, None)).values == []


async def test_fields_are_defined_by_an_admin_and_go_with_what_they_held(desk: Desk) -> None:
    (one,) = await meets(desk, "7001")
    with pytest.raises(Forbidden):
        await desk.does(fields.make, "Size", "text", [], by=desk.sam)
    with pytest.raises(Invalid, match="2 to 50 choices"):
        await a_field(desk, kind="choice", choices=("only", " only "))
    colour = await a_field(desk, " Colour ", "choice", ("red", "blue", "red"))
    assert (colour.title, colour.choices) == ("Colour", ["red", "blue"])
    await fills_in(desk, one, colour, "red")
    changed = await desk.does(fields.change, colour.id, choices=["blue", "green"], by=desk.world.admin)
    assert ((await card(desk, one)).values[0].value, changed.title) == ("red", "Colour")
    await desk.does(fields.remove, colour.id, by=desk.world.admin)
    assert (await card(desk, one)).values == []
    with pytest.raises(NotFound):
        await fills_in(desk, one, colour, "blue")
    lines = await desk.rows("SELECT verb FROM audit_entry WHERE workspace_id = $1 AND verb LIKE 'contact_field%'")
    assert len(lines) == 3


async def test_all_they_wrote_anywhere_is_one_list_the_newest_first(desk: Desk) -> None:
    one, other = await meets(desk, "7001", "7002")
    asked = await desk.sees_comment("8001", "Does it ship?", ago=40, id="900_1")
    await desk.sees_comment("7002", "And to Spain?", ago=20, under="900_1")
    await desk.does(merges.merge, one, other, by=desk.ana)
    told: list[UUID] = []
    cursor = None
    while True:
        page = await desk.does(appearances.page, other, by=desk.ana, cursor=cursor, limit=1)
        told += [row.id for row in page.items]
        if (cursor := page.next) is None:
            break
    (their,) = [
        row["id"] for row in await desk.rows("SELECT id FROM conversation WHERE workspace_id = $1 AND kind = 'comment'")
    ]
    assert (told[0], asked, len(told), len(set(told))) == (their, their, 3, 3)
