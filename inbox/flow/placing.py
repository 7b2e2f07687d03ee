"""What each arriving event does to the picture: the verbs of the road in, told in order, without SQL.

Every verb gives back whether the event found its place; one that did not (an edit before its message, an echo that may
be our own send) stays in its lane and is tried again when what it waits for has come.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import msgspec

from inbox.desk import landings
from inbox.flow import finding
from inbox.flow.letters import Event, Letter, Place, Revision, Thread, by, preview, wording
from inbox.flow.likeness import alike, said
from inbox.flow.scene import Scene
from inbox.platforms.base import Act, Action, Actor, Attachment, Connector, Incoming, Kind, clean
from inbox.sla import facts as f
from inbox.sla.facts import tie_of
from inbox.sla.needs_reply import BLOCKED, IN_SPAM, Decision, decide

QUICK = timedelta(seconds=5)  # nobody reads and types faster: a sooner answer is a machine's


def wrote(scene: Scene, event: Event, connector: Connector) -> Letter | None:
    """A customer wrote something. Gives the new message, or None if it is known already."""
    incoming, place = event.incoming, scene.places[event.channel_id]
    if scene.letter(place.id, incoming.external_id):
        return None
    parent = finding.parent_of(scene, event)
    thread = finding.thread_of(scene, event, place, parent)
    identity = scene.identity(place.platform, incoming.author)
    letter = finding.new_letter(scene, event, thread, parent, direction="in", identity_id=identity)
    decision = _decide(incoming, place)
    if thread.is_spam or identity in scene.blocked:
        decision = IN_SPAM if thread.is_spam else BLOCKED
    _bears(letter, decision)
    letter.before_connection = incoming.at < place.connected_at
    if incoming.hidden:
        letter.hidden, letter.hidden_at = True, incoming.at
        _hold(thread, letter, True)
    letter.reply_refused = clean(incoming.reply_refused)
    _keep(scene, letter, connector, incoming)
    scene.add_letter(letter)

    if thread.identity_id is None or (identity and letter.external_id == thread.thread_key):
        thread.identity_id = identity  # whoever began it, also where a reply came first
    if incoming.kind is Kind.DM:
        usual = connector.window(incoming.kind, incoming.at, Action.DM, place.settings)
        ends = [at for at in (thread.reply_window_until, incoming.reply_window_until, usual) if at]
        thread.reply_window_until = max(ends, default=None)
    if thread.last_inbound_at is None or incoming.at >= thread.last_inbound_at:
        thread.replyable = incoming.replyable
    thread.last_inbound_at = max(incoming.at, thread.last_inbound_at or incoming.at)
    if letter.needs_reply and not letter.before_connection:
        scene.asked.add(letter.id)
    _shown(scene, thread, letter)

    scene.facts.append(
        f.Written(
            conversation=str(thread.id),
            at=letter.at,
            recorded_at=scene.now,
            tie=tie_of(f"written:{letter.external_id}"),
            as_seen=incoming.as_seen,
            item=str(letter.id),
            author=str(identity or ""),
            received_at=letter.received_at,
            needs_reply=decision.needs_reply,
            rule=decision.rule,
            version=decision.version,
            reason=decision.reason,
            before_connection=letter.before_connection,
            language=letter.language,
        )
    )
    scene.tell("message.received", letter)
    return letter


def wrote_elsewhere(scene: Scene, event: Event, connector: Connector, *, seen_today: int) -> Letter:
    """Our account answered, but not from here. `seen_today`: how many other people got this same text today."""
    incoming, place = event.incoming, scene.places[event.channel_id]
    parent = finding.parent_of(scene, event)
    thread = finding.thread_of(scene, event, place, parent)
    letter = finding.new_letter(scene, event, thread, parent, direction="out", identity_id=None)
    letter.delivery = "sent"
    human = _by_a_person(incoming, place, connector, parent, thread, seen_today)
    letter.elsewhere = "person" if human else "automatic"
    if human:
        scene.answered.setdefault(thread.id, []).append(letter)
    letter.before_connection = incoming.at < place.connected_at
    scene.add_letter(letter)
    _shown(scene, thread, letter)

    authors = {str(parent.identity_id)} if parent and parent.identity_id else set()
    authors |= {
        str(identity) for name in incoming.named if (identity := scene.identities.get((place.platform, clean(name))))
    }
    scene.facts.append(
        f.Answered(
            conversation=str(thread.id),
            at=letter.at,
            recorded_at=scene.now,
            tie=tie_of(f"answered:{letter.external_id}"),
            answer=str(letter.id),
            human=human,
            elsewhere=True,
            before_connection=letter.before_connection,
            authors=tuple(sorted(authors)),
            everyone=incoming.kind is Kind.DM,
        )
    )
    scene.tell("message.elsewhere", letter)
    return letter


def adopt(scene: Scene, parent: Letter, thread: Thread) -> list[Thread]:
    """A message whose replies came first has arrived. Gives the provisional threads that must be moved into its own."""
    strays: list[Thread] = []
    for child in scene.orphans.pop((parent.channel_id, parent.external_id or ""), []):
        child.parent_id = parent.id
        if child.direction == "out" and child.elsewhere and parent.identity_id:
            # Its answer was addressed to somebody we did not know yet.
            scene.facts.append(
                f.AnsweredToo(
                    conversation=str(child.conversation_id),
                    at=child.at,
                    recorded_at=scene.now,
                    tie=tie_of(f"answered_too:{child.external_id}:{parent.external_id}"),
                    answer=str(child.id),
                    authors=(str(parent.identity_id),),
                )
            )
        if child.elsewhere == "person":
            scene.answered.setdefault(thread.id, []).append(child)
        home = scene.threads[child.conversation_id]
        if home.id != thread.id and home.provisional and home not in strays:
            strays.append(home)
    return strays


def edited(scene: Scene, event: Event, connector: Connector) -> bool:
    """Somebody changed what they wrote. The older wording is kept; the newest edit is what is shown.

    Where the words were let go, those of a real edit are new ones, and stay as long as the rules let them.
    """
    incoming, place = event.incoming, scene.places[event.channel_id]
    letter = scene.letter(place.id, incoming.external_id)
    if letter is None:
        return False
    if letter.direction == "in" and letter.identity_id is None and incoming.author:  # a stub: now we know whose it is
        letter.identity_id = scene.identity(place.platform, incoming.author)
        thread = scene.threads[letter.conversation_id]
        thread.identity_id = thread.identity_id or letter.identity_id
    text, attachments = wording(incoming.text), incoming.attachments
    if incoming.revision is None and _stands(scene, letter, text, attachments, incoming.rating):
        return True
    newest = letter.edited_at is None or incoming.at >= letter.edited_at
    old_text, old_attachments, old_at = (
        (letter.text, letter.attachments, letter.edited_at or letter.at) if newest else (text, attachments, incoming.at)
    )
    scene.revisions.append(Revision(letter.id, letter.revisions, old_text, old_attachments, old_at))
    letter.revisions += 1
    if letter.direction == "in":
        decision = _decide(incoming, place, kind=letter.kind)
        if (is_spam := scene.threads[letter.conversation_id].is_spam) or letter.identity_id in scene.blocked:
            decision = IN_SPAM if is_spam else BLOCKED
        scene.facts.append(
            f.Edited(
                conversation=str(letter.conversation_id),
                at=incoming.at,
                recorded_at=scene.now,
                tie=tie_of(f"edited:{letter.external_id}:{_edit(incoming)}"),
                as_seen=incoming.revision is None,
                item=str(letter.id),
                needs_reply=decision.needs_reply,
                rule=decision.rule,
                version=decision.version,
                reason=decision.reason,
                received_at=event.received_at,
                language=incoming.language,
            )
        )
        if newest:
            _bears(letter, decision)
            if letter.needs_reply and not letter.before_connection:
                scene.asked.add(letter.id)
    if newest:
        scene.unsettled.add(letter.conversation_id)
        letter.text, letter.attachments, letter.edited_at = text, attachments, incoming.at
        letter.rating = incoming.rating
        letter.purged_at = letter.said = None
    _let_stay(scene, letter, connector, event.received_at)
    scene.tell("message.edited", letter)
    return True


def deleted(scene: Scene, event: Event, connector: Connector) -> bool:
    """Somebody took it away. A tombstone wins whatever the order; where the platform asks for it, the words go too."""
    incoming = event.incoming
    letter = scene.letter(event.channel_id, incoming.external_id)
    if letter is None:
        return False
    if letter.deleted_at is not None:
        return True
    scene.unsettled.add(letter.conversation_id)
    letter.deleted_at, letter.deleted_by = incoming.at, str(incoming.by)
    _hold(scene.threads[letter.conversation_id], letter, False)
    letter.reread_due_at = None
    _let_stay(scene, letter, connector, event.received_at)
    tie = tie_of(f"deleted:{letter.external_id}")
    if letter.direction == "in":
        ours = incoming.by is Actor.US
        scene.facts.append(
            f.Deleted(
                conversation=str(letter.conversation_id),
                at=incoming.at,
                recorded_at=scene.now,
                tie=tie,
                item=str(letter.id),
                whose="ours" if ours else "customer" if incoming.by is Actor.CUSTOMER else "unknown",
            )
        )
    elif letter.delivery == "sent":
        gone = f.Withdrawn(
            conversation=str(letter.conversation_id),
            at=incoming.at,
            recorded_at=scene.now,
            tie=tie,
            answer=str(letter.id),
            why="removed" if incoming.by is Actor.PLATFORM else "deleted_by_us",
        )
        scene.afterwards.append(partial(_take_back, scene, gone))
    scene.tell("message.deleted", letter)
    return True


async def _take_back(scene: Scene, gone: f.Withdrawn) -> None:
    """An answer is not there any more: whoever it had answered is on the queue again."""
    home = scene.strays.get(UUID(gone.conversation))
    if home:
        gone = msgspec.structs.replace(gone, conversation=str(home))
    scene.happenings += await landings.taken_back(scene.connection, scene.workspace_id, gone)


def toggled(scene: Scene, event: Event) -> bool:
    """Hidden or shown again, liked or not: the newest word counts."""
    incoming = event.incoming
    letter = scene.letter(event.channel_id, incoming.external_id)
    if letter is None:
        return False
    if incoming.act in (Act.HID, Act.UNHID):
        if letter.hidden_at is None or incoming.at >= letter.hidden_at:
            # What we hid ourselves stays ours, whatever list of the platform's it stands in from then on.
            theirs = incoming.by is Actor.PLATFORM and not letter.hidden and letter.deleted_at is None
            _hold(scene.threads[letter.conversation_id], letter, incoming.act is Act.HID and (letter.held or theirs))
            letter.hidden, letter.hidden_at = incoming.act is Act.HID, incoming.at
        if letter.direction == "in":
            if not letter.hidden and letter.needs_reply and not letter.before_connection:
                scene.asked.add(letter.id)  # shown again it asks again, also where the thread was done meanwhile
            scene.facts.append(
                f.Hidden(
                    conversation=str(letter.conversation_id),
                    at=incoming.at,
                    recorded_at=scene.now,
                    tie=tie_of(f"{incoming.act}:{letter.external_id}:{incoming.revision}"),
                    item=str(letter.id),
                    hidden=incoming.act is Act.HID,
                )
            )
        scene.tell("message.hidden" if letter.hidden else "message.shown", letter)
    elif letter.liked_at is None or incoming.at >= letter.liked_at:
        letter.liked, letter.liked_at = incoming.act is Act.LIKED, incoming.at
        scene.tell("message.liked" if letter.liked else "message.unliked", letter)
    return True


def _hold(thread: Thread, letter: Letter, held: bool) -> None:
    """The platform holds it back for review, or does so no more; the thread counts how many there are."""
    thread.held = max(0, thread.held + int(held) - int(letter.held))
    letter.held = held


# How they decide


def _keep(scene: Scene, letter: Letter, connector: Connector, incoming: Incoming) -> None:
    """How long its words may stay, and when the platform must be asked about it again, by the platform's rules."""
    _let_stay(scene, letter, connector, letter.received_at)
    if incoming.incomplete:
        letter.reread_due_at = scene.now
    elif rules := connector.capabilities.retention.reread:
        letter.reread_due_at = scene.now + rules


