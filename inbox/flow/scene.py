"""The picture one lane batch works on: everything its events touch, read in a few statements and written in a few.

Verbs in `placing` change the picture; `Scene.save` writes what changed, keys sorted, so that two batches never wait for
each other in a circle.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from inbox.flow import authors
from inbox.flow.letters import BRINGS, LETTER, LETTERS, THREAD, THREADS, Event, Letter, Place, Revision, Thread
from inbox.ground.crypto import Hasher
from inbox.ground.db import Connection
from inbox.ground.ids import new_id
from inbox.platforms.base import Act, Action, Attachment, Author, Incoming, Kind, PostContext, clean
from inbox.realtime.events import Happening
from inbox.realtime.rows import waiting_rank
from inbox.sla.facts import AnyFact
from inbox.sla.storage import Refolded
from inbox.sla.terms import Place as SlaPlace

FETCHED = frozenset({"image", "sticker", "video", "audio", "file"})


class Again(Exception):
    """Somebody else made a row this batch was about to make: look again."""


class Scene:
    """Everything a batch touches. `happenings` and `facts` gather what it has to tell."""

    def __init__(self, connection: Connection, workspace_id: UUID, now: datetime) -> None:
        self.connection, self.workspace_id, self.now = connection, workspace_id, now
        self.places: dict[UUID, Place] = {}
        self.identities: dict[tuple[str, str], UUID] = {}
        self.blocked: set[UUID] = set()  # of these people
        self.threads: dict[UUID, Thread] = {}
        self.keys: dict[tuple[UUID, str], list[Thread]] = {}
        self.letters: dict[tuple[UUID, str], Letter] = {}
        self.orphans: dict[tuple[UUID, str], list[Letter]] = {}
        self.posts: dict[tuple[UUID, str], UUID] = {}
        self.in_flight: set[UUID] = set()
        self.private_in_flight: set[UUID] = set()  # channels: nobody knows yet whose conversation it will open
        self.asked: set[UUID] = set()  # messages of this batch that need a reply
        self.answered: dict[UUID, list[Letter]] = {}  # by thread, what people answered elsewhere
        self.done: set[UUID] = set()  # threads that another moved into, where one of the two was resolved
        self.unsettled: set[UUID] = set()  # threads whose last line must be looked for again
        self.strays: dict[UUID, UUID] = {}
        self.afterwards: list[Callable[[], Awaitable[None]]] = []
        self.revisions: list[Revision] = []
        self.facts: list[AnyFact] = []
        self.happenings: list[Happening] = []
        self.hasher: Hasher | None = None  # there if one of these messages has let its words go
        self._threads_before: dict[UUID, Thread] = {}
        self._letters_before: dict[UUID, Letter] = {}

    # Reading

    async def load(self, events: list[Event]) -> None:
        """Read what these events touch. Contacts first, then conversations under lock, then their messages."""
        await self._load_places({event.channel_id for event in events})
        known = [event for event in events if event.channel_id in self.places]
        brought = [(self.places[event.channel_id].platform, event.incoming) for event in known]
        self.identities, self.blocked = await authors.meet(self.connection, self.workspace_id, brought)
        await self._load_threads(known)
        await self._load_letters(known)
        await self._load_posts(known)

    async def _load_places(self, ids: set[UUID]) -> None:
        for row in await self.connection.fetch(
            """SELECT id, platform, external_id, name, handle, connected_at, settings,
                   last_heard_at IS NULL OR last_heard_at < now() - interval '5 seconds' AS is_quiet FROM channel
               WHERE workspace_id = $1 AND id = ANY($2)""",
            self.workspace_id,
            list(ids),
        ):
            self.places[row["id"]] = Place(
                row["id"],
                row["platform"],
                row["external_id"],
                (row["name"], row["handle"]),
                row["connected_at"],
                msgspec.json.decode(row["settings"]),
                row["is_quiet"],
            )

    async def _load_threads(self, events: list[Event]) -> None:
        outside, written = _outside(events), _written(events)
        keys = sorted(
            {
                (e.channel_id, str(e.incoming.kind), clean(key))
                for e in events
                for key in (e.incoming.thread, e.incoming.parent, e.incoming.external_id)
                if key
            }
            | {(e.channel_id, str(Kind.MENTION), clean(e.incoming.root)) for e in events if e.incoming.root}
        )
        # LATERAL with LIMIT keeps every look-up on its unique index, also while a table is too young for statistics.
        ids = await self.connection.fetch(
            """SELECT f.id FROM unnest($2::uuid[], $3::text[]) AS k(channel_id, name), LATERAL (
                   SELECT conversation_id AS id FROM message m WHERE m.workspace_id = $1
                       AND m.channel_id = k.channel_id AND m.external_id = k.name LIMIT 1) f
               UNION SELECT f.id FROM unnest($4::uuid[], $5::text[]) AS k(channel_id, name), LATERAL (
                   SELECT conversation_id AS id FROM message m WHERE m.workspace_id = $1
                       AND m.channel_id = k.channel_id AND m.parent_external_id = k.name
                       AND m.parent_external_id IS NOT NULL AND m.parent_id IS NULL LIMIT 1000) f
               UNION SELECT f.id FROM unnest($6::uuid[], $7::text[], $8::text[]) AS k(channel_id, kind, name), LATERAL (
                   SELECT id FROM conversation c WHERE c.workspace_id = $1
                       AND c.channel_id = k.channel_id AND c.kind = k.kind AND c.thread_key = k.name LIMIT 1) f
               UNION SELECT f.id FROM unnest($6::uuid[], $8::text[]) AS k(channel_id, name), LATERAL (
                   SELECT id FROM conversation c WHERE c.workspace_id = $1
                       AND c.channel_id = k.channel_id AND c.thread_key = k.name AND c.provisional LIMIT 1) f""",
            self.workspace_id,
            *_pairs(outside),
            *_pairs(written),
            [channel_id for channel_id, _, _ in keys],
            [kind for _, kind, _ in keys],
            [key for _, _, key in keys],
        )
        await self.lock(sorted(row["id"] for row in ids))
        if any(event.incoming.ours or event.incoming.act in (Act.READ, Act.DELIVERED) for event in events):
            await self._load_sends()
        if heard := {event.channel_id for event in events if event.incoming.act in (Act.READ, Act.DELIVERED)}:
            await self._load_private_replies(heard)

    async def lock(self, ids: list[UUID]) -> None:
        """Bring these conversations into the picture and hold them until COMMIT."""
        if not ids:
            return
        for row in await self.connection.fetch(
            f"""SELECT {", ".join(THREAD)} FROM conversation
                WHERE workspace_id = $1 AND id = ANY($2) ORDER BY id FOR NO KEY UPDATE""",
            self.workspace_id,
            ids,
        ):
            self.add_thread(Thread(**dict(row)))
            self._threads_before[row["id"]] = Thread(**dict(row))

    async def _load_sends(self) -> None:
        """Where something of ours is on its way: an echo or a receipt there may be of it."""
        busy = await self.connection.fetch(
            """SELECT DISTINCT conversation_id FROM outbound_message
               WHERE workspace_id = $1 AND conversation_id = ANY($2)
                   AND state IN ('sending', 'unknown')""",
            self.workspace_id,
            sorted(self.threads),
        )
        self.in_flight = {row["conversation_id"] for row in busy}

    async def _load_private_replies(self, channels: set[UUID]) -> None:
        busy = await self.connection.fetch(
            """SELECT DISTINCT channel_id FROM outbound_message
               WHERE workspace_id = $1 AND channel_id = ANY($2) AND action = $3 AND state IN ('sending', 'unknown')""",
            self.workspace_id,
            sorted(channels),
            Action.PRIVATE_REPLY,
        )
        self.private_in_flight = {row["channel_id"] for row in busy}

    async def _load_letters(self, events: list[Event]) -> None:
        outside, written = _outside(events), _written(events)
        shown = ", ".join(f"m.{name}" for name in LETTER)
        for row in await self.connection.fetch(
            f"""SELECT f.* FROM unnest($2::uuid[], $3::text[]) AS k(channel_id, name), LATERAL (
                    SELECT {shown} FROM message m WHERE m.workspace_id = $1
                        AND m.channel_id = k.channel_id AND m.external_id = k.name LIMIT 1) f
                UNION ALL SELECT f.* FROM unnest($4::uuid[], $5::text[]) AS k(channel_id, name), LATERAL (
                    SELECT {shown} FROM message m WHERE m.workspace_id = $1
                        AND m.channel_id = k.channel_id AND m.parent_external_id = k.name
                        AND m.parent_external_id IS NOT NULL AND m.parent_id IS NULL LIMIT 1000) f""",
            self.workspace_id,
            *_pairs(outside),
            *_pairs(written),
        ):
            letter = _letter(row)
            if letter.conversation_id not in self.threads:
                raise Again  # it arrived after we looked which conversations to lock
            known = letter.external_id is not None and self.letters.get((letter.channel_id, letter.external_id))
            if not known:
                self.add_letter(letter)
                self._letters_before[letter.id] = _letter(row)
            if letter.parent_id is None and (letter.channel_id, letter.parent_external_id or "") in written:
                kept = self.letters.get((letter.channel_id, letter.external_id or ""), letter)
                waiting = self.orphans.setdefault((letter.channel_id, letter.parent_external_id or ""), [])
                if kept not in waiting:
                    waiting.append(kept)

    async def _load_posts(self, events: list[Event]) -> None:
        posts: dict[tuple[UUID, str], PostContext] = {}
        for event in events:
            if event.incoming.post and event.incoming.post.external_id:
                key = (event.channel_id, clean(event.incoming.post.external_id))
                if key not in posts or len(event.incoming.post.text) > len(posts[key].text):
                    posts[key] = event.incoming.post
        if not posts:
            return
        keys = sorted(posts)
        # The longer text wins: a webhook may know only the id of a post that a poll knows in full.
        for row in await self.connection.fetch(
            """INSERT INTO post (workspace_id, id, channel_id, external_id, text, permalink, picture_url, at)
               SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
                                        $8::timestamptz[])
               ON CONFLICT (workspace_id, channel_id, external_id) DO UPDATE SET
                   text = CASE WHEN length(excluded.text) > length(post.text) THEN excluded.text ELSE post.text END,
                   permalink = coalesce(nullif(excluded.permalink, ''), post.permalink),
                   picture_url = coalesce(nullif(excluded.picture_url, ''), post.picture_url),
                   at = coalesce(excluded.at, post.at)
               RETURNING id, channel_id, external_id""",
            self.workspace_id,
            [new_id() for _ in keys],
            [channel_id for channel_id, _ in keys],
            [external_id for _, external_id in keys],
            [clean(posts[key].text) for key in keys],
            [clean(posts[key].permalink) for key in keys],
            [clean(posts[key].picture_url) for key in keys],
            [posts[key].at for key in keys],
        ):
            self.posts[row["channel_id"], row["external_id"]] = row["id"]

    # What verbs ask and change

    def add_thread(self, thread: Thread) -> Thread:
        self.threads[thread.id] = thread
        self.keys.setdefault((thread.channel_id, thread.thread_key), []).append(thread)
        return thread

    def add_letter(self, letter: Letter) -> Letter:
        if letter.external_id is not None:
            self.letters[letter.channel_id, letter.external_id] = letter
        if letter.new and letter.parent_external_id and letter.parent_id is None:
            self.orphans.setdefault((letter.channel_id, letter.parent_external_id), []).append(letter)
        return letter

    def letter(self, channel_id: UUID, external_id: str) -> Letter | None:
        return self.letters.get((channel_id, clean(external_id)))

    def identity(self, platform: str, author: Author | None) -> UUID | None:
        return self.identities.get((platform, clean(author.external_id))) if author else None

    def counted(self, thread: UUID) -> UUID | None:
        """Whom a thread began with, if they are among its participants already; who else is must be looked for."""
        before = self._threads_before.get(thread)
        return before.identity_id if before and before.participants else None

    def tell(self, name: str, letter: Letter | None = None, thread: UUID | None = None) -> None:
        """Say what happened, once for each message and name."""
        conversation = letter.conversation_id if letter else thread
        message = letter.id if letter else None
        if not any(
            h.name == name and h.message == message and h.conversation == conversation for h in self.happenings[-8:]
        ):
            self.happenings.append(Happening(name, conversation, message))

    def stand(self, refolded: Refolded) -> None:
        """Take over who waits and what is answered, so that each row is written once."""
        for name, waiting in refolded.waiting.items():
            if thread := self.threads.get(name):
                thread.waiting_since, thread.waiting_count = waiting.since, waiting.count
                thread.due_at, thread.due_for, thread.risk = waiting.due, waiting.due_for, waiting.risk
                thread.imported = waiting.imported
        for letter in self._all_letters():
            if letter.conversation_id in refolded.waiting and letter.direction == "in":
                letter.answered = letter.id in refolded.answered

    @property
    def let_go(self) -> bool:
        """Whether a message among these is known by a hash of its words alone."""
        return any(letter.said is not None for letter in self._all_letters())

    @property
    def fresh(self) -> frozenset[UUID]:
        """Conversations this batch has made."""
        return frozenset(thread.id for thread in self.threads.values() if thread.new)

    @property
    def fresh_places(self) -> dict[UUID, SlaPlace]:
        """Where they are, who have no rows yet."""
        return {
            thread.id: SlaPlace(str(thread.channel_id), thread.platform, thread.kind)
            for thread in self.threads.values()
            if thread.new
        }

    # Writing

    async def save(self) -> None:
        """Write what changed. Raises Again if another transaction made one of our rows first."""
        threads = sorted(self.threads.values(), key=lambda thread: thread.id)
        for thread in threads:
            thread.waiting_rank = waiting_rank(thread.waiting_since, thread.due_at, thread.last_message_at)
        fresh = [thread for thread in threads if thread.new]
        changed = [t for t in threads if not t.new and t != self._threads_before.get(t.id)]
        if fresh:
            made = await self.connection.execute(*THREADS.inserted(self.workspace_id, fresh))
            if made != f"INSERT 0 {len(fresh)}":
                raise Again
        if changed:
            await self.connection.execute(*THREADS.updated(self.workspace_id, changed, self._threads_before))
        letters = sorted({letter.id: letter for letter in self._all_letters()}.values(), key=lambda letter: letter.id)
        fresh_letters = [letter for letter in letters if letter.new]
        changed_letters = [
            letter for letter in letters if not letter.new and letter != self._letters_before.get(letter.id)
        ]
        if fresh_letters:
            made = await self.connection.execute(*LETTERS.inserted(self.workspace_id, fresh_letters))
            if made != f"INSERT 0 {len(fresh_letters)}":
                raise Again
            await self._save_files(fresh_letters)
        if changed_letters:
            await self.connection.execute(*LETTERS.updated(self.workspace_id, changed_letters, self._letters_before))
            told = {happening.message for happening in self.happenings}
            self.happenings += [
                Happening("message.counted", letter.conversation_id, letter.id)
                for letter in changed_letters
                if letter.id not in told
            ]
        if self.revisions:
            await self.connection.execute(
                """INSERT INTO message_revision (workspace_id, message_id, revision, text, attachments, at)
                   SELECT $1, m, r, t, a::jsonb, at
                   FROM unnest($2::uuid[], $3::int[], $4::text[], $5::text[], $6::timestamptz[]) AS g(m, r, t, a, at)
                   ON CONFLICT DO NOTHING""",
                self.workspace_id,
                [r.message_id for r in self.revisions],
                [r.revision for r in self.revisions],
                [r.text for r in self.revisions],
                [msgspec.json.encode(r.attachments).decode() for r in self.revisions],
                [r.at for r in self.revisions],
            )

    async def _save_files(self, letters: list[Letter]) -> None:
        """What came with them is fetched soon, while its links live."""
        files = [
            (letter, position)
            for letter in letters
            for position, one in enumerate(letter.attachments)
            if one.type in FETCHED and (one.url or one.external_id)
        ]
        if files:
            await self.connection.execute(
                """INSERT INTO attachment (workspace_id, id, message_id, channel_id, position)
                   SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::smallint[])""",
                self.workspace_id,
                [new_id() for _ in files],
                [letter.id for letter, _ in files],
                [letter.channel_id for letter, _ in files],
                [position for _, position in files],
            )

    async def follow_up(self) -> None:
        """Do what had to wait until the rows were written."""
        for verb in self.afterwards:
            await verb()

    def _all_letters(self) -> Iterable[Letter]:
        yield from self.letters.values()
        for waiting in self.orphans.values():
            yield from waiting


def _outside(events: list[Event]) -> list[tuple[UUID, str]]:
    """Every message these events name, by its id on the platform."""
    return sorted({(e.channel_id, clean(name)) for e in events for name in _names(e.incoming) if name})


def _written(events: list[Event]) -> list[tuple[UUID, str]]:
    """The messages these events bring, for which earlier replies may be waiting."""
    return sorted({(e.channel_id, clean(e.incoming.external_id)) for e in events if e.incoming.act in BRINGS})


def _pairs(pairs: list[tuple[UUID, str]]) -> tuple[list[UUID], list[str]]:
    return [channel_id for channel_id, _ in pairs], [name for _, name in pairs]


def _names(incoming: Incoming) -> Iterable[str]:
    yield incoming.external_id
    yield incoming.parent
    yield incoming.root
    yield from incoming.message_ids


def _letter(row: asyncpg.Record) -> Letter:
    values = dict(row)
    values["attachments"] = msgspec.json.decode(values["attachments"], type=list[Attachment])
    values["named"] = list(values["named"])
    return Letter(**values)
