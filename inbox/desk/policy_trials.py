"""Whom other policies would make late, said before they are kept. Nothing is changed.

    await policy_trials.tell(session, wanted, by=admin)

Everybody who waits is promised again what they were, and what the edition would promise them, by the same sums as when
it is kept; those who waited longest are looked at first.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar
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
from inbox.sla.spending import Span, spans_of
from inbox.sla.terms import Aim, Allowed, Edition, Place, Terms, Waits, Worn, woven

AnyAim = TypeVar("AnyAim", Aim, Allowed)

MOST = 20_000  # people looked at: some three seconds
PAGE = 1000
SHOWN = 20
ALWAYS = datetime(1, 1, 1, tzinfo=UTC)
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
NO_NEWS = 2  # neither late nor at risk because of it

WAITING = """
SELECT e.conversation_id, e.key, e.kind, e.author, e.opened_at, e.opening_item, e.channel_id, e.thread_kind, e.case_key,
       c.platform, c.priority
FROM episode e CROSS JOIN LATERAL (
    SELECT platform, priority FROM conversation c WHERE c.workspace_id = $1 AND c.id = e.conversation_id LIMIT 1) c
WHERE e.workspace_id = $1 AND e.state = 'waiting' AND (e.opened_at, e.conversation_id, e.key) > ($2, $3, $4)
    AND NOT e.before_connection
ORDER BY e.opened_at, e.conversation_id, e.key LIMIT $5
"""

# Every waiting of their cases; part of one may be in the conversation that a private reply ties to theirs.
OF_CASES = """
SELECT e.conversation_id, e.key, e.author, e.opened_at, e.ended_at, e.opening_item, e.channel_id, e.thread_kind,
       e.case_key, c.platform, c.priority
FROM conversation c JOIN episode e ON e.workspace_id = $1 AND e.conversation_id = c.id
WHERE c.workspace_id = $1 AND c.id = ANY(ARRAY(
        SELECT unnest(ARRAY[h.id, h.linked_id]) FROM conversation h WHERE h.workspace_id = $1 AND h.id = ANY($2)))
    AND e.case_key = ANY($3) AND e.state <> 'never_asked' AND NOT e.before_connection
ORDER BY e.opened_at, e.key
"""


class TouchedOut(msgspec.Struct, kw_only=True):
    """Somebody whose promise would change. `due_before`, `due`: UTC, of an answer or of the resolution of their case,
    whichever ends first; null: none. `risk`: 2 late, 1 at risk, 0 neither;
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
    `people`: the first of `changed` in channels that one sees, those late first, by how late.
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
    )


@dataclass(frozen=True, eq=False)
class Promised:
    """What somebody who waits is promised: an answer, and the resolution of their case."""

    answer: Aim | None
    resolution: Allowed | None = None

    @property
    def due(self) -> datetime | None:
        """The first of the two."""
        return min((due for _, due, _ in self._said), default=None)

    def risk(self, at: datetime) -> Risk:
        """The worse of the two."""
        return max((risk_of(due, risk, at) for _, due, risk in self._said), default=Risk.NONE)

    @property
    def _said(self) -> list[tuple[str, datetime, datetime | None]]:
        both = (self.answer, self.resolution)
        return [(one.policy.id, one.due, one.risk) for one in both if one is not None and one.due is not None]

    def is_as(self, other: Promised) -> bool:
        """Whether nobody would see a difference."""
        return self._said == other._said


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

    def add(self, row: asyncpg.Record, before: Promised, after: Promised, *, seen: bool) -> None:
        """Somebody waits who is promised the one, and would be promised the other."""
        self.waiting += 1
        if before.is_as(after):
            return
        self.changed += 1
        due_before, due = before.due, after.due
        was, risk = before.risk(self.at), after.risk(self.at)
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
        await asyncio.to_thread(trial.count, some, await trial.wearing(some), await trial.cases(some), tally)
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

    def count(
        self,
        page: Sequence[asyncpg.Record],
        wearing: Sequence[Wearing],
        cases: Mapping[str, Case],
        tally: Tally,
    ) -> None:
        for row, (language, worn) in zip(page, wearing, strict=True):
            waits = Waits(row["kind"], row["opened_at"], None, language)
            was, would = (
                Promised(_last(terms.aims(waits, _place(row), worn)), cases[row["case_key"]].allowed(terms))
                if row["case_key"] in cases
                else Promised(_last(terms.aims(waits, _place(row), worn)))
                for terms in (self.before, self.after)
            )
            tally.add(row, was, would, seen=self.by.sees(row["channel_id"]))
        tally.keep_first()

    async def cases(self, page: Sequence[asyncpg.Record]) -> dict[str, Case]:
        """The cases in which they wait, by key, where a resolution is or would be promised to anybody."""
        if not (self.before.for_resolutions or self.after.for_resolutions):
            return {}
        found: defaultdict[str, list[asyncpg.Record]] = defaultdict(list)
        for row in await self.connection.fetch(
            OF_CASES,
            self.by.workspace_id,
            sorted({row["conversation_id"] for row in page}),
            sorted({row["case_key"] for row in page}),
        ):
            found[row["case_key"]].append(row)
        first = [waitings[0] for waitings in found.values()]
        return {
            row["case_key"]: Case(
                _place(row),
                spans_of((one["opened_at"], one["ended_at"]) for one in found[row["case_key"]]),
                *wearing,
            )
            for row, wearing in zip(first, await self.wearing(first), strict=True)
        }

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


class Case(NamedTuple):
    """Where a case began, when somebody waited in it, and what policies look at of its opening."""

    place: Place
    spans: tuple[Span, ...]
    language: str
    worn: list[Worn]

    def allowed(self, terms: Terms) -> Allowed | None:
        """What is promised for its resolution."""
        return _last(terms.allowed(self.spans, self.place, self.worn, self.language))


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


def _place(row: asyncpg.Record) -> Place:
    return Place(str(row["channel_id"]), row["platform"], row["thread_kind"])


def _last(aims: Sequence[AnyAim]) -> AnyAim | None:
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
