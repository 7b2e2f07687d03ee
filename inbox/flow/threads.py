"""Threads as wholes: finding one, counting who is in it, and moving one that began before its root had come."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from inbox.desk import notifications, status
from inbox.flow import placing
from inbox.flow.letters import Event, Letter, preview
from inbox.flow.scene import Scene
from inbox.ground import clock
from inbox.ground.db import Connection
from inbox.platforms.base import Act, Kind, clean
from inbox.realtime.events import Happening
from inbox.realtime.rows import attachments
from inbox.sla import packed_weeks, resolution_rows, storage, stored_facts, versions
from inbox.sla.episodes import Episode
from inbox.sla.facts import AnyFact, Linked, Merged, Resolved, tie_of
from inbox.sla.storage import Refolded


def find(scene: Scene, event: Event) -> UUID | None:
    """The conversation an echo belongs to, if we have it."""
    incoming = event.incoming
    for thread in scene.keys.get((event.channel_id, clean(incoming.thread)), ()):
        if thread.kind == incoming.kind:
            return thread.id
    parent = scene.letter(event.channel_id, incoming.parent) if incoming.parent else None
    return parent.conversation_id if parent else None


def settle(scene: Scene, letter: Letter) -> None:
    """A new message is in: replies that came before it find it, and their makeshift threads will follow."""
    for stray in placing.adopt(scene, letter, scene.threads[letter.conversation_id]):
        scene.strays[stray.id] = letter.conversation_id


def settle_statuses(scene: Scene, refolded: Refolded) -> list[AnyFact]:
    """What the queue makes of it, by who waits now: so a question whose answer came first reopens nothing.

    Gives the facts that say which threads the answers of this batch have taken off the queue.
    """
    resolved: set[UUID] = set()
    for name, waiting in refolded.waiting.items():
        thread = scene.threads.get(name)
        if thread is None:
            continue
        if scene.asked & {UUID(item) for item in waiting.items}:
            new = status.after_inbound(thread.status, needs_reply=True)
        elif name in scene.answered:
            was = status.OPEN if thread.new else thread.status
            new = status.after_answer(was, thread.kind, waiting=waiting.count)
        elif name in scene.done and not _reopened(refolded, name):
            new = status.after_answer(thread.status, thread.kind, waiting=waiting.count)
        else:
            continue
        if new != thread.status:
            thread.status = new
            thread.resolved_at = scene.now if new == status.RESOLVED else None
            if new == status.OPEN:
                thread.snoozed_until = None
            if new == status.RESOLVED:
                resolved.add(name)
    return _resolves(scene, refolded, resolved)


def _reopened(refolded: Refolded, name: UUID) -> bool:
    """Whether anybody ever put it back on the queue by hand."""
    threads = (folded.gathered.threads.get(str(name)) for folded in refolded.folds)
    return any(thread.reopened for thread in threads if thread)


async def settle_moved(scene: Scene, refolded: Refolded) -> list[AnyFact]:
    """The same where threads were moved: what their rows became is known only afterwards."""
    rows = await scene.connection.fetch(
        """SELECT id, status, resolved_at, snoozed_until FROM conversation WHERE workspace_id = $1 AND id = ANY($2)""",
        scene.workspace_id,
        sorted(refolded.waiting.keys() & scene.threads.keys()),
    )
    before = {}
    for row in rows:
        thread = scene.threads[row["id"]]
        thread.status, thread.resolved_at, thread.snoozed_until = (
            row["status"],
            row["resolved_at"],
            row["snoozed_until"],
        )
        before[thread.id] = thread.status
    facts = settle_statuses(scene, refolded)
    changed = [scene.threads[name] for name, was in before.items() if scene.threads[name].status != was]
    if changed:
        await scene.connection.execute(
            """UPDATE conversation c SET status = g.status, resolved_at = g.resolved, snoozed_until = g.snoozed,
                   version = version + 1
               FROM unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[])
                   AS g(id, status, resolved, snoozed)
               WHERE c.workspace_id = $1 AND c.id = g.id""",
            scene.workspace_id,
            [thread.id for thread in changed],
            [thread.status for thread in changed],
            [thread.resolved_at for thread in changed],
            [thread.snoozed_until for thread in changed],
        )
    return facts


def _resolves(scene: Scene, refolded: Refolded, resolved: set[UUID]) -> list[AnyFact]:
    """An answer that leaves nobody waiting in public resolves the thread, at the answer's own time.

    So it is one fact whatever came first, and however late we hear of it; where something else than the answer let the
    last one go, or an agent had reopened the thread since, it is resolved now.
    """
    facts: list[AnyFact] = []
    folds = {name: folded for folded in refolded.folds for name in folded.conversations}
    for name, letters in scene.answered.items():
        thread, folded = scene.threads[name], folds.get(str(name))
        if folded is None or thread.kind == Kind.DM or thread.status == status.SNOOZED:
            continue
        letters = sorted(letters, key=lambda letter: letter.at)
        own = [episode for episode in folded.episodes if episode.conversation == str(name)]
        said = [_resolved(scene, letter, letter.at) for letter in letters if not any(_waits(e, letter) for e in own)]
        reopened = folded.gathered.threads[str(name)].reopened
        if name in resolved and (not said or (reopened and reopened[-1].at >= said[-1].at)):
            said[-1:] = [_resolved(scene, letters[-1], max(scene.now, letters[-1].at))]
        facts += said
    return facts


def _resolved(scene: Scene, letter: Letter, at: datetime) -> Resolved:
    home = scene.strays.get(letter.conversation_id, letter.conversation_id)
    return Resolved(
        conversation=str(home), at=at, recorded_at=scene.now, tie=tie_of(f"resolved:{letter.external_id}"), by=""
    )


def _waits(episode: Episode, letter: Letter) -> bool:
    """Whether somebody waits on the queue when this is said; what was back-filled is a story of its own."""
    return (
        episode.before_connection == letter.before_connection
        and episode.opened_at <= letter.at
        and (episode.ended_at is None or episode.ended_at > letter.at)
        and not (episode.closed_unanswered or episode.state == "never_asked")
    )


async def count_people(scene: Scene) -> None:
    """Participants of the threads that somebody wrote in; a DM has one."""
    fresh: dict[UUID, set[UUID]] = {}
    for letter in scene.letters.values():
        if letter.new and letter.direction == "in" and letter.identity_id:
            fresh.setdefault(letter.conversation_id, set()).add(letter.identity_id)
    known: set[tuple[UUID, UUID]] = set()
    old = []
    for thread in fresh:
        if scene.threads[thread].new:
            continue
        if first := scene.counted(thread):
            known.add((thread, first))
        if any((thread, identity) not in known for identity in fresh[thread]):
            old.append(thread)
    if old:
        found = await scene.connection.fetch(
            """SELECT DISTINCT conversation_id, identity_id FROM message
               WHERE workspace_id = $1 AND conversation_id = ANY($2) AND identity_id = ANY($3)""",
            scene.workspace_id,
            old,
            list({identity for thread in old for identity in fresh[thread]}),
        )
        known |= {(row["conversation_id"], row["identity_id"]) for row in found}
    for thread, identities in fresh.items():
        scene.threads[thread].participants += len({i for i in identities if (thread, i) not in known})


async def settle_previews(scene: Scene) -> None:
    """The last line of threads in which something was edited, deleted or came late: the newest that still stands."""
    if not scene.unsettled:
        return
    rows = await scene.connection.fetch(
        """SELECT k.id AS thread, m.* FROM unnest($2::uuid[]) AS k(id) LEFT JOIN LATERAL (
               SELECT text, attachments, unsupported, direction, visibility FROM message
               WHERE workspace_id = $1 AND conversation_id = k.id AND deleted_at IS NULL
               ORDER BY at DESC, external_id DESC, id DESC LIMIT 1) m ON true""",
        scene.workspace_id,
        sorted(scene.unsettled),
    )
    lines = []
    for row in rows:
        if row["direction"] is None:
            lines.append((row["thread"], "", "customer"))
            continue
        line = preview(row["text"], attachments(row["attachments"]), row["unsupported"])
        by = "customer" if row["direction"] == "in" else "note" if row["visibility"] == "note" else "us"
        lines.append((row["thread"], line, by))
    await scene.connection.execute(
        """UPDATE conversation c SET preview = g.line, preview_by = g.by
           FROM unnest($2::uuid[], $3::text[], $4::text[]) AS g(id, line, by)
           WHERE c.workspace_id = $1 AND c.id = g.id AND (c.preview, c.preview_by) <> (g.line, g.by)""",
        scene.workspace_id,
        [thread for thread, _, _ in lines],
        [line for _, line, _ in lines],
        [by for _, _, by in lines],
    )


async def said_today(scene: Scene, event: Event, *, other_than: UUID | None) -> int:
    """In how many other threads of the channel this very text was written elsewhere within a day."""
    text = clean(event.incoming.text)
    if not text:
        return 0
    stored = await scene.connection.fetch(
        """SELECT DISTINCT conversation_id FROM message
           WHERE workspace_id = $1 AND channel_id = $2 AND elsewhere <> '' AND at BETWEEN $3 AND $4 AND text = $5""",
        scene.workspace_id,
        event.channel_id,
        event.incoming.at - timedelta(days=1),
        event.incoming.at + timedelta(days=1),
        text,
    )
    here = {
        letter.conversation_id
        for letter in scene.letters.values()
        if letter.new and letter.elsewhere and letter.text == text
    }
    return len(({row["conversation_id"] for row in stored} | here) - {other_than})


async def watermark(scene: Scene, event: Event) -> None:
    """They received or read what we wrote, up to an instant or by name. A status never goes backwards.

    A private reply stands below the comment it answers; its reader is heard of in the conversation it opened.
    """
    incoming = event.incoming
    column = "read_at" if incoming.act is Act.READ else "delivered_at"
    marked = f"""UPDATE message SET {column} = $3, version = version + 1
        WHERE workspace_id = $1 AND direction = 'out' AND delivery = 'sent' AND {column} IS NULL"""
    if incoming.message_ids:
        rows = await scene.connection.fetch(
            f"{marked} AND channel_id = $2 AND external_id = ANY($4) RETURNING id, conversation_id",
            scene.workspace_id,
            event.channel_id,
            incoming.at,
            [clean(name) for name in incoming.message_ids],
        )
    elif thread := find(scene, event):
        linked = await stored_facts.of_kind(scene.connection, scene.workspace_id, thread, Linked)
        rows = await scene.connection.fetch(
            f"{marked} AND at <= $3 AND (conversation_id = $2 OR id = ANY($4)) RETURNING id, conversation_id",
            scene.workspace_id,
            thread,
            incoming.at,
            [UUID(link.reply) for link in linked if link.reply and link.private == str(thread)],
        )
    else:
        return
    name = "message.read" if incoming.act is Act.READ else "message.delivered"
    scene.happenings += [Happening(name, row["conversation_id"], row["id"]) for row in rows]


async def move_strays(scene: Scene) -> None:
    """Every thread that had to begin without its root joins the one its root stands in."""
    for stray, home in sorted(scene.strays.items()):
        while home in scene.strays:  # where it was to go is itself on the move
            home = scene.strays[home]
        scene.strays[stray] = home
        if status.RESOLVED in (scene.threads[stray].status, scene.threads[home].status):
            scene.done.add(home)
        scene.unsettled.add(home)  # its last line may be one of theirs
        # Older facts keep the name they were told under; this one says where it leads, also to whom they tie it.
        merged = Merged(
            conversation=str(stray), at=scene.now, recorded_at=scene.now, tie=tie_of(f"merged:{stray}"), into=str(home)
        )
        await move(scene.connection, scene.workspace_id, merged)
        scene.facts = [
            msgspec.structs.replace(fact, conversation=str(home)) if fact.conversation == str(stray) else fact
            for fact in scene.facts
        ]
        if letters := scene.answered.pop(stray, None):
            scene.answered.setdefault(home, []).extend(letters)
        for happening in scene.happenings:
            if happening.conversation == stray:
                happening.conversation = home
        scene.happenings.append(Happening("conversation.moved", home))
        scene.happenings.append(
            Happening("conversation.forgotten", forget=stray, channel_id=scene.threads[stray].channel_id)
        )


async def move(connection: Connection, workspace_id: UUID, merged: Merged) -> None:
    """Put everything of one conversation into another, and let the empty one go."""
    stray, home = UUID(merged.conversation), UUID(merged.into)
    for other in await stored_facts.hold_tied(connection, workspace_id, stray):
        await stored_facts.append(connection, workspace_id, [merged], under=other)
    await stored_facts.append(connection, workspace_id, [merged], under=home)
    for table in ("message", "mention", "fact", "outbound_message", "audit_entry", "rule_look"):
        await connection.execute(
            f"UPDATE {table} SET conversation_id = $3 WHERE workspace_id = $1 AND conversation_id = $2",
            workspace_id,
            stray,
            home,
        )
    for table, column in (("conversation_tag", "name"), ("read_mark", "user_id"), ("draft", "user_id")):
        await connection.execute(
            f"""UPDATE {table} t SET conversation_id = $3 WHERE workspace_id = $1 AND conversation_id = $2
                AND NOT EXISTS (SELECT 1 FROM {table} o WHERE o.workspace_id = $1 AND o.conversation_id = $3
                                AND o.{column} = t.{column})""",
            workspace_id,
            stray,
            home,
        )
    await notifications.move(connection, workspace_id, stray, home)
    await connection.execute(
        """UPDATE conversation h SET version = h.version + 1,
               message_count = h.message_count + s.message_count,
               participants = (SELECT count(DISTINCT identity_id) FROM message m
                               WHERE m.workspace_id = $1 AND m.conversation_id = $3 AND m.direction = 'in'),
               last_inbound_at = greatest(h.last_inbound_at, s.last_inbound_at),
               preview = CASE WHEN s.last_message_at > h.last_message_at THEN s.preview ELSE h.preview END,
               preview_by = CASE WHEN s.last_message_at > h.last_message_at THEN s.preview_by ELSE h.preview_by END,
               last_message_at = greatest(h.last_message_at, s.last_message_at),
               assignee_id = coalesce(h.assignee_id, s.assignee_id),
               team_id = coalesce(h.team_id, s.team_id),
               hands_off = h.hands_off OR s.hands_off,
               problems = h.problems + s.problems,
               held = h.held + s.held,
               status = CASE WHEN 'open' IN (h.status, s.status) THEN 'open' ELSE h.status END,
               resolved_at = CASE WHEN s.status = 'open' THEN NULL ELSE h.resolved_at END,
               snoozed_until = CASE WHEN s.status = 'open' THEN NULL ELSE h.snoozed_until END,
               snoozed_by = CASE WHEN s.status = 'open' THEN NULL ELSE h.snoozed_by END,
               linked_id = coalesce(h.linked_id, s.linked_id),
               post_id = coalesce(h.post_id, s.post_id)
           FROM conversation s
           WHERE h.workspace_id = $1 AND h.id = $3 AND s.workspace_id = $1 AND s.id = $2""",
        workspace_id,
        stray,
        home,
    )
    await connection.execute(
        "UPDATE conversation SET linked_id = $3, version = version + 1 WHERE workspace_id = $1 AND linked_id = $2",
        workspace_id,
        stray,
        home,
    )
    now = clock.now()
    opened = await versions.keep_all_of(connection, workspace_id, stray, now)
    await resolution_rows.keep_all_of(connection, workspace_id, stray, now)
    await connection.execute("DELETE FROM conversation WHERE workspace_id = $1 AND id = $2", workspace_id, stray)
    await packed_weeks.spoil(connection, workspace_id, opened)
    await storage.refold(connection, workspace_id, {home}, known_at=now)
