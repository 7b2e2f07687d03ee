"""Where an arriving event belongs: the message it answers, its conversation, and a row of its own."""

from __future__ import annotations

from uuid import UUID

from inbox.desk import status
from inbox.flow.letters import Event, Letter, Place, Thread, wording
from inbox.flow.scene import Scene
from inbox.ground.ids import new_id
from inbox.platforms.base import Act, Kind, clean

PUBLIC, PRIVATE = "public", "private"


def parent_of(scene: Scene, event: Event) -> Letter | None:
    """What it answers: the message it names, or the post it stands under where that is a message of somebody's own."""
    incoming = event.incoming
    if incoming.parent:
        return scene.letter(event.channel_id, incoming.parent)
    if incoming.root and incoming.root != incoming.external_id:
        return scene.letter(event.channel_id, incoming.root)
    return None


def thread_of(scene: Scene, event: Event, place: Place, parent: Letter | None) -> Thread:
    """The conversation an item belongs to: by its own key if it is sure, else its parent's, else one for now."""
    incoming = event.incoming
    key = clean(incoming.thread)
    if parent and (not key or (incoming.kind is not Kind.DM and not incoming.parent)):
        return scene.threads[parent.conversation_id]
    provisional = not key
    if provisional:
        key = clean(incoming.parent) or clean(incoming.external_id)
    # The thread that is sure of its kind first: there may be one beside it that only began for want of it.
    for thread in sorted(scene.keys.get((place.id, key), ()), key=lambda known: known.kind != incoming.kind):
        if thread.kind == incoming.kind or thread.provisional:
            if thread.provisional and not provisional:
                thread.provisional, thread.kind = False, str(incoming.kind)
            _learn(scene, thread, event, place)
            return thread
    thread = Thread(
        id=new_id(),
        channel_id=place.id,
        platform=place.platform,
        kind=str(incoming.kind),
        thread_key=key,
        provisional=provisional,
        last_message_at=incoming.at,
        replyable=incoming.replyable,
        # What was there before us is off the queue: the view Imported shows what of it still waits.
        status=status.OPEN if incoming.at >= place.connected_at else status.RESOLVED,
        new=True,
    )
    _learn(scene, thread, event, place)
    return scene.add_thread(thread)


def _learn(scene: Scene, thread: Thread, event: Event, place: Place) -> None:
    """What the thread did not know of itself: its post, its address on the platform."""
    incoming = event.incoming
    if thread.post_id is None and incoming.post:
        thread.post_id = scene.posts.get((place.id, clean(incoming.post.external_id)))
    if not thread.permalink and incoming.permalink and clean(incoming.external_id) == thread.thread_key:
        thread.permalink = clean(incoming.permalink)


def new_letter(
    scene: Scene, event: Event, thread: Thread, parent: Letter | None, *, direction: str, identity_id: UUID | None
) -> Letter:
    """The row of what it brings."""
    incoming = event.incoming
    return Letter(
        id=new_id(),
        conversation_id=thread.id,
        channel_id=event.channel_id,
        direction=direction,
        visibility=PRIVATE if incoming.kind is Kind.DM else PUBLIC,
        kind=str(incoming.kind),
        at=incoming.at,
        received_at=event.received_at,
        external_id=clean(incoming.external_id),
        parent_external_id=clean(incoming.parent) or None,
        parent_id=parent.id if parent else None,
        identity_id=identity_id,
        text=wording(incoming.text),
        language=incoming.language,
        attachments=incoming.attachments,
        rating=incoming.rating,
        unsupported=clean(incoming.reason) if incoming.act is Act.UNSUPPORTED else "",
        named=[clean(name) for name in incoming.named],
        permalink=clean(incoming.permalink),
        new=True,
    )
