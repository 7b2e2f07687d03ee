"""A workspace with years behind it: tens of thousands of conversations, laid down at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

TABLES = (
    "attachment",
    "draft",
    "contact",
    "contact_identity",
    "contact_merge",
    "contact_note",
    "contact_tag",
    "contact_field",
    "contact_value",
    "post",
    "conversation",
    "conversation_tag",
    "message",
    "audit_entry",
    "episode",
    "fact",
    "macro",
    "mention",
    "outbound_message",
    "read_mark",
    "saved_reply",
    "team",
    "team_member",
)

# Mostly done, a few on the queue; one kind, one channel and one agent are rare, so that looking for them could be dear.
CONVERSATIONS = """
INSERT INTO contact (workspace_id, id, name)
SELECT {workspace}, md5('contact' || n)::uuid, 'Person ' || n FROM generate_series(1, {conversations}) n;
INSERT INTO contact_identity (workspace_id, id, contact_id, platform, external_id, name, handle)
SELECT {workspace}, md5('identity' || n)::uuid, md5('contact' || n)::uuid, 'facebook', 'crowd ' || n,
       (ARRAY['Ana','Ben','Cleo','Dai','Eva','Finn','Gil','Hana'])[1 + n % 8] || ' ' || md5(n::text),
       '@' || md5('h' || n)
FROM generate_series(1, {conversations}) n;
INSERT INTO contact_merge (workspace_id, id, kept_id, merged_id, split_at)
SELECT {workspace}, md5('merge' || n)::uuid, md5('contact' || n + 1)::uuid, md5('contact' || n)::uuid,
       CASE WHEN n % 4 = 0 THEN now() END
FROM generate_series(1, {conversations} - 1, 3) n;
INSERT INTO contact_note (workspace_id, id, contact_id, text)
SELECT {workspace}, md5('note' || n)::uuid, md5('contact' || n)::uuid, 'Kind.'
FROM generate_series(1, {conversations}) n;
INSERT INTO contact_tag (workspace_id, contact_id, name)
SELECT {workspace}, md5('contact' || n)::uuid, 'tag ' || n % 9 FROM generate_series(1, {conversations}) n;
INSERT INTO contact_field (workspace_id, id, title, kind) VALUES ({workspace}, md5('field')::uuid, 'Size', 'text');
INSERT INTO contact_value (workspace_id, contact_id, field_id, value)
SELECT {workspace}, md5('contact' || n)::uuid, md5('field')::uuid, 'L' FROM generate_series(1, {conversations}) n;
INSERT INTO post (workspace_id, id, channel_id, external_id, text)
SELECT {workspace}, md5('post' || n)::uuid, ({channels})[1], 'crowd ' || n, 'New in the shop: lamp number ' || n
FROM generate_series(1, {conversations} / 4) n;
INSERT INTO conversation (workspace_id, id, channel_id, platform, kind, thread_key, status, assignee_id, identity_id,
    post_id, preview, message_count, problems, last_message_at, last_inbound_at, waiting_since, waiting_count, imported,
    waiting_rank, snoozed_until, held, priority)
SELECT {workspace}, md5('conversation' || n)::uuid, channel, 'facebook', kind, 'crowd ' || n, status, assignee,
       md5('identity' || n)::uuid, CASE WHEN kind = 'comment' THEN md5('post' || 1 + n / 4)::uuid END,
       'Where is order ' || n || '?', 3, (n % 977 = 0)::int, at, at,
       CASE WHEN waits THEN at END, waits::int, imported,
       CASE WHEN waits THEN 5000000000 + extract(epoch FROM at) ELSE 100000000000 - extract(epoch FROM at) END,
       CASE WHEN status = 'snoozed' THEN now() + interval '1 day' END,
       (kind = 'comment' AND (n % 40 = 0 OR n % 1501 = 0))::int, CASE WHEN n % 700 = 0 THEN 3 ELSE 0 END
