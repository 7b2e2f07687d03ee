"""A goal as one sentence, in both directions. Pure.

    read("We will use Our Page for inquiries, and bring our median response below 24 hours by the end of 2027.")
    written(goal, ["Our Page"])

What is read names places as they were written; who keeps the goal knows which channels they are.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from datetime import date
from typing import Literal

import msgspec

from inbox.reports.open_time import CountedIn
from inbox.sla import spoken
from inbox.sla.spoken import target_of
from inbox.sla.terms import Target

Metric = Literal["median", "p90", "share", "rate", "oldest"]

MONTHS = {name.casefold(): number for number, name in enumerate(calendar.month_name) if name}
SHORT = {name.casefold(): number for number, name in enumerate(calendar.month_abbr) if name}

VERB = r"(?:will|to|answer|reply|respond|bring|decrease|reduce|keep|let)"
USE = re.compile(
    rf"""\b(?:use|uses|using)\s+(?P<places>.+?)\s+for\s+(?P<purpose>.+?)
         (?=\s*(?:,|;|\band\s+{VERB}\b|\bby\s+(?:the\s+)?(?:end|\d)|$))""",
    re.IGNORECASE | re.VERBOSE,
)
WHO = re.compile(r"^\s*(?P<who>.+?)\s+(?:will|wants? to|should|shall)\b", re.IGNORECASE)
UNIT = r"minutes?|mins?|hours?|hrs?|h|days?|weeks?|months?"
SPAN = re.compile(rf"\d+(?:[.,]\d+)?\s*-?\s*(?:(?:business|working|clock)\s+)?(?:{UNIT})\b", re.IGNORECASE)
# "One business day", in whatever words: how long that is nobody can tell from the sentence.
WORKING_DAY = re.compile(r"\b(?:business|working)[ -](?:days?|weeks?)\b", re.IGNORECASE)
PERCENT = re.compile(r"(?P<number>\d{1,3}(?:[.,]\d+)?)\s*(?:%|per\s?cent\b)", re.IGNORECASE)
OLDEST = re.compile(r"\b(?:nobody|no one|nothing|none)\b.{0,40}?\b(?:longer|older|more)\b\s+than\s+", re.IGNORECASE)
DAY, YEAR, END = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?", r"(?P<year>\d{4})\b", r"\bby\s+(?:the\s+)?(?:end\s+of\s+)?"
ENDS = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (rf"{END}{YEAR}(?!-)", "year"),
        (rf"{END}(?P<month>[a-z]+)\s+{YEAR}", "month"),
        (rf"{END}q(?P<quarter>[1-4])\s+{YEAR}", "quarter"),
        (r"\bby\s+(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)\b", "date"),
        (rf"\bby\s+(?:the\s+)?{DAY}\s+(?:of\s+)?(?P<month>[a-z]+)\s+{YEAR}", "date"),
        (rf"\bby\s+(?P<month>[a-z]+)\s+{DAY},?\s+{YEAR}", "date"),
    )
)


class NotUnderstood(ValueError):
    """`field`: which piece, as the form calls it; the message is for whoever wrote the sentence."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be reached. `within`: seconds of `hours`. `share`: of all, for share and rate, 0 to 1. `ceiling`:
    nobody waits longer, seconds of the same. `deadline`: the last day that counts."""

    who: str
    purpose: str
    metric: Metric
    deadline: date
    within: int = 0
    share: float = 0.5
    ceiling: int = 0
    hours: CountedIn = "clock"


class Read(msgspec.Struct, frozen=True):
    """A sentence understood: the goal, and the places it names."""

    goal: Goal
    places: tuple[str, ...]


def read(sentence: str) -> Read:
    """Raises NotUnderstood."""
    said = " ".join(sentence.split()).rstrip(".!")
    use = USE.search(said)
    if use is None:
        raise NotUnderstood("channels", "Say where and what for: “we will use our page for customer inquiries”.")
    who = WHO.match(said)
    deadline, rest = _deadline(said)
    rest = rest[: use.start()] + rest[use.end() :]
    if day := WORKING_DAY.search(rest):
        named = day[0].casefold().rstrip("s")
        raise NotUnderstood("within", f"A {named} is as long as somebody is there. Say it in hours: 8 business hours.")
    goal_said, longest = _ceiling(rest)
    metric, aimed, share = _metric(goal_said, longest)
    if aimed and longest and aimed.business != longest.business:
        raise NotUnderstood("within", "A goal counts in one kind of hours. Say both in business hours, or neither.")
    within, ceiling = (one.seconds if one else 0 for one in (aimed, longest))
    if metric == "oldest":
        within, ceiling = ceiling, 0
    goal = Goal(
        who=who["who"] if who else "We",
        purpose=use["purpose"].strip(" ,"),
        metric=metric,
        within=within,
        share=share,
        ceiling=ceiling,
        deadline=deadline,
        hours="business" if any(one and one.business for one in (aimed, longest)) else "clock",
    )
    return Read(goal, _places(use["places"]))


def _places(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in re.split(r",|\band\b|&|\+", text) if part.strip())


def _deadline(said: str) -> tuple[date, str]:
    """The last day that counts, and the sentence without it."""
    for pattern, kind in ENDS:
        found = pattern.search(said)
        if found is None:
            continue
        day = _day(found, kind)
        if day is not None:
            return day, said[: found.start()] + " " * (found.end() - found.start()) + said[found.end() :]
    raise NotUnderstood("deadline", "Say by when: “by the end of 2027”, or “by 31 March 2027”.")


def _day(found: re.Match[str], kind: str) -> date | None:
    year = int(found["year"])
    month = 12 if kind == "year" else 3 * int(found["quarter"]) if kind == "quarter" else _month(found["month"])
    if not month:
        return None
    try:
        return date(year, month, int(found["day"]) if kind == "date" else calendar.monthrange(year, month)[1])
    except ValueError:
        raise NotUnderstood("deadline", f"{month}/{year} has no such day.") from None


def _month(name: str) -> int:
    return int(name) if name.isdigit() else MONTHS.get(name.casefold(), SHORT.get(name.casefold()[:3], 0))


def _ceiling(said: str) -> tuple[str, Target | None]:
    """ "... with nobody waiting longer than 48 hours": that, and the rest."""
    found = OLDEST.search(said)
    if found is None:
        return said, None
    span = SPAN.match(said, found.end())
    if span is None:
        raise NotUnderstood("within", "Longer than what? Say it in hours: “nobody waits longer than 48 hours”.")
    return said[: found.start()] + said[span.end() :], _target(span)


def _metric(said: str, ceiling: Target | None) -> tuple[Metric, Target | None, float]:
    span, percent = SPAN.search(said), PERCENT.search(said)
    within = _target(span) if span else None
    share = float(percent["number"].replace(",", ".")) / 100 if percent else 0.0
    if percent and not 0 < share < 1:
        raise NotUnderstood(
            "share", "A share lies between 0 and 100 %: of all of them, one would be enough to miss it."
        )
    if re.search(r"\b(?:p90|90th|ninetieth|nine (?:out )?of ten)\b", said, re.IGNORECASE):
        return "p90", _needed(within), 0.9
    if percent:
        return ("share", within, share) if span else ("rate", None, share)
    if re.search(r"\b(?:median|half|response|answer|reply|replies)\b", said, re.IGNORECASE) and span:
        return "median", within, 0.5  # a response "rate" with a time means the time
    if ceiling and not span:
        return "oldest", None, 0.5
    raise NotUnderstood("metric", "Say what is measured: “median response time below 24 hours”, “80 % within 4 hours”.")


def _needed(within: Target | None) -> Target:
    if within is None:
        raise NotUnderstood("within", "Within what time? Say it in hours or minutes.")
    return within


def _target(found: re.Match[str]) -> Target:
    try:
        return target_of(found[0].replace("-", " "))
    except spoken.NotUnderstood as error:
        raise NotUnderstood("within", str(error)) from None


# Writing


def written(goal: Goal, places: Sequence[str]) -> str:
    """The same goal as one sentence. `places`: what its channels are called."""
    ceiling = f", with nobody waiting longer than {span(goal.ceiling, goal.hours)}" if goal.ceiling else ""
    ends = f"{goal.deadline.day} {calendar.month_name[goal.deadline.month]} {goal.deadline.year}"
    return f"{goal.who} will use {_listed(places)} for {goal.purpose}, and will {_aim(goal)}{ceiling} by {ends}."


def _aim(goal: Goal) -> str:
    percent = f"{goal.share * 100:.6g} %"
    match goal.metric:
        case "median":
            return f"bring the median response time below {span(goal.within, goal.hours)}"
        case "p90":
            return f"bring the 90th percentile of response times below {span(goal.within, goal.hours)}"
        case "share":
            return f"answer {percent} within {span(goal.within, goal.hours)}"
        case "rate":
            return f"bring the response rate to {percent}"
        case "oldest":
            return f"let nobody wait longer than {span(goal.within, goal.hours)}"


def span(seconds: int, hours: CountedIn = "clock") -> str:
    """ "24 hours", "90 minutes", "8 business hours"."""
    number, unit = (seconds // 3600, "hour") if seconds % 3600 == 0 else (seconds / 60, "minute")
    return f"{number:.6g} {'business ' if hours == 'business' else ''}{unit}{'' if number == 1 else 's'}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else "every channel"


def offered(deadline: date, today: date) -> date:
    """The same day of the first year in which it is still to come."""
    year = deadline.year
    while (day := _same_day(deadline, year)) < today:
        year += 1
    return day


def _same_day(day: date, year: int) -> date:
    return day.replace(year=year, day=min(day.day, calendar.monthrange(year, day.month)[1]))
