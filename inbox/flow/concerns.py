"""What an event of the feed is to people: whom it concerns, and what it settles. Pure.

of(event) == ([News("assigned", ana, thread, ...)], [])
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from inbox.desk.telling import Kind
from inbox.realtime.shapes import EventOut
from inbox.sla.needs_reply import BLOCKED, IN_SPAM


@dataclass(frozen=True, slots=True)
class News:
    """What one event is to one person; `user_id` None: to everybody who sees it, but for `but`."""

    kind: Kind
    user_id: UUID | None
    subject_id: UUID
    at: datetime
    seq: int
    conversation_id: UUID | None = None
    channel_id: UUID | None = None
    message_id: UUID | None = None
    by: UUID | None = None
    count: int = 1
    but: UUID | None = None
    promise: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """What needs nobody's eye any more. `message_id` None: whatever was told of it."""

    kind: Kind
    subject_id: UUID
    seq: int
    message_id: UUID | None = None


Meaning = tuple[list[News], list[Settled]]


def of(event: EventOut, only: UUID | None = None) -> Meaning:
    """Whom one event concerns, and what it settles. What was emptied meanwhile concerns nobody.

    `only`: the one person the event itself is for.
    """
    if event.name == MENTIONED:
        return (_of_thread(event, "mentioned", only) if only else []), []
    if event.name == HANDED:
        return _handed(event, only), []
    return CONCERNS[event.name](event)


def _handed(event: EventOut, only: UUID | None) -> list[News]:
    """Many at once, by one colleague."""
    if event.sweep is None or only is None:
        return []
    one = News("assigned", only, event.sweep.id, event.at, event.seq, by=event.by)
    return [replace(one, count=event.sweep.changed)]


def _assigned(event: EventOut) -> Meaning:
    to = event.activity.data.get("to") if event.activity else None
    if event.activity and "sweep" in event.activity.data:
        return [], []  # told once, of all of them
    return (_of_thread(event, "assigned", UUID(to)) if to else []), []


def _received(event: EventOut) -> Meaning:
    if event.conversation is None or event.message is None or event.message.before_connection:
        return [], []
    if event.message.direction != "in" or event.conversation.assignee_id is None:
        return [], []
    if event.message.needs_reply_reason in SILENT:
        return [], []
    return _of_thread(event, "wrote_again", event.conversation.assignee_id), []


def _not_sent(event: EventOut) -> Meaning:
    if event.message is None or event.message.agent_id is None:
        return [], []
    return _of_thread(event, "send_failed", event.message.agent_id), []


def _submitted(event: EventOut) -> Meaning:
    """Whoever may approve, but for its author."""
    if event.message is None or event.message.delivery is None or event.message.delivery.state != "awaiting_approval":
        return [], []
    return [replace(one, but=event.message.agent_id) for one in _of_thread(event, "to_approve", None)], []


def _looked_at(event: EventOut) -> Meaning:
    """Nobody need approve it any more; that it was, or why it was sent back, its author reads."""
    if event.conversation is None or event.message is None:
        return [], []
    author = event.message.agent_id
    kind: Kind | None = LOOKED_AT.get(event.name)
    told = _of_thread(event, kind, author) if kind and author else []
    return told, [Settled("to_approve", event.conversation.id, event.seq, event.message.id)]


def _act_failed(event: EventOut) -> Meaning:
    by = event.activity.by if event.activity else None
    return (_of_thread(event, "send_failed", by) if by else []), []


def _sent(event: EventOut) -> Meaning:
    thread = event.conversation
    if thread is None or event.message is None:
        return [], []
    over = [Settled("send_failed", thread.id, event.seq, event.message.id)]
    if not thread.risk:
        over += [Settled("at_risk", thread.id, event.seq), Settled("unassigned_at_risk", thread.id, event.seq)]
    return [], over


def _snooze_over(event: EventOut) -> Meaning:
    if event.conversation is None:
        return [], []
    by = event.activity.data.get("snoozed_by") if event.activity else None
    whose = event.conversation.assignee_id or (UUID(by) if by else None)
    return (_of_thread(event, "snooze_over", whose) if whose else []), []


def _at_risk(event: EventOut) -> Meaning:
    thread = event.conversation
    if thread is None or not thread.risk:
        return [], []  # somebody was quicker
    if thread.assignee_id is None:
        return _of_thread(event, "unassigned_at_risk", None), []
    return _of_thread(event, "at_risk", thread.assignee_id), []