def _let_stay(scene: Scene, letter: Letter, connector: Connector, received_at: datetime) -> None:
    """Words that have just come stay as long as the rules let them; of what is gone there, none may stay here."""
    rules = connector.capabilities.retention
    if letter.direction != "in":
        return
    if letter.deleted_at and (rules.text or rules.reread):
        letter.purge_due_at = scene.now
    elif letter.purge_due_at is None and rules.text:
        letter.purge_due_at = received_at + rules.text


def _stands(scene: Scene, letter: Letter, text: str, attachments: list[Attachment], rating: int | None) -> bool:
    """Whether this is what we hold, or held until its words were let go."""
    if letter.said is not None and scene.hasher is not None:
        return said(scene.hasher, text, attachments, rating) == letter.said
    return (text, rating) == (letter.text, letter.rating) and alike(attachments, letter.attachments)


def _shown(scene: Scene, thread: Thread, letter: Letter) -> None:
    thread.message_count += 1
    if (thread.new and thread.message_count == 1) or letter.at > thread.last_message_at:
        thread.last_message_at = letter.at
        thread.preview, thread.preview_by = preview(letter.text, letter.attachments, letter.unsupported), by(letter)
    else:
        scene.unsettled.add(thread.id)  # it came late: the newest is found once everything is written


