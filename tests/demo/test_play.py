"""The demo as a newcomer meets it: the past is there, customers write, and whoever is answered says thanks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import pytest

from inbox.demo import town
from inbox.demo.live import MOODS, Pace
from inbox.ground.running import sign_in
from inbox.platforms.registry import platforms
from tests.demo.conftest import Installation
from tests.waiting import until

GRATEFUL = dict.fromkeys(MOODS, (1, 0, 0, 0))
BRISK = Pace(first=0.2, first_for=3600, first_answer=(0.1, 0.3), answer=(0.1, 0.3), moods=GRATEFUL)
PATIENCE = 120

# Not below a stranger's post: what is said there next is told to us on some networks only.
WAITING = """
SELECT c.id, c.kind, (SELECT m.id FROM message m WHERE m.workspace_id = c.workspace_id AND m.conversation_id = c.id
                         AND m.needs_reply AND NOT m.answered AND m.deleted_at IS NULL AND m.reply_refused = ''
                         ORDER BY m.at LIMIT 1) AS message
FROM conversation c JOIN channel h ON h.workspace_id = c.workspace_id AND h.id = c.channel_id
WHERE c.waiting_count > 0 AND c.kind <> 'mention' AND c.waiting_since > now() - interval '10 minutes'
    AND h.platform = $1
ORDER BY c.waiting_since DESC"""

HEARD = "SELECT 1 FROM message m JOIN channel c ON c.id = m.channel_id WHERE c.platform = $1"
PAST_AND_PRESENT = """
SELECT 1 FROM message m JOIN channel c ON c.id = m.channel_id WHERE c.platform = $1
HAVING count(*) FILTER (WHERE m.at < now() - interval '7 days' AND m.direction = 'in') > 5
   AND count(*) FILTER (WHERE m.elsewhere = 'person') > 3
   AND count(*) FILTER (WHERE m.at > now() - interval '1 minute') > 0"""

PAST = "SELECT count(*) FROM message WHERE at < now() - interval '1 day'"
# Whoever thinks better of it does so within a quarter of an hour, however long the story takes.
VANISHED = "SELECT count(*) FROM message WHERE deleted_at > $1 AND at < $1::timestamptz - interval '20 minutes'"
# Also where only the network knows it yet, and refuses our answer for it.
TAKEN_BACK = """SELECT m.deleted_at IS NOT NULL OR EXISTS (
    SELECT 1 FROM message o WHERE o.parent_id = m.id AND o.delivery_error = 'parent_gone')
FROM message m WHERE m.id = $1"""
# To whom our answer $1 came too late: the network took it while the question $2 was going.
BECAME = """SELECT * FROM (
    SELECT EXISTS (SELECT 1 FROM message o, message m WHERE o.id = $1 AND m.identity_id = a.identity_id AND m.id <> a.id
                       AND m.conversation_id = o.conversation_id AND m.received_at > o.received_at) AS said,
           a.deleted_at IS NOT NULL AS taken_back
    FROM message a WHERE a.id = $2) became WHERE said OR taken_back"""
SETTLED = "SELECT delivery FROM message WHERE id = $1 AND delivery NOT IN ('queued', 'sending')"


@asynccontextmanager
async def playing(installation: Installation) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(town.play(installation.settings, stop, pace=BRISK, size=0.4))
    try:
        yield
    finally:
        stop.set()
        await task


async def found(owner, what, sql, *values):
    """Wait until the database gives rows for this question; gives them."""
    return await until(lambda: owner.fetch(sql, *values), what, seconds=PATIENCE)


@pytest.mark.timeout(900)
async def test_a_newcomer_sees_a_past_and_people_writing_answers_and_is_thanked_also_after_a_restart(
    database, owner, open_house
):
    able = {name: connector.capabilities.actions for name, connector in platforms().items()}
    names = [name for name in sorted(open_house.settings.demo_ports) if any(able[name].values())]
    async with playing(open_house):
        for name in names:
            await found(owner, f"{name} has a past and a present", PAST_AND_PRESENT, name)
        for name in open_house.settings.demo_ports.keys() - set(names):
            await found(owner, f"{name} is heard", HEARD, name)
        await owner.execute("UPDATE workspace SET undo_seconds = 0")
        for name in names:
            await answer_and_be_answered(owner, open_house, name)
        before = await owner.fetchval(PAST)
    restart = await owner.fetchval("SELECT now()")

    async with playing(open_house):
        for name in names:
            await answer_and_be_answered(owner, open_house, name)
        # Where little may be asked, some of the past is still to be read; told twice, it would all be there twice.
        assert await owner.fetchval(PAST) < before * 1.1
        assert await owner.fetchval(VANISHED, restart) < 10


async def answer_and_be_answered(owner, installation: Installation, name: str) -> None:
    """As the person whose sign-in is printed; whoever is answered says something, unless they took it back."""
    told, home = sign_in(installation.settings.data_dir), installation.settings.base_url
    async with httpx.AsyncClient(base_url=f"{home}/api/v1", headers={"Origin": home}, timeout=60) as http:
        signed_in = await http.post("/session", json=told)
        assert signed_in.status_code == 201, signed_in.text
        http.headers["X-CSRF-Token"] = signed_in.json()["csrf"]
        while True:
            asked = await waiting(owner, name)
            if written := await answer(owner, http, asked):
                what = (
                    f"somebody on {name} says something to our answer to {dict(asked)}, or takes back what they asked"
                )
                (became,) = await found(owner, what, BECAME, written, asked["message"])
                if became["said"]:
                    return
            assert await owner.fetchval(TAKEN_BACK, asked["message"])  # a customer may be quicker than we are


async def waiting(owner, name: str):
    """Who has waited least on this network, and what they asked first."""
    return (await found(owner, f"somebody waits on {name}", WAITING, name))[0]


async def answer(owner, http: httpx.AsyncClient, asked) -> str | None:
    """The id of our reply once the network has it; None if it would not take it."""
    written = await http.post(
        f"/conversations/{asked['id']}/messages",
        json={
            "visibility": "private" if asked["kind"] == "dm" else "public",
            "text": f"Thank you for asking, we are looking into it today ({uuid4().hex[:6]}).",
            "reply_to": str(asked["message"]),
            "anyway": True,
        },
        headers={"Idempotency-Key": uuid4().hex},
    )
    if written.status_code != 201:
        return None
    (settled,) = await found(owner, "the network has our answer", SETTLED, written.json()["id"])
    return written.json()["id"] if settled["delivery"] == "sent" else None
