"""What goes over the wire: the same shapes for REST answers, feed events and socket frames.

Every row carries a version; a reader keeps the higher one, so late and repeated rows are harmless.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from inbox.platforms.base import Attachment


class PersonOut(msgspec.Struct, kw_only=True):
    """Somebody who writes to us, as one platform knows them. Who they are elsewhere too, their contact tells."""

    identity_id: UUID | None
    name: str
    handle: str = ""
    avatar_url: str = ""
    platform: str = ""


class PostOut(msgspec.Struct, kw_only=True):
    """The post a comment stands under."""

    id: UUID
    external_id: str
    text: str = ""
    permalink: str = ""
    picture_url: str = ""
    at: datetime | None = None


class ConversationOut(msgspec.Struct, kw_only=True):
    """One row of the list, and the head of the thread.

    `kind`: dm comment mention review. `status`: open pending snoozed resolved. `waiting_since`: when the oldest
    unanswered needs-reply item was written, None if nobody waits; `waiting_count`: how many people wait. `due_at`: by
    when the first promise to them ends, which is `due_for` an answer or the resolution of their case ("": there is
    none); `risk`: 1 somebody has used up three quarters of one, 2 all of it.
    Unread is the reader's own: `last_inbound_at` later than their read mark.
    """

    id: UUID
    version: int
    channel_id: UUID
    platform: str
    kind: str
    status: str
    priority: int  # 0 none, 1 low, 2 normal, 3 high, 4 urgent
    person: PersonOut
    participants: int
    post: PostOut | None
    preview: str
    preview_by: str  # customer, us, note
    message_count: int
    created_at: datetime
    last_message_at: datetime
    last_inbound_at: datetime | None
    waiting_since: datetime | None
    waiting_count: int
    due_at: datetime | None
    due_for: str
    risk: int
    imported: bool  # only items from before the connection wait here
    held: int  # messages here that the platform holds back for review
    is_spam: bool
    assignee_id: UUID | None
    team_id: UUID | None
    tags: list[str]
    snoozed_until: datetime | None
    resolved_at: datetime | None
    reply_window_until: datetime | None  # DMs: until when the platform lets us write
    linked_id: UUID | None  # the private conversation a private reply opened, or the public one it came from
    permalink: str = ""


class DeliveryOut(msgspec.Struct, kw_only=True):
    """How one of our messages is doing.

    `state`: awaiting_approval rejected queued sending sent failed unknown needs_decision cancelled; delivered and read
    refine sent.
    `due_at`: while queued, when it leaves (the undo window ends then). `scheduled`: its author chose that time.
    """

    state: str
    due_at: datetime | None = None
    scheduled: bool = False
    reason: str = ""
    error: str = ""  # a class of base.ErrorClass
    delivered_at: datetime | None = None
    read_at: datetime | None = None


class MentionOut(msgspec.Struct):
    """A colleague whom a note names, and how its text calls them."""

    user_id: UUID
    name: str


class MessageOut(msgspec.Struct, kw_only=True):
    """One bubble. `direction`: in, out. `visibility`: public, private, note. `at`: the platform's time."""

    id: UUID
    version: int
    conversation_id: UUID
    direction: str
    visibility: str
    kind: str
    author: PersonOut | None  # a customer; None for ours
    agent_id: UUID | None  # who of us wrote it in Earshot
    written_elsewhere: str  # "", person, automatic: ours, but not from Earshot
    text: str
    attachments: list[Attachment]
    at: datetime
    received_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    deleted_by: str
    hidden: bool
    held: bool  # hidden by the platform, which holds it back for review; what we hid ourselves is not
    liked: bool
    rating: int | None
    reply_refused: str  # inbound: why the platform takes no public reply to it, "" if it does
    purged: bool  # its words were let go, as the platform's rules or a person asked
    erased: bool  # ... a person: they do not come back
    needs_reply: bool
    needs_reply_reason: str
    answered: bool  # inbound: an answer covers it
    before_connection: bool
    parent_id: UUID | None
    permalink: str
    delivery: DeliveryOut | None  # ours only
    answers: list[UUID]  # ours only: the messages it covers
    mentions: list[MentionOut]  # notes only
    template: str  # ours only: the approved message it is, by name; "" for free words
    revisions: int
    unsupported: str = ""  # what the platform sent that we can only name