def _decide(incoming: Incoming, place: Place, *, kind: str | None = None) -> Decision:
    return decide(
        kind=kind or str(incoming.kind),
        text=wording(incoming.text),
        attachments=tuple(attachment.type for attachment in incoming.attachments),
        rating=incoming.rating,
        visitor_post=incoming.visitor_post,
        unsupported=incoming.act is Act.UNSUPPORTED,
        ours=place.names,
        settings=place.settings,
    )


def _bears(letter: Letter, decision: Decision) -> None:
    """What the rules say of its newest text. What people decided for all of a thread or of a person, no rule did."""
    letter.needs_reply, letter.needs_reply_reason = decision.needs_reply, decision.reason
    no_rule = decision in (IN_SPAM, BLOCKED)
    letter.rule, letter.rule_asks, letter.by_hand = "" if no_rule else decision.rule, decision.needs_reply, False


def _edit(incoming: Incoming) -> str:
    """What tells this edit from another of the same message."""
    return str(incoming.revision) if incoming.revision is not None else f"{incoming.at.timestamp()}:{incoming.text}"


def _by_a_person(
    incoming: Incoming, place: Place, connector: Connector, parent: Letter | None, thread: Thread, seen_today: int
) -> bool:
    """Whether an answer written elsewhere counts as a person's, until somebody says otherwise.

    A platform that names the writing app is believed only for its own inbox; one that never does cannot tell us, and
    its own app is where people answer. A setting of the channel settles it: person, automatic.
    """
    word = place.settings.get("written_elsewhere")
    if word in ("person", "automatic"):
        return bool(word == "person")
    if incoming.app_id and incoming.app_id not in connector.capabilities.native_inbox_app_ids:
        return False
    asked: datetime | None = parent.at if parent else thread.last_inbound_at
    if asked is not None and timedelta(0) <= incoming.at - asked <= QUICK:
        return False
    return seen_today < 2  # to three or more people in one day: somebody pasted, or something posted
