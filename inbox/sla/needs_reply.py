"""Whether an item needs a reply: named rules, each with a version and a reason a person can read.

    decide(kind="comment", text="@anna 😍").reason     # "Only tags somebody."
    decide(kind="dm", text="Where is my order?").rule   # "question"

The rules are asked in the order of `RULES`; the first that speaks decides, and where none does the kind of item does.
They are honest heuristics: in doubt a question is a question, and the agent's word is final.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from inbox.sla import phrases
from inbox.sla.reading import Item, Phrases, words_of

LOW_RATING = 3
PUBLIC = ("comment", "ad_comment", "mention")
ALWAYS, NEVER = "always", "never"
QUESTION_MARKS = frozenset("?？؟¿\u037e❓❔⁉")
SENTENCE_ENDS = re.compile(r"[.!…\n]")
PHONE = re.compile(r"\+?\d[\d \-]{6,18}\d")


class Decision(msgspec.Struct, frozen=True):
    """What the rules say about one text. `reason` is a sentence for a person and holds none of the customer's words."""

    needs_reply: bool
    rule: str
    version: int
    reason: str


_THANKS, _BESIDE_THANKS, _IRONY = Phrases(phrases.THANKS), Phrases(phrases.BESIDE_THANKS), Phrases(phrases.IRONY)
_QUESTIONS, _REQUESTS = Phrases(phrases.QUESTIONS), Phrases(phrases.REQUESTS)
_COMPLAINTS, _GREETINGS, _SPAM = Phrases(phrases.COMPLAINTS), Phrases(phrases.GREETINGS), Phrases(phrases.SPAM)


# No rule of a text: what stands in a conversation that an agent marked as spam asks for nothing.
IN_SPAM = Decision(False, "in_spam", 1, "It stands in a conversation that was marked as spam.")

BLOCKED = Decision(False, "blocked", 1, "Whoever wrote it was blocked here.")


class Rule(msgspec.Struct, frozen=True):
    """One rule: what it is called, what it says when it speaks, and whether it speaks about an item."""

    name: str
    version: int
    needs_reply: bool
    reason: str
    speaks: Callable[[Item], bool]

    def decision(self) -> Decision:
        """What it says."""
        return Decision(self.needs_reply, self.name, self.version, self.reason)


RULES: list[Rule] = []


def rule(
    name: str, reason: str, *, needs_reply: bool, version: int = 1
) -> Callable[[Callable[[Item], bool]], Callable[[Item], bool]]:
    """Add a rule after those above it; a changed rule gets the next version."""

    def add(speaks: Callable[[Item], bool]) -> Callable[[Item], bool]:
        RULES.append(Rule(name, version, needs_reply, reason, speaks))
        return speaks

    return add


@rule("low_rating", "A review with three stars or fewer.", needs_reply=True)
def low_rating(item: Item) -> bool:
    """A review that is not content, with or without words; a recommendation withheld counts as one star."""
    return item.rating is not None and item.rating <= LOW_RATING


@rule("spam", "Looks like spam: it advertises, with a link, a name or a number to turn to.", needs_reply=False)
def spam(item: Item) -> bool:
    """Two signs are needed, because one alone is something a customer may well say."""
    return item.says(_SPAM) and bool(item.addresses or item.tags or PHONE.search(item.text))


@rule("question", "It asks something: there is a question mark.", needs_reply=True)
def question_mark(item: Item) -> bool:
    """A question mark outside links."""
    return any(char in QUESTION_MARKS for char in item.bare)


@rule("share_without_text", "Only shares something, without a word.", needs_reply=False)
def share_without_text(item: Item) -> bool:
    """A share, or nothing but a link in public."""
    if item.bare or item.tags or item.unsupported:
        return False
    if item.attachments:
        return all(kind == "share" for kind in item.attachments)
    return bool(item.addresses) and item.kind in PUBLIC and not item.visitor_post


@rule("only_tags", "Only tags somebody.", needs_reply=False)
def only_tags(item: Item) -> bool:
    """@-names and nothing that could be read beside them; tagging us alone is no question either."""
    return bool(item.tags) and not _can_be_read(item) and _only_stickers(item)


@rule("only_emoji", "Only emoji, signs or laughter.", needs_reply=False)
def only_emoji(item: Item) -> bool:
    """Nothing that could be read, or nothing but laughter."""
    if item.addresses or not _only_stickers(item) or not (item.text.strip() or item.attachments):
        return False
    return not _can_be_read(item) or (item.words != [] and all(_laughs(word) for word in item.words))


