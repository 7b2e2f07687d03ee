"""Why every waiting of a conversation is counted as it is, in sentences with names and times instead of ids."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import contacts, languages, threads
from inbox.ground.db import Connection, raw
from inbox.people.access import Agent
from inbox.realtime.shapes import PersonOut
from inbox.sla import ledger as sla_ledger
from inbox.sla import resolution_ledger, storage
from inbox.sla.episodes import Episode, Folded
from inbox.sla.ledger import Entry

MOST = 100  # episodes, the newest
SNIPPET = 40
SOMEBODY = "somebody"

# Where the ledger's own sentence would name what is nobody's, or nothing.
PLAINLY = {
    ("held", "team", ""): "Held by {agent}.",
    ("held", "agent", ""): "Nobody held it.",
    ("dismissed", "by", ""): "{item} needs no reply: {reason}",
}
SENTENCES = sla_ledger.SENTENCES | resolution_ledger.SENTENCES
WHAT = {"first_response": "a first answer", "next_response": "the next answer"}
CAUSES = {
    "answered": "answered",
    "deleted": "the customer deleted it",
    "removed": "it was removed",
    "edited_away": "an edit took the question away",
    "never_mind": "the customer did not need it any more",
    "by_phone": "answered by phone",
    "by_somebody_else": "somebody else helped",
    "other": "for another reason",
    "automatic": "it was written by a machine",
    "deleted_by_us": "we deleted it",
    "held": "the platform held it back",
    "failed": "the platform reported that it failed",
}


class LineOut(msgspec.Struct):
    """One line: the sentence in English, and the code and values it was made of."""

    at: datetime
    text: str
    code: str
    params: dict[str, str]


class EpisodeOut(msgspec.Struct, kw_only=True):
    """One waiting of one person. `customer_waited`: seconds; null while it goes on, or where nothing was asked.

    `resolution`: what it means for the resolution of its case, where one was promised.
    """

    id: str
    person: str
    state: str
    kind: str
    opened_at: datetime
    closed_at: datetime | None
    customer_waited: float | None
    closed_unanswered: bool
    before_connection: bool
    lines: list[LineOut]
    resolution: list[LineOut]


async def of(session: AsyncSession, conversation_id: UUID, *, by: Agent) -> list[EpisodeOut]:
    """The episodes of a conversation, the newest first, each with its ledger."""
    connection = await raw(session)
    await threads.find(connection, conversation_id, by)
    told: list[Told] = []
    refolded = await storage.look(connection, by.workspace_id, {conversation_id})
    cases = {one.case.key: one for one in refolded.resolutions}
    for folded in refolded.folds:
        for episode in _newest(folded, conversation_id):
            aims = refolded.aims.get((episode.conversation, episode.key), ())
            case = cases.get(episode.case) if episode.state != "never_asked" else None
            resolution = resolution_ledger.resolution_ledger(case, episode) if case else ()
            told.append(Told(episode, sla_ledger.ledger(folded, episode, aims), resolution))
    words = await _words(connection, by.workspace_id, told)
    return [_episode(one, words) for one in told]


def _newest(folded: Folded, conversation_id: UUID) -> list[Episode]:
    here = [episode for episode in folded.episodes if episode.conversation == str(conversation_id)]
    return here[: -MOST - 1 : -1]


@dataclass(frozen=True, slots=True)
class Told:
    """A waiting with its ledger, and what it means for the resolution of its case."""

    episode: Episode
    entries: tuple[Entry, ...]
    resolution: tuple[Entry, ...]


class Words:
    """What ids are called: colleagues by name, messages by how they begin, people as they are known."""

    def __init__(self, members: dict[str, str], messages: dict[str, str], people: dict[UUID, PersonOut]) -> None:
        self._members, self._messages, self._people = members, messages, people

    def author(self, author: str) -> str:
        person = None if author.startswith("?") else self._people.get(UUID(author))
        return (person.name or person.handle if person else "") or SOMEBODY.capitalize()

    def value(self, name: str, value: str) -> str:
        match name:
            case "item" | "answer":
                return self._messages.get(value, "a message that is gone")
            case "by" | "agent":
                return self._members.get(value, SOMEBODY) if value else "nobody"
            case "until":
                return f"{datetime.fromisoformat(value):%d %b %Y, %H:%M} UTC"
            case "spent" | "used" | "left":
                return _span(float(value))
            case "what":
                return WHAT.get(value, value)
            case "language":
                return languages.called(value)
            case "cause" | "why":
                return CAUSES.get(value, value)
            case _:
                return value


async def _words(connection: Connection, workspace_id: UUID, told: list[Told]) -> Words:
    params = [param for one in told for entry in one.entries for param in entry.params.items()]
    messages = await connection.fetch(
        "SELECT id, text, deleted_at, direction FROM message WHERE workspace_id = $1 AND id = ANY($2)",
        workspace_id,
        _ids(value for name, value in params if name in ("item", "answer")),
    )
    members = await connection.fetch(
        "SELECT user_id, name FROM membership WHERE workspace_id = $1 AND user_id = ANY($2)",
        workspace_id,
        _ids(value for name, value in params if name in ("by", "agent")),
    )
    people = await contacts.people(
        connection, workspace_id, _ids(one.episode.author for one in told if not one.episode.author.startswith("?"))
    )
    return Words(
        {str(row["user_id"]): row["name"] for row in members},
        {str(row["id"]): _snippet(row["text"], row["deleted_at"] is not None) for row in messages},
        people,
    )


def _span(seconds: float) -> str:
    """ "3 h 20 min", "5 min", "0 min": never days, which may mean either."""
    hours, minutes = divmod(int(seconds) // 60, 60)
    return " ".join(filter(None, [f"{hours} h" if hours else "", f"{minutes} min" if minutes or not hours else ""]))


def _ids(texts: Iterable[str]) -> list[UUID]:
    return sorted({UUID(text) for text in texts if text})


def _snippet(text: str, gone: bool) -> str:
    if gone:
        return "a deleted message"
    short = " ".join(text.split())
    if not short:
        return "a message without words"
    return f"“{short if len(short) <= SNIPPET else short[: SNIPPET - 1].rstrip() + '…'}”"


def _episode(told: Told, words: Words) -> EpisodeOut:
    episode = told.episode
    return EpisodeOut(
        id=episode.key,
        person=words.author(episode.author),
        state=episode.state,
        kind=episode.kind,
        opened_at=episode.opened_at,
        closed_at=episode.ended_at,
        customer_waited=episode.customer_waited.total_seconds() if episode.customer_waited is not None else None,
        closed_unanswered=episode.closed_unanswered,
        before_connection=episode.before_connection,
        lines=_lines(told.entries, words),
        resolution=_lines(told.resolution, words),
    )


def _lines(entries: tuple[Entry, ...], words: Words) -> list[LineOut]:
    return [LineOut(entry.at, _sentence(entry, words), entry.code, entry.params) for entry in entries]


def _sentence(entry: Entry, words: Words) -> str:
    said = SENTENCES[entry.code]
    for (code, name, value), plainly in PLAINLY.items():
        if entry.code == code and entry.params.get(name) == value:
            said = plainly
    text = said.format_map({name: words.value(name, value) for name, value in entry.params.items()})
    return text[:1].upper() + text[1:]
