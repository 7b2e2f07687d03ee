"""The traps that recorded traffic shows, each by its name. Numbers as in the list of traps for all platforms."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from inbox.platforms.base import Act, Actor, Incoming, Unreadable
from inbox.platforms.registry import HERE
from inbox.platforms.whatsapp.people import address
from inbox.platforms.whatsapp.webhooks import normalise

META = {"display_phone_number": "15550001111", "phone_number_id": "106"}


def said(fixture: str) -> list[Incoming]:
    return normalise(json.loads((HERE / "whatsapp" / "fixtures" / f"{fixture}.in.json").read_text("utf-8")))


def only(fixture: str) -> Incoming:
    (event,) = said(fixture)
    return event


def change(**value: Any) -> list[Incoming]:
    whole = {"messaging_product": "whatsapp", "metadata": META, **value}
    entry = {"id": "102", "changes": [{"field": "messages", "value": whole}]}
    return normalise({"object": "whatsapp_business_account", "entry": [entry]})


def message(**more: Any) -> dict[str, Any]:
    return {"from": "7001", "id": "wamid.1", "timestamp": "1790000000", "type": "text", "text": {"body": "x"}, **more}


def test_trap_1_ids_are_numbers_or_strings() -> None:
    event = only("dm_ids_are_numbers")
    assert (event.account, event.thread) == ("106", "351900000001")


@pytest.mark.parametrize("stamp", [1790000000, "1790000000", "1790000000000", 1790000000000])
def test_trap_2_seconds_milliseconds_and_strings_are_one_time(stamp: Any) -> None:
    (event,) = change(messages=[message(timestamp=stamp)])
    assert event.at == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)


def test_trap_3_the_same_message_in_two_entries_has_one_key() -> None:
    events = said("same_message_twice")
    assert len(events) == 3
    assert len({(event.external_id, event.revision) for event in events}) == 1


def test_trap_4_every_number_and_every_kind_of_a_batch_is_read() -> None:
    told = [(event.account, event.act, event.text) for event in said("batch_of_many_numbers_and_kinds")]
    assert told == [
        ("106", Act.WROTE, "one"),
        ("106", Act.WROTE, "two"),
        ("206", Act.WROTE, "three"),
        ("106", Act.READ, ""),
        ("306", Act.WROTE, "four"),
    ]


@pytest.mark.parametrize(
    "fixture", ["test_button", "business_notices_are_nothing", "groups_are_nothing", "ids_that_change_are_nothing"]
)
def test_trap_5_what_nobody_wrote_to_us_gives_nothing_and_breaks_nothing(fixture: str) -> None:
    assert said(fixture) == []


def test_trap_6_what_a_colleague_wrote_on_the_phone_is_ours_in_the_customers_conversation() -> None:
    echo = only("echo_of_the_phone")
    assert (echo.ours, echo.thread, echo.app_id, echo.text) == (True, "US.2001", "", "Hi, from my phone")


def test_trap_6_our_own_name_comes_back_with_a_status_and_other_tools_names_are_left_alone() -> None:
    events = said("status_with_our_own_name")
    echoes = [event for event in events if event.act is Act.WROTE]
    assert {(one.external_id, one.correlation, one.ours) for one in echoes} == {
        ("wamid.Z5", "0190a000-0000-7000-8000-000000000001", True)
    }


def test_trap_7_edits_and_revocations_name_what_they_change() -> None:
    edits = said("dm_edited")
    assert [edit.external_id for edit in edits] == ["wamid.A1", "wamid.A1", "wamid.B1"]
    assert edits[0].revision != edits[1].revision, "two in one second are two"
    gone = only("dm_taken_back")
    assert (gone.act, gone.external_id, gone.by) == (Act.DELETED, "wamid.A1", Actor.CUSTOMER)
    _, ours, liked, unliked = said("echo_edited_taken_back_and_liked")
    assert (ours.by, liked.act, unliked.act) == (Actor.US, Act.LIKED, Act.UNLIKED)


def test_trap_9_what_was_taken_may_fail_later_and_says_why() -> None:
    late, undeliverable, mute = said("status_failed")
    assert {event.act for event in (late, undeliverable, mute)} == {Act.FAILED}
    assert "24 hours" in late.reason
    assert "131026" in undeliverable.reason
    assert mute.reason


def test_trap_10_files_and_empty_messages_are_messages() -> None:
    assert [event.attachments[0].type for event in said("dm_files_of_every_kind")] == [
        "image",
        "video",
        "audio",
        "audio",
        "file",
        "sticker",
    ]
    assert all(event.act is Act.UNSUPPORTED for event in said("dm_unsupported"))


def test_trap_12_a_file_is_kept_by_its_id_for_its_address_dies() -> None:
    for event in said("dm_files_of_every_kind"):
        assert event.attachments[0].external_id
        assert event.attachments[0].url == ""


def test_somebody_without_a_number_is_known_by_the_id_they_have_for_us() -> None:
    event = only("dm_from_somebody_without_a_number")
    assert event.thread == "US.1349"
    assert event.author is not None
    assert (event.author.name, event.author.handle) == ("Ana Ruiz", "anaruiz")
    assert only("status_for_somebody_without_a_number").thread == "US.1349"


def test_a_number_that_comes_and_goes_changes_no_conversation() -> None:
    contact = {"profile": {"name": "Li"}, "user_id": "US.2001"}
    without = message(**{"from": None}, from_user_id="US.2001", id="wamid.2")
    [shown] = change(contacts=[contact | {"wa_id": "7001"}], messages=[message()])
    [hidden] = change(contacts=[contact], messages=[without])
    assert shown.thread == hidden.thread == "US.2001"


def test_contacts_are_matched_by_id_and_never_by_place() -> None:
    ana, li = ({"profile": {"name": name}, "wa_id": number} for name, number in (("Ana", "7001"), ("Li", "7002")))
    for contacts in ([ana, li], [li, ana]):
        first, second = change(contacts=contacts, messages=[message(), message(**{"from": "7002"}, id="wamid.2")])
        assert first.author is not None
        assert second.author is not None
        assert (first.author.name, second.author.name) == ("Ana", "Li")


def test_a_status_finds_its_conversation_by_its_message_where_the_id_is_another() -> None:
    event = only("status_for_a_number_we_know_by_another_id")
    assert (event.thread, event.parent, event.message_ids) == ("16505551234", "wamid.Z8", ["wamid.Z8"])


def test_two_receipts_of_one_second_are_two() -> None:
    first, second = said("statuses_of_one_second_stay_two")
    assert first.at == second.at
    assert first.revision != second.revision


def test_one_emoji_stands_on_a_message_and_the_next_replaces_it() -> None:
    events = said("reactions")
    assert [(event.act, event.text) for event in events] == [
        (Act.WROTE, "❤️"),
        (Act.EDITED, "❤️"),
        (Act.WROTE, "👍"),
        (Act.EDITED, "👍"),
        (Act.DELETED, ""),
        (Act.DELETED, ""),
    ]
    assert len({event.external_id for event in events[:5]}) == 1
    assert {event.parent for event in events if event.act is not Act.DELETED} == {"wamid.Z0"}


@pytest.mark.parametrize(
    ("peer", "named"),
    [
        ("351900000001", {"to": "351900000001"}),
        ("US.13491208655302741918", {"recipient": "US.13491208655302741918"}),
        ("US.ENT.11815799212886844830", {"recipient": "US.ENT.11815799212886844830"}),
        ("", {}),
        ("me/../x", {}),
        ("us.1", {}),
    ],
)
def test_how_somebody_is_named_when_we_write(peer: str, named: dict[str, str]) -> None:
    assert address(peer) == named


@pytest.mark.parametrize(
    "payload",
    [
        {"object": "page", "entry": []},
        {"object": "whatsapp_business_account"},
        {"object": "whatsapp_business_account", "entry": [{}]},
    ],
)
def test_what_is_no_delivery_for_us_is_refused(payload: Any) -> None:
    with pytest.raises(Unreadable):
        normalise(payload)


@pytest.mark.parametrize("lacking", ["id", "from"])
def test_a_message_without_its_name_or_author_is_set_aside(lacking: str) -> None:
    with pytest.raises(Unreadable):
        change(messages=[message(**{lacking: None})])