FROM (
    SELECT *, status = 'open' AND n % 3 > 0 AS waits, status = 'resolved' AND n % 150 = 0 AS imported FROM (
        SELECT n, now() - n * interval '40 seconds' AS at,
               CASE WHEN n % 31 = 0 THEN 'open' WHEN n % 34 = 0 THEN 'pending' WHEN n % 101 = 0 THEN 'snoozed'
                    ELSE 'resolved' END AS status,
               CASE WHEN n % 1999 = 0 THEN 'review' WHEN n % 7 = 0 THEN 'mention' WHEN n % 2 = 0 THEN 'comment'
                    ELSE 'dm' END AS kind,
               ({channels})[CASE WHEN n % 1501 = 0 THEN 1 ELSE 2 + n % (cardinality({channels}) - 1) END] AS channel,
               ({agents})[CASE WHEN n % 1009 = 0 THEN 1 WHEN n % 5 < 2 THEN NULL
                                 ELSE 2 + n % (cardinality({agents}) - 1) END] AS assignee
        FROM generate_series(1, {conversations}) n) drawn) given;
INSERT INTO team (workspace_id, id, name, hand_out)
SELECT {workspace}, md5('team' || n)::uuid, 'Team ' || n, CASE WHEN n < 3 THEN 'round_robin' ELSE 'off' END
FROM generate_series(0, 19) n;
INSERT INTO team_member (workspace_id, team_id, user_id)
SELECT {workspace}, md5('team' || n % 20)::uuid, CASE WHEN n < 4 THEN ({agents})[2] ELSE md5('agent' || n)::uuid END
FROM generate_series(0, {conversations} / 8) n;
UPDATE channel SET team_id = md5('team1')::uuid WHERE workspace_id = {workspace} AND id = ({channels})[2];
UPDATE conversation SET team_id = md5('team' || right(thread_key, 1))::uuid
WHERE workspace_id = {workspace} AND thread_key LIKE 'crowd %5_';
INSERT INTO conversation_tag (workspace_id, conversation_id, name)
SELECT {workspace}, c.id, 'tag ' || ascii(right(c.thread_key, 1)) FROM conversation c
WHERE c.workspace_id = {workspace};
INSERT INTO message (workspace_id, id, conversation_id, channel_id, direction, visibility, kind, external_id,
    identity_id, agent_id, text, at, delivery, needs_reply, language)
SELECT {workspace}, md5('message' || c.thread_key || k)::uuid, c.id, c.channel_id,
       CASE k WHEN 2 THEN 'out' ELSE 'in' END, 'public', c.kind, c.thread_key || ' ' || k,
       CASE k WHEN 2 THEN NULL ELSE c.identity_id END,
       CASE k WHEN 2 THEN coalesce(c.assignee_id, ({agents})[2]) END, {words},
       c.last_message_at - (4 - k) * interval '1 minute', CASE k WHEN 2 THEN 'sent' END, k <> 2,
       CASE WHEN c.thread_key LIKE '%77' THEN 'es' WHEN c.thread_key LIKE '%1' THEN '' ELSE 'en' END
FROM conversation c, generate_series(1, {messages}) k WHERE c.workspace_id = {workspace};
INSERT INTO audit_entry (workspace_id, id, at, verb, conversation_id)
SELECT {workspace}, md5('line' || c.thread_key)::uuid, c.last_message_at, 'assigned', c.id FROM conversation c
WHERE c.workspace_id = {workspace};
UPDATE message SET attachments = '[{{"type": "image", "url": "https://cdn.example/1.png"}}]'
WHERE workspace_id = {workspace} AND external_id LIKE 'crowd %0 1';
INSERT INTO attachment (workspace_id, id, message_id, channel_id, position, state)
SELECT {workspace}, md5('file' || m.external_id)::uuid, m.id, m.channel_id, 0, 'stored' FROM message m
WHERE m.workspace_id = {workspace} AND m.attachments <> '[]';
INSERT INTO draft (workspace_id, user_id, conversation_id, visibility, text)
SELECT {workspace}, ({agents})[2], c.id, 'note', 'Ask the workshop' FROM conversation c
WHERE c.workspace_id = {workspace} AND c.thread_key LIKE 'crowd %0';
INSERT INTO read_mark (workspace_id, user_id, conversation_id, at)
SELECT {workspace}, ({agents})[2], c.id, c.last_message_at FROM conversation c WHERE c.workspace_id = {workspace};
INSERT INTO mention (workspace_id, message_id, user_id, conversation_id, channel_id, name, at, read_at)
SELECT {workspace}, m.id, CASE WHEN m.id::text LIKE '%0' THEN ({agents})[2] ELSE md5('agent' || m.kind)::uuid END,
       m.conversation_id, m.channel_id, 'Ana', m.at, CASE WHEN m.id::text NOT LIKE '%00' THEN m.at END
