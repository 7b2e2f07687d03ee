"""Whom other policies would make late, said before they are kept. Nothing is changed.

    await policy_trials.tell(session, wanted, by=admin)

Everybody who waits is promised again what they were, and what the edition would promise them, by the same sums as when
it is kept; those who waited longest are looked at first.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import calendars, contacts, policies, wearing
from inbox.desk.policies import Wanted
from inbox.ground.db import Connection, raw
from inbox.people.access import Agent, Right
from inbox.realtime import rows
from inbox.realtime.shapes import ConversationOut, PersonOut
from inbox.sla import facts as f
from inbox.sla import stored_facts, stored_terms
from inbox.sla.aimed import Risk, contact_worn, risk_of
from inbox.sla.terms import Aim, Edition, Place, Terms, Waits, Worn, woven

MOST = 50_000  # people looked at: some three seconds
PAGE = 1000
SHOWN = 20
ALWAYS = datetime(1, 1, 1, tzinfo=UTC)
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
NO_NEWS = 2  # neither late nor at risk because of it

WAITING = """
SELECT e.conversation_id, e.key, e.kind, e.author, e.opened_at, e.opening_item, e.channel_id, e.thread_kind, c.platform,
       c.priority
FROM episode e CROSS JOIN LATERAL (
    SELECT platform, priority FROM conversation c WHERE c.workspace_id = $1 AND c.id = e.conversation_id LIMIT 1) c
WHERE e.workspace_id = $1 AND e.state = 'waiting' AND (e.opened_at, e.conversation_id, e.key) > ($2, $3, $4)
    AND NOT e.before_connection
