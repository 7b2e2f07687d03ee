"""Networks that hang up, fall silent, lie and ask for patience: a doubt is a doubt, and nothing is posted twice."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from inbox.platforms.base import ErrorClass, Outcome, Outgoing, Refused, Sent, Unknown
from tests.chaos.networks import WAYS, Stall, stall
from tests.chaos.place import until
from tests.chaos.proxy import Cut

PLACES = (0, 9, 60, 200, 320, 450, 700)  # bytes of the answer that come: none, half a status line, half a body
CUTS = 6
AGAIN = (ErrorClass.TRANSIENT, ErrorClass.RATE_LIMITED, ErrorClass.QUOTA_EXHAUSTED, ErrorClass.AUTH_EXPIRED)
LIES: list[tuple[int, dict[str, str], Any]] = [
    (200, {}, {}),
    (200, {}, []),
    (200, {}, "true"),
    (200, {}, "<html>Please sign in to the guest network</html>"),
    (200, {}, {"id": {}, "ok": True, "result": True, "data": {}}),
    (201, {}, {"id": None}),
    (204, {}, None),
    (302, {"location": "https://example.com/"}, None),
    (408, {}, {}),
    (500, {}, {}),
    (502, {}, "<html>Bad gateway</html>"),
    (503, {}, {}),
    (504, {}, None),
    (520, {}, {}),
]


@pytest.fixture(scope="module", params=WAYS)
async def here(request: pytest.FixtureRequest) -> AsyncIterator[Stall]:
    """Our account on each network in turn."""
    async with stall(request.param, seed=len(request.param)) as opened:
        yield opened


async def test_an_answer_that_is_cut_short_anywhere_is_never_a_second_post(here: Stall) -> None:
    for turn in range(CUTS):
        act = await here.asked(f"Does it ship? ({turn})", answer=f"It does, number {turn}!")
        here.line.cuts.append(Cut(here.line.chance.choice(PLACES), torn=here.line.chance.random() < 0.5))
        outcome = await here.sends(act)
        here.line.cuts.clear()
        await as_the_outbox_would(here, act, outcome)


async def test_what_arrives_after_we_gave_up_is_there_once(here: Stall) -> None:
    act = await here.asked("Does it ship late?", answer="It does, however late!")
    here.line.falls_silent()
    outcome = await here.sends(act, patience=0.2)
    assert here.written(act) == 0
    here.line.works_again()
    if isinstance(outcome, Unknown):
        await until(lambda: here.written(act) == 1, "the late request is carried out")
    await as_the_outbox_would(here, act, outcome)


async def as_the_outbox_would(here: Stall, act: Outgoing, outcome: Outcome) -> None:
    """Only where it was plainly refused is it sent again."""
    match outcome:
        case Sent(external_id):
            assert external_id == here.network.heard[-1].external_id
        case Refused(error):
            assert here.written(act) == 0
            assert error in AGAIN
            assert isinstance(await here.sends(act), Sent)
        case Unknown(reason):
            assert reason
    assert here.written(act) <= 1


async def test_an_answer_that_cannot_be_believed_is_a_doubt(here: Stall) -> None:
    act = await here.asked("Does it ship, really?", answer="It does, believe me!")
    for lie in LIES:
        here.network.mischief.statuses.append(lie)
        assert isinstance(await here.sends(act), Unknown), lie
        assert here.network.mischief.statuses == [], "the write was reached"
    assert here.written(act) == 0


# Asked to wait

SOON = timedelta(minutes=2)
NO_DATES = ("telegram",)  # its own word for it is a number in the body
JUNK = ("", "soon", "0", "-5", "nan", "inf", "1e308", "9" * 30, "Ù£", "Wed, 99 Foo 2015 00:00:00 GMT", "12345678901")
PLACES_FOR_JUNK = ("retry-after", "ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset")
META = "x-business-use-case-usage"


def forms(name: str) -> Iterator[tuple[int, dict[str, str], Any]]:
    """Every way in which this network may say: in two minutes."""
    at = datetime.now(UTC) + SOON
    yield 429, {"retry-after": "120"}, {}
    if name not in NO_DATES:
        yield 429, {"retry-after": format_datetime(at, usegmt=True)}, {}
    match name:
        case "bluesky":
            yield 429, {"ratelimit-reset": str(int(at.timestamp()))}, {}
        case "mastodon":
            yield 429, {"x-ratelimit-reset": at.isoformat()}, {}
        case "reddit":
            yield 429, {"x-ratelimit-reset": "120"}, {}
        case "telegram":
            yield 429, {}, {"ok": False, "error_code": 429, "parameters": {"retry_after": 120}}
        case "x":
            yield 429, {"x-rate-limit-reset": str(int(at.timestamp()))}, {}
        case "facebook" | "instagram" | "threads" | "whatsapp":
            told = {"1": [{"type": "pages", "estimated_time_to_regain_access": 2}]}
            yield 400, {META: json.dumps(told)}, {"error": {"code": 4, "message": "Too many calls"}}


async def test_whoever_asks_us_to_wait_is_waited_for_however_they_say_it(here: Stall) -> None:
    act = await here.asked("Does it ship, in the end?", answer="It does, be patient!")
    for form in forms(here.network.name):
        here.network.mischief.statuses.append(form)
        outcome = await here.sends(act)
        assert isinstance(outcome, Refused), (form, outcome)
        assert outcome.error in (ErrorClass.RATE_LIMITED, ErrorClass.QUOTA_EXHAUSTED)
        assert outcome.retry_at is not None, form
        assert abs(outcome.retry_at - datetime.now(UTC) - SOON) < timedelta(minutes=1), form
    for word in JUNK:
        for places in (["retry-after"], [*PLACES_FOR_JUNK, META]):
            here.network.mischief.statuses.append((429, dict.fromkeys(places, word), {}))
            outcome = await here.sends(act)
            assert isinstance(outcome, Refused), (places, word, outcome)
            assert outcome.error in (ErrorClass.RATE_LIMITED, ErrorClass.QUOTA_EXHAUSTED)
    assert here.written(act) == 0
    await as_the_outbox_would(here, act, outcome)
    assert here.written(act) == 1