FROM message m WHERE m.workspace_id = {workspace} AND m.direction = 'out';
INSERT INTO macro (workspace_id, id, owner_id, title, priority)
SELECT {workspace}, md5('macro' || n)::uuid,
       CASE WHEN n % 200 = 0 THEN NULL WHEN n % 300 = 1 THEN ({agents})[2] ELSE md5('agent' || n % 97)::uuid END,
       'Macro ' || n, 4
FROM generate_series(1, {conversations}) n;
INSERT INTO outbound_message (workspace_id, id, conversation_id, channel_id, message_id, action, state, due_at,
    correlation, scheduled)
SELECT {workspace}, m.id, m.conversation_id, m.channel_id, m.id, 'reply',
       CASE WHEN m.id::text LIKE '%00' THEN 'queued' ELSE 'sent' END, m.at, m.id::text, m.id::text LIKE '%0'
FROM message m WHERE m.workspace_id = {workspace} AND m.direction = 'out';
INSERT INTO saved_reply (workspace_id, id, owner_id, title, text)
SELECT {workspace}, md5('saved' || n)::uuid,
       CASE WHEN n % 200 = 0 THEN NULL WHEN n % 300 = 1 THEN ({agents})[2] ELSE md5('agent' || n % 97)::uuid END,
       'Reply ' || n, 'Thank you!'
FROM generate_series(1, {conversations}) n;
INSERT INTO fact (workspace_id, id, conversation_id, at, rank, tie, kind, key, data)
SELECT {workspace}, md5('fact' || c.thread_key)::uuid, c.id, c.last_message_at, 0, 1, 'written', 'written 1',
       convert_to(json_build_object('kind', 'written', 'conversation', c.id, 'at', c.last_message_at,
           'recorded_at', c.last_message_at, 'tie', 1, 'item', md5('message' || c.thread_key || 1)::uuid,
           'author', c.identity_id, 'received_at', c.last_message_at, 'needs_reply', true, 'rule', 'crowd',
           'version', 1, 'reason', 'It asks.')::text, 'UTF8')
FROM conversation c WHERE c.workspace_id = {workspace};
INSERT INTO episode (workspace_id, conversation_id, key, channel_id, author, before_connection, state, kind, case_key,
    case_number, opened_at, opening_item, opened_as_seen, received_at, items, waiting_items, cause, ended_by, answer,
    clamped, team_clamped, agent, team, closed_unanswered, reason, depends_from)
SELECT {workspace}, c.id, m, c.channel_id, c.identity_id::text, false,
       CASE WHEN c.waiting_count > 0 THEN 'waiting' ELSE 'answered' END, 'first_response', m, 1, c.last_message_at, m,
       false, c.last_message_at, ARRAY[m], ARRAY[m], '', '', '', false, false, '', '', false, '', c.last_message_at
FROM conversation c, LATERAL (SELECT md5('message' || c.thread_key || 1)::uuid::text AS m) g
WHERE c.workspace_id = {workspace}
"""


async def fill(
    owner: Any,
    workspace_id: UUID,
    *,
    channels: list[UUID],
    agents: list[UUID],
    conversations: int,
    messages: int = 3,
    words: str = "c.preview",
) -> None:
    """Lay them down and let Postgres count them. Of `channels` and `agents` the first are the rare ones.

    `words`: what the k-th message of a conversation c says, as SQL.
    """
    crowd = CONVERSATIONS.format(
        workspace=f"'{workspace_id}'::uuid",
        channels=_listed(channels),
        agents=_listed(agents),
        conversations=conversations,
        messages=messages,
        words=words,
    )
    for statement in crowd.split(";\n"):
        await owner.execute(statement, timeout=3600)
    # Of all tables, also those that stay small: else a plan goes by what the stories before this one left behind.
    await owner.execute("ANALYZE", timeout=3600)


def _listed(ids: list[UUID]) -> str:
    return "ARRAY[" + ", ".join(f"'{one}'" for one in ids) + "]::uuid[]"
