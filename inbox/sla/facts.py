"""What happened in a conversation, as far as the waiting is concerned: append-only facts that carry no customer text.

    Written(conversation=c, at=asked, recorded_at=now, tie=tie_of("m_AbC-1"), item=m, author="7001", received_at=got,
            needs_reply=True, rule="direct message", version=1, reason="A direct message asks for an answer.")

Ids are opaque strings (ours are UUIDs as text), `author` is the platform identity and never the contact, `by` is the
agent who did it and '' when nobody in particular did. Facts are stored as `encode` gives them and never changed: what
turns out wrong is answered by another fact. A new kind is one more class in `AnyFact`; old rows stay readable.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import IntEnum
from hashlib import blake2b
from typing import Literal, TypeAlias

import msgspec


class Rank(IntEnum):
    """Who goes first when two facts bear the same instant: an answer always sorts after what it covers."""

    CUSTOMER = 0
    ANSWER = 1
    ACT = 2


def tie_of(key: str) -> int:
    """A 63-bit number from a stable key (kind, external id, revision): the same happening gives the same number."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big") >> 1


class Shown(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An item as somebody had it before them: `revision` is the platform time of the newest text they saw.

    Without `revision` it is the text that stood when they acted.
    """

    item: str
    revision: datetime | None = None


class Fact(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, tag_field="kind"):
    """One thing that happened. `at`: UTC, as the platform gave it (ours for our own acts); `recorded_at`: UTC, ours.

    `as_seen` says that the platform gave no time, so `at` is when we saw it. Two facts of one kind with the same `tie`
    are the same fact, told twice.
    """

    conversation: str
    at: datetime
    recorded_at: datetime
    tie: int
    as_seen: bool = False

    @property
    def rank(self) -> Rank:
        """Where this fact stands among those of the same instant."""
        return Rank.ACT


# What customers do.


class Written(Fact, tag="written", frozen=True):
    """A customer wrote an item; `author` '' is nobody known, and then the item is its own author.

    `received_at`: UTC, when it reached us. `rule`, `version` and `reason` say why it does or does not need a reply.
    `language`: as the platform tells it, '' unknown. `contact_tags`: what its author wore as a contact when it reached
    us, as far as policies look at it.
    """

    item: str
    author: str
    received_at: datetime
    needs_reply: bool
    rule: str
    version: int
    reason: str
    before_connection: bool = False
    language: str = ""
    contact_tags: tuple[str, ...] = ()

    @property
    def rank(self) -> Rank:
        return Rank.CUSTOMER


class Edited(Fact, tag="edited", frozen=True):
    """A customer changed an item, and the rules were asked again about the new text; the rest as of `Written`."""

    item: str
    needs_reply: bool
    rule: str
    version: int
    reason: str
    received_at: datetime
    language: str = ""
    contact_tags: tuple[str, ...] = ()

    @property
    def rank(self) -> Rank:
        return Rank.CUSTOMER


class Deleted(Fact, tag="deleted", frozen=True):
    """An item is gone. Removed by we cannot tell whom counts as taken back by the customer."""

    item: str
    whose: Literal["customer", "ours", "unknown"]
    by: str = ""

    @property
    def rank(self) -> Rank:
        return Rank.ACT if self.whose == "ours" else Rank.CUSTOMER


# What we say.


class Answered(Fact, tag="answered", frozen=True):
    """The platform took a message of ours, at the time `at`; what it covers is what it answers.

    `covers`: the items it answers, as the composer had shown them. `authors` and `everyone` mean all earlier items of
    those people, or of anybody: so a reply typed in the platform's own app (`elsewhere`) names the parent's author and
    those it @-names, and in a DM everyone. With all three empty it covers nothing. `human` is false for bots, automatic
    replies, and what was written elsewhere until somebody says that a person did it. `before_connection`: back-filled.
    """

    answer: str
    human: bool
    by: str = ""
    elsewhere: bool = False
    before_connection: bool = False
    covers: tuple[Shown, ...] = ()
    authors: tuple[str, ...] = ()
    everyone: bool = False

    @property
    def rank(self) -> Rank:
        return Rank.ANSWER


class AnsweredToo(Fact, tag="answered_too", frozen=True):
    """That answer covers more than was known: an agent says so, or the parent it replied to came later than it."""

    answer: str
    by: str = ""
    covers: tuple[Shown, ...] = ()
    authors: tuple[str, ...] = ()
    everyone: bool = False


class Judged(Fact, tag="judged", frozen=True):
    """An agent or a channel setting says whether a person wrote that answer; the last word counts."""

    answer: str
    human: bool
    by: str = ""


class Withdrawn(Fact, tag="withdrawn", frozen=True):
    """An answer that the platform had taken is not there any more."""

    answer: str
    why: Literal["deleted_by_us", "removed", "held", "failed"]
    by: str = ""


class Restored(Fact, tag="restored", frozen=True):
    """An answer once withdrawn is there after all, and customers could read it from `stands_from` on (UTC)."""

    answer: str
    stands_from: datetime
    by: str = ""


# What we decide.


class Decided(Fact, tag="decided", frozen=True):
    """An agent says whether an item needs a reply: final for the text they saw (`revision`, as in `Shown`).

    `source`: "check" where they were asked in a quick check of what the rules had said.
    """

    item: str
    needs_reply: bool
    reason: str
    by: str = ""
    revision: datetime | None = None
    source: str = ""


class Reapplied(Fact, tag="reapplied", frozen=True):
    """A supervisor applied a changed rule to a past revision of an item (`revision`: its platform time)."""

    item: str
    revision: datetime
    needs_reply: bool
    rule: str
    version: int
    reason: str
    by: str = ""


class Ended(Fact, tag="ended", frozen=True):
    """The customer waits no longer, though nobody answered here: "never mind", a phone call, somebody else helped."""

    items: tuple[Shown, ...]
    why: Literal["never_mind", "by_phone", "by_somebody_else", "other"]
    by: str = ""


class ClosedUnanswered(Fact, tag="closed_unanswered", frozen=True):
    """An agent takes these items off the queue without an answer; they wait on."""

    items: tuple[Shown, ...]
    reason: str = ""
    by: str = ""


class Hidden(Fact, tag="hidden", frozen=True):
    """We hid an item, or with `hidden` false showed it again."""

    item: str
    hidden: bool = True
    by: str = ""


class Resolved(Fact, tag="resolved", frozen=True):
    """The conversation was taken off the queue, by an agent or ('') by the status rule once everybody was answered.

    Whoever the rule did not know of stays on the queue: only people take somebody off it who waits.
    """

    by: str = ""


class Reopened(Fact, tag="reopened", frozen=True):
    """An agent put the conversation back on the queue; an item that needs a reply does so without this fact."""

    by: str


class Assigned(Fact, tag="assigned", frozen=True):
    """Who holds the conversation from now on: both names as they are after the change, '' for nobody."""

    agent: str = ""
    team: str = ""
    by: str = ""


class Labelled(Fact, tag="labelled", frozen=True):
    """What the conversation wears from now on, all of it as it is after the change: a policy may look at it."""

    tags: tuple[str, ...] = ()
    priority: int = 0
    by: str = ""


class ContactLabelled(Fact, tag="contact_labelled", frozen=True):
    """What `author`, who writes here, wears as a contact from now on, as far as policies look at it; all of it."""

    author: str
    tags: tuple[str, ...] = ()
    by: str = ""


class Snoozed(Fact, tag="snoozed", frozen=True):
    """The conversation sleeps until `until` (UTC), or with None was woken; no number knows."""

    until: datetime | None = None
    by: str = ""


class Undone(Fact, tag="undone", frozen=True):
    """An agent took back one of our own acts, named by its `tie`; what customers did and what we said stays.

    An assignment or a snooze is taken back by another one, because who held it until then did hold it.
    """

    act: int
    by: str = ""


# Where it is.


class Linked(Fact, tag="linked", frozen=True):
    """A private reply to `author`'s `item` here opened (or went to) a private conversation; recorded in both.

    `reply`: our message that did it. It stands in the public conversation, and what is heard of it in the private one.
    """

    item: str
    author: str
    private: str
    private_author: str
    public: str
    reply: str = ""


class Merged(Fact, tag="merged", frozen=True):
    """This conversation was provisional (the child came before its parent); all of it belongs to `into`."""

    into: str


AnyFact: TypeAlias = (
    Written
    | Edited
    | Deleted
    | Answered
    | AnsweredToo
    | Judged
    | Withdrawn
    | Restored
    | Decided
    | Reapplied
    | Ended
    | ClosedUnanswered
    | Hidden
    | Resolved
    | Reopened
    | Assigned
    | Labelled
    | ContactLabelled
    | Snoozed
    | Undone
    | Linked
    | Merged
)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyFact] = msgspec.json.Decoder(AnyFact)


def encode(fact: AnyFact) -> bytes:
    """The fact as it is stored: JSON, the kind under `kind`."""
    return _encoder.encode(fact)


def decode(stored: bytes | str) -> AnyFact:
    """The fact that `encode` stored; raises `msgspec.ValidationError` for a kind nobody knows."""
    return _decoder.decode(stored)


def known_at(facts: Iterable[AnyFact], as_of: datetime) -> list[AnyFact]:
    """The facts we had at `as_of` (UTC): folding them gives the same numbers for that instant for ever."""
    return [fact for fact in facts if fact.recorded_at <= as_of]
