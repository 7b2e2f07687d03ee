"""Ours as anybody outside could count it: public comments, public answers and the rules, whatever people decided."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from inbox.desk import decisions
from inbox.ground.db import raw
from inbox.ground.errors import Forbidden
from inbox.reports import competition, outside_us
from inbox.reports.competition import figures
from inbox.reports.figures import FiguresOut
from inbox.sla.episodes import Episode
from tests.desk.story import Desk

HOUR = 60


async def ours(desk: Desk) -> Sequence[Episode]:
    now = datetime.now(UTC)
    async with desk.database.session(desk.workspace_id) as session:
        return await outside_us.waitings(
            await raw(session),
            desk.workspace_id,
            "facebook",
            None,
            asked_from=now - timedelta(days=28),
            posted_from=now - timedelta(days=56),
        )


def in_all(episodes: Sequence[Episode]) -> FiguresOut:
    first = [(one.state, one.opened_at, one.ended_at) for one in episodes if one.kind == "first_response"]
    return figures(first, datetime.now(UTC))


async def test_our_public_answer_is_for_the_author_of_what_it_answers(desk: Desk) -> None:
    thread = await desk.sees_comment("ana", "Does it ship?", ago=5 * HOUR, id="900_1")
    await desk.sees_comment("ben", "Does it ship to me too?", ago=4 * HOUR, under="900_1")
    (first,) = await desk.rows("SELECT id FROM message WHERE workspace_id = $1 AND external_id = '900_1'")
    everybody = [row["id"] for row in await desk.rows("SELECT id FROM message WHERE workspace_id = $1")]
    # The composer says that it answers both; outside it stands below Ana's comment alone.
    await desk.posts(thread, "It does.", by=desk.ana, ago=2 * HOUR, reply_to=first["id"], answers=everybody)
    found = in_all(await ours(desk))
    assert (found.n, found.answered, found.waiting) == (2, 1, 1)


async def test_private_messages_and_private_answers_are_not_seen(desk: Desk) -> None:
    await desk.has_answered("ana", ago=3 * HOUR)
    await desk.sees_comment("ben", "Where is my order?", ago=3 * HOUR)
    found = in_all(await ours(desk))
    assert (found.n, found.answered, found.waiting) == (1, 0, 1)


async def test_nobody_overrules_the_rules_here(desk: Desk) -> None:
    await desk.sees_comment("ana", "Does it ship?", ago=3 * HOUR)
    (message,) = await desk.rows("SELECT id FROM message WHERE workspace_id = $1")
    await desk.does(decisions.needs_reply, message["id"], False, "Not for us.", by=desk.ana)
    found = in_all(await ours(desk))
    assert (found.n, found.waiting) == (1, 1)


async def test_what_is_gone_was_taken_back_whoever_did_it(desk: Desk) -> None:
    await desk.sees_comment("ana", "Does it ship?", ago=3 * HOUR, id="900_1")
    await desk.road.changes("remove", "900_1", at="00:00")
    found = in_all(await ours(desk))
    assert (found.n, found.waiting, found.ended) == (1, 0, 1)


def test_only_who_asked_in_the_last_days_counts_and_later_answers_are_not_known_yet() -> None:
    at = datetime(2026, 5, 4, 12, tzinfo=UTC)
    waited = [
        ("answered", at - timedelta(days=29), at - timedelta(days=28)),
        ("answered", at - timedelta(hours=30), at - timedelta(hours=26)),
        ("answered", at - timedelta(hours=5), at + timedelta(minutes=1)),
        ("waiting", at - timedelta(hours=2), None),
        ("waiting", at + timedelta(minutes=1), None),
        ("ended", at - timedelta(hours=9), at - timedelta(hours=8)),
    ]
    found = figures(waited, at)
    assert (found.n, found.answered, found.waiting, found.ended) == (4, 1, 2, 1)
    assert found.oldest_waiting == 5 * 3600


async def test_agents_do_not_see_it(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        await desk.does(competition.read, by=desk.ana)
    assert (await desk.does(competition.read, by=desk.sam)).competitors == []


async def test_every_network_says_what_can_be_read_or_why_nothing(desk: Desk) -> None:
    found = await desk.does(competition.read, by=desk.sam)
    assert all(one.note for one in found.networks)
    assert all((one.a_day > 0) == one.possible for one in found.networks)
    assert {one.platform for one in found.networks if one.possible} >= {"bluesky"}