ORDER BY e.opened_at, e.conversation_id, e.key LIMIT $5
"""


class TouchedOut(msgspec.Struct, kw_only=True):
    """Somebody whose promise would change. `due_before`, `due`: UTC; null: none. `risk`: 2 late, 1 at risk, 0 neither;
    `is_new`: and is not so today."""

    conversation: ConversationOut
    person: PersonOut
    waits_since: datetime
    due_before: datetime | None
    due: datetime | None
    risk: int
    is_new: bool


class TrialOut(msgspec.Struct, kw_only=True):
    """What an edition would change for those who wait, also off the queue, had it begun to hold at `at`.

    `waiting`: people looked at; `is_everybody` false: more of them wait, and those who waited longest were looked at.
    `changed`: who would be promised something else; of them `late` and `at_risk` would be so at once, and are not now;
    `earlier` and `later` have another due instant, `promised` had none, `released` would have none.
    `people`: the first of `changed` in channels that one sees, those late first, by how late. Only promises of answers
    are looked at; `leaves_out_resolutions`: policies promise a resolution, now or in that edition, which is not.
    """

    at: datetime
    waiting: int
    is_everybody: bool
    changed: int
    late: int
    at_risk: int
    earlier: int
    later: int
    promised: int
    released: int
    people: list[TouchedOut]
    leaves_out_resolutions: bool


class Touched(NamedTuple):
    """One whose promise changes; they sort by how soon somebody should look."""

    ease: int  # 0 late at once, 1 at risk at once, 2 whoever else
    due: datetime
    conversation_id: UUID
    key: str
    author: str
    waits_since: datetime
    before: datetime | None
    after: datetime | None
    risk: Risk


async def tell(session: AsyncSession, wanted: Wanted, *, by: Agent) -> TrialOut:
    """What these policies would change for who waits now. Raises Invalid and Conflict as `policies.put` does."""
    by.needs(Right.SETTINGS)
    connection = await raw(session)
    held, edition = await policies.drawn_up(connection, wanted, by)
    tally = Tally(edition.valid_from)
    is_everybody = True
    if edition.includes_waiting:
        is_everybody = await _look(connection, by, edition, tally, is_first=held is None)
    return TrialOut(
        at=edition.valid_from,
        waiting=tally.waiting,
        is_everybody=is_everybody,
        changed=tally.changed,
        late=tally.late,
        at_risk=tally.at_risk,
        earlier=tally.earlier,
        later=tally.later,
        promised=tally.promised,
        released=tally.released,
        people=await _named(connection, by, tally.first),
        leaves_out_resolutions=any(policy.resolution for one in (held, edition) if one for policy in one.policies),
    )


@dataclass(slots=True)
class Tally:
    """What would change at an instant, counted. Pure."""

    at: datetime
    waiting: int = 0
    changed: int = 0
    late: int = 0
    at_risk: int = 0
    earlier: int = 0
    later: int = 0
    promised: int = 0
    released: int = 0
    first: list[Touched] = field(default_factory=list)

    def add(self, row: asyncpg.Record, before: Aim | None, after: Aim | None, *, seen: bool) -> None:
        """Somebody waits who has the one promise, and would have the other."""
        self.waiting += 1
        if _said(before) == _said(after):
            return
        self.changed += 1
        due_before, due = before.due if before else None, after.due if after else None
        was = risk_of(before.due, before.risk, self.at) if before else Risk.NONE
        risk = risk_of(after.due, after.risk, self.at) if after else Risk.NONE
        self.late += was < risk == Risk.BROKEN
        self.at_risk += was < risk == Risk.AT_RISK
        self.promised += due_before is None
        self.released += due is None
        if due_before and due:
            self.earlier += due < due_before
            self.later += due_before < due
        if seen:
            ease = Risk.BROKEN - risk if was < risk else NO_NEWS
            name, who = (row["conversation_id"], row["key"]), (row["author"], row["opened_at"])
            self.first.append(Touched(ease, due or NEVER, *name, *who, due_before, due, risk))

    def keep_first(self) -> None:
        """Let go of all but those to be shown."""
        self.first = heapq.nsmallest(SHOWN, self.first)


def _said(aim: Aim | None) -> tuple[str, datetime, datetime] | None:
    """What a waiting shows of its promise."""
    return (aim.policy.id, aim.due, aim.risk) if aim else None


async def _look(connection: Connection, by: Agent, edition: Edition, tally: Tally, *, is_first: bool) -> bool:
    """Count everybody who waits, or as many as are looked at; gives whether it was everybody."""
    terms = await stored_terms.load(connection, by.workspace_id)
    trial = Trial(connection, by, edition, terms, terms.followed_by(edition), is_first)
    last = (ALWAYS, UUID(int=0), "")
    while True:
        most = min(PAGE, MOST + 1 - tally.waiting)
        page = await connection.fetch(WAITING, by.workspace_id, *last, most)
        is_beyond = tally.waiting + len(page) > MOST
        some = page[: MOST - tally.waiting]
        await asyncio.to_thread(trial.count, some, await trial.wearing(some), tally)
        if is_beyond or len(page) < most:
            return not is_beyond
        last = (page[-1]["opened_at"], page[-1]["conversation_id"], page[-1]["key"])


@dataclass(slots=True)
class Trial:
    """One edition tried on pages of those who wait. `is_first`: nothing was promised before it."""

    connection: Connection
    by: Agent
    edition: Edition
    before: Terms
    after: Terms
    is_first: bool

    def count(self, page: Sequence[asyncpg.Record], wearing: Sequence[Wearing], tally: Tally) -> None:
        for row, (language, worn) in zip(page, wearing, strict=True):
            place = Place(str(row["channel_id"]), row["platform"], row["thread_kind"])
            waits = Waits(row["kind"], row["opened_at"], None, language)
            was, would = (_last(terms.aims(waits, place, worn)) for terms in (self.before, self.after))
            tally.add(row, was, would, seen=self.by.sees(row["channel_id"]))
        tally.keep_first()

    async def wearing(self, page: Sequence[asyncpg.Record]) -> list[Wearing]:
        """In which language each of them asked, and what is worn there, as the facts tell it."""
        homes = sorted({row["conversation_id"] for row in page})
        told = Told(await stored_facts.of_kinds(self.connection, self.by.workspace_id, homes, self._kinds()))
        if self.is_first:
            await self._wear_already(page, told)
        now = await self._contacts(page)
        return [self._wearing(row, told, now.get(row["author"], frozenset())) for row in page]

    def _kinds(self) -> list[type[f.Fact]]:
        contact: list[type[f.Fact]] = [f.ContactLabelled] if self.before.contact_tags else []
        asks_more = contact or self.after.languages
        texts: list[type[f.Fact]] = [f.Written, f.Edited] if asks_more else []
        return [f.Labelled, *contact, *texts]

    def _wearing(self, row: asyncpg.Record, told: Told, now: frozenset[str]) -> Wearing:
        home, item = row["conversation_id"], row["opening_item"]
        written = told.texts.get((home, item))
        opening = told.texts.get((home, row["key"]), written)
        worn = told.worn[home]
        contact = [(self.edition.valid_from - calendars.LEAD, now)] if now else []
        if opening:
            labelled = told.labelled[home]
            contact = [*contact_worn(row["author"], row["opened_at"], opening, labelled), *contact]
        language = (opening.language if opening else "") or (written.language if written else "")
        return Wearing(language, woven(worn, contact))

    async def _contacts(self, page: Sequence[asyncpg.Record]) -> dict[str, frozenset[str]]:
        """What they wear now as contacts, by author: told when an edition that looks at it is kept."""
        if not any(policy.match.contact_tags for policy in self.edition.policies):
            return {}
        people = sorted({UUID(row["author"]) for row in page if not row["author"].startswith("?")})
        worn = await wearing.of(self.connection, self.by.workspace_id, people, self.after.contact_tags)
        return {str(who): tags for who, tags in worn.items()}

    async def _wear_already(self, page: Sequence[asyncpg.Record], told: Told) -> None:
        """What conversations wear of which no fact tells yet: the first edition of all makes them."""
        bare = {row["conversation_id"]: row["priority"] for row in page if not told.worn[row["conversation_id"]]}
        found = await self.connection.fetch(
            """SELECT conversation_id, array_agg(name) AS tags FROM conversation_tag
               WHERE workspace_id = $1 AND conversation_id = ANY($2) GROUP BY conversation_id""",
            self.by.workspace_id,
            sorted(bare),
        )
        tags = {row["conversation_id"]: frozenset(row["tags"]) for row in found}
        for home, priority in bare.items():
            told.worn[home].append(Worn(ALWAYS, tags.get(home, frozenset()), priority))


class Wearing(NamedTuple):
    """The language that somebody asked in, and what was worn there."""

    language: str
    worn: list[Worn]


class Told:
    """Facts of many conversations, each in order, laid where they belong."""

    def __init__(self, facts: Sequence[tuple[UUID, f.AnyFact]]) -> None:
        self.worn: defaultdict[UUID, list[Worn]] = defaultdict(list)
        self.labelled: defaultdict[UUID, list[f.ContactLabelled]] = defaultdict(list)
        self.texts: dict[tuple[UUID, str], f.Written | f.Edited] = {}
        for home, fact in facts:
            match fact:
                case f.Labelled():
                    self.worn[home].append(Worn(fact.at, frozenset(fact.tags), fact.priority))
                case f.ContactLabelled():
                    self.labelled[home].append(fact)
                case f.Written():
                    self.texts.setdefault((home, fact.item), fact)
                case f.Edited():
                    self.texts[home, f"{fact.item}@{fact.tie:x}"] = fact


def _last(aims: Sequence[Aim]) -> Aim | None:
    return aims[-1] if aims else None


async def _named(connection: Connection, by: Agent, first: Sequence[Touched]) -> list[TouchedOut]:
    threads = await rows.conversations(connection, by.workspace_id, [one.conversation_id for one in first])
    known = [UUID(one.author) for one in first if not one.author.startswith("?")]
    people = await contacts.people(connection, by.workspace_id, known)
    nobody = PersonOut(identity_id=None, name="")
    return [
        TouchedOut(
            conversation=threads[one.conversation_id],
            person=nobody if one.author.startswith("?") else people.get(UUID(one.author), nobody),
            waits_since=one.waits_since,
            due_before=one.before,
            due=one.after,
            risk=one.risk,
            is_new=one.ease < NO_NEWS,
        )
        for one in first
        if one.conversation_id in threads
    ]
