"""What a rule can ask, each one function in a list; screens and the editor draw themselves from it.

A condition is given the facts and the rule's own values, and says whether it holds and what it saw. What it saw is
kept as the explanation, so it never is a customer's words: a word of the rule's, a name of ours, a number or a time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from inbox.platforms.base import Kind
from inbox.rules.facts import Facts, plain
from inbox.sla import needs_reply

Takes = Literal[
    "", "words", "platforms", "channels", "choices", "tags", "members", "teams", "languages", "number", "hours"
]
Found = tuple[bool, str]  # whether it holds, and what was seen
Ask = Callable[[Facts, Sequence[str]], Found]

MOST_VALUES = 50
LONGEST_VALUE = 100
NOBODY = ""
DAYS = "1234567"  # as ISO counts them, from Monday
SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
NUMBER = re.compile("[0-9]{1,8}")
LANGUAGE = re.compile(r"[a-z]{2,3}")
# Scripts that put no space between words: there a word may stand anywhere.
UNPARTED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


class Condition(msgspec.Struct, frozen=True):
    """`takes`: what its values are; "" none. `choices`: from which they are taken. `range`: of a number."""

    name: str
    takes: Takes
    choices: tuple[str, ...]
    range: tuple[int, int]
    ask: Ask


CONDITIONS: dict[str, Condition] = {}


def condition(
    takes: Takes = "", *, choices: Sequence[str] = (), range: tuple[int, int] = (0, 0)
) -> Callable[[Ask], Ask]:
    """Add a condition, under the name of its function."""

    def add(ask: Ask) -> Ask:
        CONDITIONS[ask.__name__] = Condition(ask.__name__, takes, tuple(choices), range, ask)
        return ask

    return add


# What was written


@condition("words")
def contains(facts: Facts, values: Sequence[str]) -> Found:
    """One of these words or phrases is in it. Upper case and accents do not matter; `refund*` begins a word."""
    pattern, names = _pattern(tuple(values))
    found = pattern.search(facts.plain)
    return (True, names[int((found.lastgroup or "w0")[1:])]) if found else (False, "")


@condition()
def only_emoji(facts: Facts, _: Sequence[str]) -> Found:
    return needs_reply.only_emoji(facts.item), ""


@condition()
def only_mentions(facts: Facts, _: Sequence[str]) -> Found:
    return needs_reply.only_tags(facts.item), ""


@condition()
def only_thanks(facts: Facts, _: Sequence[str]) -> Found:
    return needs_reply.thanks(facts.item), ""


@condition()
def asks(facts: Facts, _: Sequence[str]) -> Found:
    """A question, with or without its mark."""
    return needs_reply.question_mark(facts.item) or needs_reply.asks(facts.item), ""


@condition()
def complains(facts: Facts, _: Sequence[str]) -> Found:
    return needs_reply.complaint(facts.item), ""


@condition()
def looks_like_spam(facts: Facts, _: Sequence[str]) -> Found:
    return needs_reply.spam(facts.item), ""


@condition()
def has_link(facts: Facts, _: Sequence[str]) -> Found:
    return facts.item.addresses > 0, str(facts.item.addresses)


@condition()
def has_attachment(facts: Facts, _: Sequence[str]) -> Found:
    return bool(facts.attachments), str(len(facts.attachments))


@condition("number", range=(1, 5))
def stars_at_most(facts: Facts, values: Sequence[str]) -> Found:
    if facts.rating is None:
        return False, ""
    return facts.rating <= int(values[0]), str(facts.rating)


@condition("languages")
def language(facts: Facts, values: Sequence[str]) -> Found:
    """As the network tells it; where it tells none this does not hold."""
    spoken = facts.language.replace("_", "-").split("-")[0].lower()
    return spoken in values, spoken


@condition()
def needs_a_reply(facts: Facts, _: Sequence[str]) -> Found:
    return facts.needs_reply, ""


# Where, by whom, when


@condition("platforms")
def platform(facts: Facts, values: Sequence[str]) -> Found:
    return facts.platform in values, facts.platform


@condition("channels")
def channel(facts: Facts, values: Sequence[str]) -> Found:
    return facts.channel in values, facts.channel


@condition("choices", choices=[str(kind) for kind in Kind])
def kind(facts: Facts, values: Sequence[str]) -> Found:
    return facts.kind in values, facts.kind


@condition("tags")
def person_tagged(facts: Facts, values: Sequence[str]) -> Found:
    """Who wrote wears one of these tags."""
    return _one_of(facts.person_tags, values)


@condition()
def person_is_new(facts: Facts, _: Sequence[str]) -> Found:
    return facts.person_is_new, ""


@condition("hours")
def written_within(facts: Facts, values: Sequence[str]) -> Found:
    """On these days (1 Monday to 7 Sunday), from and to this time in the workspace's zone; to midnight and on where
    the end is no later than the beginning, as the hours of the day on which they began."""
    days, (start, end) = values[0], values[1].split("-")
    here = facts.at.astimezone(zone_of(facts.zone))
    clock, today = f"{here:%H:%M}", here.isoweekday()
    seen = f"{today} {clock}"
    if start < end:
        return str(today) in days and start <= clock < end, seen
    yesterday = (today - 2) % 7 + 1
    return (str(today) in days and clock >= start) or (str(yesterday) in days and clock < end), seen


# The conversation


@condition("tags")
def tagged(facts: Facts, values: Sequence[str]) -> Found:
    return _one_of(facts.tags, values)


@condition("members")
def assigned_to(facts: Facts, values: Sequence[str]) -> Found:
    """One of these colleagues has it; "" is nobody."""
    return facts.assignee in values, facts.assignee


@condition("teams")
def entrusted_to(facts: Facts, values: Sequence[str]) -> Found:
    """One of these teams has it; "" is none."""
    return facts.team in values, facts.team


@condition("choices", choices=("0", "1", "2", "3", "4"))
def priority(facts: Facts, values: Sequence[str]) -> Found:
    return str(facts.priority) in values, str(facts.priority)


@condition("choices", choices=("open", "pending", "snoozed", "resolved"))
def status(facts: Facts, values: Sequence[str]) -> Found:
    return facts.status in values, facts.status


# What values may be


def wrong_with(asked: Condition, values: Sequence[str]) -> str:
    """Why these values will not do, in a sentence; "" where they will."""
    if not asked.takes:
        return "" if not values else "This condition takes no value."
    if not 1 <= len(values) <= MOST_VALUES:
        return f"A condition takes 1 to {MOST_VALUES} values."
    if any(len(value) > LONGEST_VALUE for value in values):
        return f"A word or value has at most {LONGEST_VALUE} characters."
    match asked.takes:
        case "words" if any(not plain(value).rstrip("*").strip() for value in values):
            return "A word to look for is empty."
        case "choices" if not set(values) <= set(asked.choices):
            return f"Choose from {', '.join(asked.choices)}."
        case "languages" if any(not LANGUAGE.fullmatch(value) for value in values):
            return "A language is given by its code, such as pt."
        case "number":
            low, high = asked.range
            if len(values) != 1 or not NUMBER.fullmatch(values[0]) or not low <= int(values[0]) <= high:
                return f"Give a number from {low} to {high}."
        case "hours":
            if len(values) != 2 or not values[0] or not set(values[0]) <= set(DAYS) or not SPAN.fullmatch(values[1]):
                return "Give days from 1 (Monday) to 7 and a span such as 09:00-17:00."
    return ""


@lru_cache(maxsize=4096)
def _pattern(words: tuple[str, ...]) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """All words in one walk over the text; their own signs mean nothing."""
    parts = []
    for place, word in enumerate(words):
        bare = plain(word)
        begins = bare.endswith("*")
        bare = bare.rstrip("*").strip()
        before = "" if UNPARTED.match(bare[:1]) or not bare[:1].isalnum() else r"(?<!\w)"
        after = "" if begins or UNPARTED.match(bare[-1:]) or not bare[-1:].isalnum() else r"(?!\w)"
        parts.append(f"(?P<w{place}>{before}{re.escape(bare)}{after})")
    return re.compile("|".join(parts)), words


@lru_cache(maxsize=256)
def zone_of(name: str) -> ZoneInfo:
    """A zone by its name; UTC for one that is not known here."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _one_of(worn: Sequence[str], wanted: Sequence[str]) -> Found:
    found = next((tag for tag in wanted if tag in worn), "")
    return bool(found), found