@rule("thanks", "Only says thanks.", needs_reply=False)
def thanks(item: Item) -> bool:
    """Thanks, with at most one word beside it that we do not know (a name), and none that turns it round."""
    if item.attachments and not _only_stickers(item):
        return False
    if any(said in item.bare for said in phrases.THANKS_UNPARTED):
        return len(item.bare) <= 20 and not _asks_unparted(item)
    found = list(_THANKS.found_in(item.words))
    if not found or item.says(_IRONY) or any(char.isdigit() for char in item.bare) or item.addresses:
        return False
    covered = {place + step for place, length in found for step in range(length)}
    beside = [place for place in range(len(item.words)) if place not in covered]
    strange = [place for place in beside if not _BESIDE_THANKS.at(item.words, place)]
    if len(beside) > 12 or len(strange) > 1 or any(_asks_at(item, place) for place in strange):
        return False
    return all(place in (0, len(item.words) - 1) or place - 1 in covered for place in strange)


@rule("complaint", "It complains about something.", needs_reply=True)
def complaint(item: Item) -> bool:
    """A word of complaint, or thanks for nothing."""
    return item.says(_COMPLAINTS) or (item.says(_THANKS) and item.says(_IRONY))


@rule("asks", "It asks something, without a question mark.", needs_reply=True)
def asks(item: Item) -> bool:
    """A sentence that begins like a question; after a comma it takes three words, or "as always" would be one."""
    if _asks_unparted(item):
        return True
    for sentence in SENTENCE_ENDS.split(item.bare):
        for place, part in enumerate(sentence.split(",")):
            words = words_of(part)
            if len(words) >= (3 if place else 2) and _QUESTIONS.at(words, 0):
                return True
    return False


@rule("request", "It asks for something to be done.", needs_reply=True)
def request(item: Item) -> bool:
    """A word of request, or one of an order."""
    return item.says(_REQUESTS)


@rule("direct_address", "It speaks to us directly.", needs_reply=True)
def direct_address(item: Item) -> bool:
    """It begins with our name or with a greeting and says something more."""
    if len(item.words) < 2:
        return False
    begins = item.text.casefold().lstrip(" @")
    if any(begins.startswith(name) for name in item.ours):
        return True
    to_us = not item.tags or item.kind == "mention" or bool(item.ours.intersection(item.tags))
    return to_us and bool(_GREETINGS.at(item.words, 0))


def decide(
    *,
    kind: str,
    text: str,
    attachments: Sequence[str] = (),
    rating: int | None = None,
    visitor_post: bool = False,
    unsupported: bool = False,
    ours: Iterable[str] = (),
    settings: Mapping[str, Any] | None = None,
) -> Decision:
    """Say whether an item needs a reply, and why.

    `kind`: dm, comment, ad_comment, mention, review. `attachments`: their types. `rating`: 1-5; a recommendation is 5
    or 1. `ours`: the channel's handles and names. `settings`: the channel's; `{"needs_reply": {"comment": "always"}}`
    makes every comment need one unless a rule says no, and "never" none.
    """
    item = Item(kind, text, attachments, rating, visitor_post, unsupported, ours)
    chosen = _chosen(settings, kind)
    if chosen == NEVER:
        return Decision(False, "channel_setting", 1, "This channel is set to expect no replies to such items.")
    for one in RULES:
        if one.speaks(item):
            return one.decision()
    if chosen == ALWAYS:
        return Decision(True, "channel_setting", 1, "This channel is set to reply to all such items.")
    return _by_kind(item)


def _chosen(settings: Mapping[str, Any] | None, kind: str) -> str:
    """What the channel says about this kind; anything it does not know how to say is nothing."""
    choices = (settings or {}).get("needs_reply")
    chosen = choices.get(kind) if isinstance(choices, Mapping) else None
    return chosen if isinstance(chosen, str) else ""


def _by_kind(item: Item) -> Decision:
    if item.visitor_post:
        return Decision(True, "visitor_post", 1, "A post on our page by somebody else asks for an answer.")
    if item.kind == "dm":
        reason = "We cannot show what was sent; look at it there." if item.unsupported else "A direct message."
        return Decision(True, "dm", 1, reason)
    if item.kind == "review":
        if item.asks_by_nature:
            return Decision(True, "review_text", 1, "A review with words.")
        return Decision(False, "stars_only", 1, "A good rating without words.")
    return Decision(False, "nothing_asked", 1, "No question, request, complaint or direct address was found.")


def _can_be_read(item: Item) -> bool:
    return any(char.isalnum() for char in item.bare)


def _only_stickers(item: Item) -> bool:
    return all(kind == "sticker" for kind in item.attachments)


def _laughs(word: str) -> bool:
    return word in phrases.LAUGHTER or (len(word) > 2 and set(word) in phrases.LAUGHTER_LETTERS)


def _asks_unparted(item: Item) -> bool:
    return any(said in item.bare for said in phrases.ASKED_UNPARTED)


def _asks_at(item: Item, place: int) -> bool:
    return any(table.at(item.words, place) for table in (_COMPLAINTS, _REQUESTS, _QUESTIONS))
