"""When somebody wants their peace, and what they are told of unless they chose otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from inbox.desk.telling import DEFAULTS, Quiet, Wish, quiet_until
from inbox.flow.mailing import SAID
from inbox.people.access import Role

NIGHT = Quiet("Europe/Lisbon", time(22), time(7))
LUNCH = Quiet("America/New_York", time(12), time(13, 30))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "quiet", "over"),
    [
        pytest.param("2026-07-01 20:59", NIGHT, None, id="a minute before"),
        pytest.param("2026-07-01 21:00", NIGHT, "2026-07-02 06:00", id="the evening, in summer time"),
        pytest.param("2026-07-02 05:59", NIGHT, "2026-07-02 06:00", id="the morning after"),
        pytest.param("2026-07-02 06:00", NIGHT, None, id="it is over at once"),
        pytest.param("2026-10-24 22:30", NIGHT, "2026-10-25 07:00", id="the night in which clocks are put back"),
        pytest.param("2026-01-05 17:15", LUNCH, "2026-01-05 18:30", id="within one day, elsewhere"),
        pytest.param("2026-01-05 19:00", LUNCH, None, id="after lunch"),
        pytest.param("2026-01-05 17:15", Quiet("UTC"), None, id="no quiet hours"),
        pytest.param("2026-01-05 23:00", Quiet("No/Where", time(22), time(7)), "2026-01-06 07:00", id="unknown zone"),
    ],
)
def test_quiet_hours_are_those_of_ones_own_day(now: str, quiet: Quiet, over: str | None) -> None:
    assert quiet_until(at(now), quiet) == (at(over) if over else None)


def test_what_is_on_by_default() -> None:
    agent, admin = Wish({}, Role.AGENT), Wish({}, Role.ADMIN)
    told = {kind: sorted(agent.media(kind)) for kind in DEFAULTS}
    assert told == {
        "assigned": ["desktop", "in_app", "push"],
        "mentioned": ["desktop", "in_app", "push"],
        "wrote_again": ["desktop", "in_app", "push"],
        "send_failed": ["in_app"],
        "rejected": ["desktop", "in_app", "push"],
        "approved": ["in_app"],
        "to_approve": [],
        "at_risk": ["in_app"],
        "unassigned_at_risk": [],
        "breached": ["in_app"],
        "any_breached": [],
        "snooze_over": [],
        "spike": [],
        "goal": ["email", "in_app"],
        "channel_down": ["in_app"],
        "rule": ["desktop", "in_app", "push"],
        "rule_stopped": [],
        "webhook_off": [],
    }
    assert admin.media("channel_down") == {"in_app", "email"}
    assert admin.media("webhook_off") == {"in_app", "email"}
    assert Wish({"webhook_off": ["in_app"]}, Role.SUPERVISOR).media("webhook_off") == frozenset()


def test_a_send_that_failed_cannot_be_kept_from_whoever_wrote_it() -> None:
    wish = Wish({"send_failed": ["sound"], "assigned": []}, Role.AGENT)
    assert wish.media("send_failed") == {"in_app", "sound"}
    assert wish.media("assigned") == frozenset()


def test_every_kind_has_words_in_an_email() -> None:
    assert SAID.keys() == DEFAULTS.keys()