class ActivityOut(msgspec.Struct, kw_only=True):
    """One quiet line in the thread: who did what. `verb`: assigned, resolved, reopened, snoozed, tagged, untagged,
    prioritised, marked_no_reply_needed, hid, unhid, approved_held, rejected_held, liked, deleted, cancelled ... with
    its `data`."""

    id: UUID
    conversation_id: UUID
    at: datetime
    by: UUID | None  # an agent; None for the house itself
    verb: str
    data: dict[str, str]


class ReadOut(msgspec.Struct, kw_only=True):
    """The reader's own mark on a conversation: everything up to `at` was seen. None: marked unread."""

    conversation_id: UUID
    at: datetime | None


class ChannelOut(msgspec.Struct, kw_only=True):
    """A connected account, without its secrets. `state`: connected, signed_out, disabled."""

    id: UUID
    version: int
    platform: str
    external_id: str
    name: str
    handle: str
    state: str
    state_reason: str
    last_heard_at: datetime | None
    connected_at: datetime
    outbound_stopped: bool
    deaf_since: datetime | None  # nothing can be heard since then
    trouble: str  # why not, in a sentence


class MemberOut(msgspec.Struct, kw_only=True):
    """A colleague. `role`: admin supervisor agent read_only; of a role of your own, `role_id` and `role_name`, the
    nearest of these. `rights`: what they may do, by the keys of GET /roles.

    `capacity`: with so many waiting they are handed no more; None: no limit. Away from `away_since` until `away_until`,
    or until they say so. `asks_first`: what they write waits for a colleague's approval, unless they may approve.
    """

    id: UUID
    version: int
    name: str
    email: str
    role: str
    role_id: UUID | None = None
    role_name: str = ""
    rights: list[str] = []
    active: bool
    capacity: int | None = None
    away_since: datetime | None = None
    away_until: datetime | None = None
    asks_first: bool = False


class TeamOut(msgspec.Struct, kw_only=True):
    """Some colleagues, and the queue they share. `hand_out`: off, round_robin, least_loaded.

    `channel_ids`: what comes in there is theirs. `absent_minutes`: who was not seen for so long is passed over; 0:
    nobody is. `return_minutes`: what waits so long for somebody away comes back to the queue; 0: never. `stuck`: why
    what waits is handed to nobody: "", nobody, unseen, away, full.
    """

    id: UUID
    version: int
    name: str
    member_ids: list[UUID]
    channel_ids: list[UUID]
    hand_out: str
    absent_minutes: int
    return_minutes: int
    stuck: str
    removed: bool = False


class SavedReplyOut(msgspec.Struct, kw_only=True):
    """A text kept to be written again. `shared`: everybody's; else its owner's alone, who alone is told of it.

    `text` may hold {{contact.first_name|there}}: a name of who is written to, and what to say where it is not known.
    `platforms`, `channel_ids`: where it is offered; both empty: everywhere.
    """

    id: UUID
    version: int
    title: str
    shortcut: str
    text: str
    shared: bool
    platforms: list[str]
    channel_ids: list[UUID]
    uses: int  # replies made from it that were accepted
    used_at: datetime | None
    updated_at: datetime
    removed: bool = False


class NotificationOut(msgspec.Struct, kw_only=True):
    """Something one person is to know. `kind`: assigned, mentioned, wrote_again, send_failed, rejected,
    to_approve, at_risk, unassigned_at_risk, breached, any_breached, snooze_over, spike, channel_down, rule,
    rule_stopped, webhook_off. `count`: how often it happened since it was last read; assigned without a conversation:
    how many were. `by`: the colleague who did it. `promise`: answer or resolution, where one is at risk or broken."""

    id: UUID
    version: int
    kind: str
    at: datetime
    count: int
    conversation_id: UUID | None
    channel_id: UUID | None
    message_id: UUID | None
    by: UUID | None
    read_at: datetime | None
    promise: str
    in_app: bool  # it stands in the list


class BellOut(msgspec.Struct, kw_only=True, omit_defaults=True):
    """News for one person's bell. `loud`: desktop, sound; how they want to be told of this one besides.

    `read_until`: everything up to then was read, in `read_in` alone if that is given.
    """

    unread: int
    notification: NotificationOut | None = None
    loud: list[str] = []
    read_until: datetime | None = None
    read_in: UUID | None = None


