"""The traps that were found in real traffic, each by its number in the platform notes."""

from typing import Any

import pytest

from inbox.platforms.base import Act, Actor, Kind, Unreadable
from inbox.platforms.linkedin.connector import LinkedIn
from inbox.platforms.linkedin.notices import SOCIAL

PAGE = "urn:li:organization:42"
COMMENT = "urn:li:comment:(urn:li:activity:7001,7002)"


def delivery(*notices: dict[str, Any]) -> dict[str, Any]:
    return {"type": SOCIAL, "notifications": list(notices)}


def notice(action: str = "COMMENT", **more: Any) -> dict[str, Any]:
    body = {"owner": "urn:li:person:AbC", "text": "Spain?", "entity": COMMENT, "object": "urn:li:activity:7001"}
    given = {
        "notificationId": 5603,
        "organizationalEntity": PAGE,
        "action": action,
        "sourcePost": "urn:li:activity:7001",
        "decoratedSourcePost": {"owner": PAGE, "text": "Launch day", "entity": "urn:li:share:6999"},
        "lastModifiedAt": 1790000600000,
        "generatedActivity": "urn:li:comment:(activity:7001,7002)",
        "decoratedGeneratedActivity": {"comment": body},
    }
    return given | more


def read(*notices: dict[str, Any]) -> Any:
    return LinkedIn().normalise(delivery(*notices))


def test_trap_1_ids_are_numbers_or_text() -> None:
    [number] = read(notice(organizationalEntity=42))
    [text] = read(notice(notificationId="5603"))
    assert number.account == text.account == PAGE


@pytest.mark.parametrize("stamp", [1790000600000, "1790000600000", 1790000600, "1790000600"])
def test_trap_2_times_are_milliseconds_and_sometimes_not(stamp: Any) -> None:
    [event] = read(notice(lastModifiedAt=stamp))
    assert event.at.isoformat() == "2026-09-21T14:23:20+00:00"


def test_trap_3_the_same_event_under_two_notification_ids_has_one_key() -> None:
    one, two = read(notice(), notice(notificationId=9, generatedActivity=COMMENT))
    assert (one.external_id, one.act, one.revision) == (two.external_id, two.act, two.revision)


def test_trap_4_every_notice_of_a_batch_counts_whatever_its_page_and_action() -> None:
    events = read(notice(), notice("LIKE"), notice("COMMENT_DELETE"), notice(organizationalEntity=43))
    assert [(one.account, one.act) for one in events] == [
        (PAGE, Act.WROTE),
        (PAGE, Act.DELETED),
        ("urn:li:organization:43", Act.WROTE),
    ]


def test_trap_5_a_delivery_for_no_page_at_all_is_empty() -> None:
    assert read(notice(organizationalEntity=0)) == []


@pytest.mark.parametrize("owner", [PAGE, "urn:li:organizationBrand:42", "urn:li:person:Adm"])
def test_trap_6_what_an_admin_writes_for_the_page_is_ours(owner: str) -> None:
    [event] = read(notice("ADMIN_COMMENT", decoratedGeneratedActivity={"comment": {"owner": owner, "text": "Yes"}}))
    assert event.ours
    assert event.kind is Kind.COMMENT


def test_trap_7_an_edit_carries_its_time_and_a_deletion_none() -> None:
    edit, deletion = read(notice("COMMENT_EDIT", lastModifiedAt=1790000900123), notice("COMMENT_DELETE"))
    assert (edit.act, edit.revision) == (Act.EDITED, 1790000900123)
    assert (deletion.act, deletion.revision, deletion.by) == (Act.DELETED, 0, Actor.UNKNOWN)
    assert edit.external_id == deletion.external_id == COMMENT


def test_trap_10_an_empty_text_is_a_comment_all_the_same() -> None:
    content = [{"type": "IMAGE", "url": "https://media.example/a.jpg", "entity": {"image": "urn:li:image:C5"}}]
    [event] = read(notice(decoratedGeneratedActivity={"comment": {"owner": "urn:li:person:A", "content": content}}))
    assert event.text == ""
    assert event.attachments[0].external_id == "urn:li:image:C5"


def test_trap_11_nobody_may_be_named() -> None:
    [event] = read(notice(decoratedGeneratedActivity={"comment": {"text": "Hm"}}))
    assert event.author is None


def test_the_post_goes_by_its_activity_and_not_by_its_share() -> None:
    [event] = read(notice())
    assert event.root == event.lane == "urn:li:activity:7001"
    assert event.post is not None
    assert event.post.external_id == "urn:li:activity:7001"
    assert event.post.text == "Launch day"


def test_below_somebody_elses_post_it_is_part_of_their_mention() -> None:
    source = {"owner": "urn:li:person:AbC", "text": "Great", "entity": "urn:li:share:8001"}
    share = {"share": {"owner": "urn:li:person:AbC", "text": "Great", "entity": "urn:li:share:8001"}}
    mention, reply = read(
        notice("SHARE_MENTION", generatedActivity="urn:li:share:8001", decoratedGeneratedActivity=share),
        notice("ADMIN_COMMENT", decoratedSourcePost=source),
    )
    assert (mention.kind, mention.thread) == (Kind.MENTION, "urn:li:share:8001")
    assert (reply.kind, reply.parent, reply.lane) == (Kind.MENTION, mention.external_id, mention.lane)


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "SOMETHING"},
        {"type": SOCIAL, "notifications": {}},
        {"type": SOCIAL, "notifications": [1]},
        delivery(notice(organizationalEntity="urn:li:person:1")),
        delivery(notice(lastModifiedAt=None)),
    ],
)
def test_what_cannot_be_read_is_said(payload: Any) -> None:
    with pytest.raises(Unreadable):
        LinkedIn().normalise(payload)