def _breached(event: EventOut) -> Meaning:
    """Whoever has it, and whoever answers for all of them; nobody is told twice of one."""
    thread = event.conversation
    if thread is None:
        return [], []
    over = [Settled("at_risk", thread.id, event.seq), Settled("unassigned_at_risk", thread.id, event.seq)]
    if not thread.risk and thread.status == "resolved":
        return [], over  # it is counted; nobody can do anything about it
    mine = _of_thread(event, "breached", thread.assignee_id) if thread.assignee_id else []
    others = [replace(one, but=thread.assignee_id) for one in _of_thread(event, "any_breached", None)]
    return [*mine, *others], over


def _not_breached(event: EventOut) -> Meaning:
    thread = event.conversation
    kinds: tuple[Kind, ...] = ("breached", "any_breached")
    return [], [Settled(kind, thread.id, event.seq) for kind in kinds] if thread else []


def _pointed_out(event: EventOut) -> Meaning:
    people = event.activity.data.get("people", "").split() if event.activity else []
    return [one for name in people for one in _of_thread(event, "rule", UUID(name))], []


def _rule_off(event: EventOut) -> Meaning:
    if event.rule is None or not event.rule.off_reason:
        return [], []
    return [News("rule_stopped", None, event.rule.id, event.at, event.seq)], []


def _rule_on(event: EventOut) -> Meaning:
    return [], [Settled("rule_stopped", event.rule.id, event.seq)] if event.rule else []


def _channel(event: EventOut) -> Meaning:
    channel = event.channel
    if channel is None:
        return [], []
    if channel.state == "connected" and channel.deaf_since:
        return [News("channel_down", None, channel.id, channel.deaf_since, event.seq, channel_id=channel.id)], []
    if channel.state == "signed_out":
        return [], []  # that was said when it happened
    return [], [Settled("channel_down", channel.id, event.seq)]


def _spiked(event: EventOut) -> Meaning:
    if event.channel is None:
        return [], []
    channel = event.channel.id
    return [News("spike", None, channel, event.at, event.seq, channel_id=channel)], []


def _reviewed(event: EventOut) -> Meaning:
    goal = event.goal
    return ([News("goal", one, goal.id, event.at, event.seq) for one in goal.people] if goal else []), []


def _signed_out(event: EventOut) -> Meaning:
    if event.channel is None:
        return [], []
    channel = event.channel.id
    return [News("channel_down", None, channel, event.at, event.seq, channel_id=channel)], []


def _switched_off(event: EventOut) -> Meaning:
    return ([News("webhook_off", None, event.webhook_id, event.at, event.seq)] if event.webhook_id else []), []


def _needs_no_look(event: EventOut) -> Meaning:
    return [], ([Settled("webhook_off", event.webhook_id, event.seq)] if event.webhook_id else [])


def _of_thread(event: EventOut, kind: Kind, user_id: UUID | None) -> list[News]:
    thread = event.conversation
    if thread is None or (user_id is not None and user_id == event.by):
        return []
    return [
        News(
            kind,
            user_id,
            thread.id,
            event.at,
            event.seq,
            thread.id,
            thread.channel_id,
            event.message.id if event.message else None,
            event.by,
            promise=event.promise,
        )
    ]


SILENT = {IN_SPAM.reason, BLOCKED.reason}  # what rings nobody
LOOKED_AT: dict[str, Kind] = {"message.approved": "approved", "message.rejected": "rejected"}
MENTIONED, HANDED = "message.mentioned", "sweep.handed"
CONCERNS: dict[str, Callable[[EventOut], Meaning]] = {
    "conversation.assigned": _assigned,
    "message.received": _received,
    "message.failed": _not_sent,
    "message.unknown": _not_sent,
    "message.needs_decision": _not_sent,
    "message.act_failed": _act_failed,
    "message.submitted": _submitted,
    "message.sent_back": _submitted,
    "message.approved": _looked_at,
    "message.rejected": _looked_at,
    "message.cancelled": _looked_at,
    "message.sent": _sent,
    "conversation.snooze_over": _snooze_over,
    "conversation.at_risk": _at_risk,
    "conversation.breached": _breached,
    "conversation.breach_withdrawn": _not_breached,
    "conversation.pointed_out": _pointed_out,
    "rule.switched_off": _rule_off,
    "rule.switched_on": _rule_on,
    "channel.signed_out": _signed_out,
    "channel.changed": _channel,
    "channel.spiked": _spiked,
    "goal.reviewed": _reviewed,
    "webhook.switched_off": _switched_off,
    "webhook.switched_on": _needs_no_look,
    "webhook.removed": _needs_no_look,
}
HEARD = {MENTIONED, HANDED, *CONCERNS}