class MacroOut(msgspec.Struct, kw_only=True):
    """Several acts kept as one. `shared`: everybody's; else its owner's alone. `text`: put into the composer.

    `assign`: "", me, nobody, member (`assignee_id`), team (`team_id`). `priority` None: as it is. `status`: "",
    done, snoozed.
    """

    id: UUID
    version: int
    title: str
    shared: bool
    text: str
    tags_on: list[str]
    tags_off: list[str]
    assign: str
    assignee_id: UUID | None
    team_id: UUID | None
    priority: int | None
    status: str
    snooze_minutes: int
    removed: bool = False


class ExampleOut(msgspec.Struct):
    """One time that a rule would have fired."""

    conversation_id: UUID
    message_id: UUID | None
    at: datetime


class TrialOut(msgspec.Struct, kw_only=True):
    """A dry run of one edition of a rule over what came since `since`. `state`: due, done, failed.

    `looked`: at how much; `fired`: how often it would have; `days`: how often on which day, of those on which it
    would have; `examples`: some of those, the newest first.
    """

    id: UUID
    edition: int
    state: str
    since: datetime
    looked: int
    fired: int
    days: dict[str, int]
    examples: list[ExampleOut]
    asked_at: datetime
    done_at: datetime | None


class RuleActOut(msgspec.Struct):
    """One thing a rule does."""

    action: str
    value: str


class RuleOut(msgspec.Struct, kw_only=True):
    """When, if, then. `edition`: the wording that is given here; `running`: the one that is switched on, null: none.

    `trigger`: message, tagged (with `tag`, "" any), waiting (for `minutes`). `conditions`: a tree of
    {type: all | any, of: [...]}, {type: not, of: ...} and {type: is, condition, values}. `fired`: how often in 30
    days, to 1000, which means "or more". `off_reason`: why it was switched off by itself. `trial`: the newest dry run
    of this edition.
    """

    id: UUID
    version: int
    title: str
    position: int
    edition: int
    trigger: str
    tag: str
    minutes: int
    conditions: dict[str, Any]
    actions: list[RuleActOut]
    stop: bool
    running: int | None
    on_since: datetime | None
    off_reason: str
    fired: int
    fired_at: datetime | None
    trial: TrialOut | None
    updated_at: datetime
    removed: bool = False


class SavedViewOut(msgspec.Struct, kw_only=True):
    """A list narrowed in some way, under a name. `shared`: everybody's; else its owner's alone. `filtering`: what was
    asked for, as listing conversations takes it."""

    id: UUID
    version: int
    name: str
    shared: bool
    view: str
    filtering: dict[str, Any]
    position: int
    removed: bool = False


class ContactNewsOut(msgspec.Struct, kw_only=True):
    """Something about a person changed: whoever shows one of these contacts asks for it anew.

    What is known of a person is not told here: it differs with the channels one sees, and is not to lie in the feed.
    """

    contact_ids: list[UUID]


class SweepOut(msgspec.Struct, kw_only=True):
    """One act on every conversation of a list. `state`: running, done, undoing, undone.

    `passed`: were so already; `refused`: how many, by the reason. `kept`: changed by others since, so not taken back.
    """

    id: UUID
    version: int
    user_id: UUID
    act: dict[str, Any]
    state: str
    total: int
    changed: int
    passed: int
    refused: dict[str, int]
    undone: int
    kept: int
    created_at: datetime


class GoalNewsOut(msgspec.Struct):
    """A goal was looked at. `people`: to whom that is said."""

    id: UUID
    people: list[UUID]


class EventOut(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One thing that happened, with the whole rows it changed. `name` e.g. conversation.resolved, message.received."""

    seq: int
    name: str
    at: datetime
    by: UUID | None = None
    conversation: ConversationOut | None = None
    message: MessageOut | None = None
    activity: ActivityOut | None = None
    read: ReadOut | None = None
    channel: ChannelOut | None = None
    member: MemberOut | None = None
    saved_reply: SavedReplyOut | None = None
    macro: MacroOut | None = None
    rule: RuleOut | None = None
    team: TeamOut | None = None
    saved_view: SavedViewOut | None = None
    contact: ContactNewsOut | None = None
    goal: GoalNewsOut | None = None
    webhook_id: UUID | None = None  # one of our own addresses that are told
    sweep: SweepOut | None = None
    promise: str = ""  # answer, resolution: which is at risk, or broken, or is not after all
    bell: BellOut | None = None  # only to whom it belongs
    forget: UUID | None = None  # a conversation this reader may no longer see
