"""What somebody typed to find something, taken apart. Pure: no session, no clock.

refund "wrong size" from:ana channel:"Acme Shop" before:2026-03 tag:vip kind:dm is:waiting -newsletter
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from inbox.desk import status
from inbox.ground.errors import Invalid
from inbox.platforms.base import Kind, clean

LONGEST = 500  # characters typed
MOST_TERMS = 20
SHORTEST_BEGINNING = 3  # letters; with fewer too many words begin so
OPERATORS = {
    "from": "from:ana, from:@handle, from:me, from:us",
    "channel": 'channel:"Acme Shop"',
    "platform": "platform: and the name of a network",
    "tag": "tag:refund",
    "kind": "kind:dm, kind:comment, kind:mention or kind:review",
    "lang": "lang:es",
    "before": "before:2026-03-31, before:2026-03 or before:yesterday",
    "after": "after:2026-03-31, after:yesterday or after:7d",
    "is": "is:waiting, is:unassigned, is:open, is:pending, is:snoozed or is:resolved",
    "has": "has:attachment, has:link or has:note",
    "assignee": "assignee:me, assignee:nobody or assignee:ben",
}
STATUSES = (status.OPEN, status.PENDING, status.SNOOZED, status.RESOLVED)
STATES = (*STATUSES, "waiting", "unassigned")
THINGS = ("attachment", "link", "note")

PART = re.compile(r'(-?)(?:([^\W\d_][\w-]*):(?!//))?(?:"([^"]*)"?|(\S+))')
# Scripts that put no space between words are taken apart by letter, as the database does.
UNSPACED = re.compile("([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])")
PUNCTUATION = str.maketrans(dict.fromkeys("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", " "))


class UnknownOperator(Invalid):
    code, title = "unknown_operator", "There is no such operator"


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or several that stand together. `begins`: as far as it was typed."""

    text: str
    is_unwanted: bool = False
    begins: bool = False


@dataclass(slots=True)
class Criteria:
    """Everything must fit; of one operator given twice either, but of tags and things all."""

    terms: list[Term] = field(default_factory=list)
    writers: list[str] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    platforms: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    things: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    since: datetime | None = None
    until: datetime | None = None

    @property
    def wanted(self) -> list[Term]:
        return [term for term in self.terms if not term.is_unwanted]

    @property
    def is_empty(self) -> bool:
        lists = (self.writers, self.channels, self.platforms, self.tags, self.kinds, self.languages, self.states)
        return not any((self.wanted, *lists, self.things, self.assignees, self.since, self.until))


def read(typed: str, now: datetime, zone: ZoneInfo) -> Criteria:
    """Days are those of `zone`. Raises UnknownOperator, and Invalid for a value that an operator does not take."""
    criteria, today = Criteria(), now.astimezone(zone).date()
    typed = clean(typed)
    for part in PART.finditer(typed):
        minus, operator, phrase, word = part.groups()
        value = word if phrase is None else phrase.strip()
        if operator is None:
            if any(letter.isalnum() for letter in value):
                begins = part.end() == len(typed) and phrase is None and not minus
                criteria.terms.append(Term(value, bool(minus), begins))
        elif operator.lower() not in OPERATORS:
            known = ", ".join(f"{name}:" for name in OPERATORS)
            raise UnknownOperator(
                f"There is no operator {operator}: here. There are {known}. To look for the words themselves, put them "
                "in quotes.",
                field="q",
                operators=OPERATORS,
            )
        elif minus:
            raise Invalid(f"A minus stands before words only, not before {operator}:.", field="q")
        elif value:
            _narrow(criteria, operator.lower(), value, today, zone)
    if len(criteria.terms) > MOST_TERMS:
        raise Invalid(f"At most {MOST_TERMS} words can be looked for at once.", field="q")
    if criteria.terms and not criteria.wanted:
        raise Invalid("Words with a minus leave something out of what is found: add one to look for.", field="q")
    return criteria


def _narrow(criteria: Criteria, operator: str, value: str, today: date, zone: ZoneInfo) -> None:
    small = value.lower()
    if operator == "from":
        criteria.writers.append(value)
    elif operator == "channel":
        criteria.channels.append(value)
    elif operator == "platform":
        criteria.platforms.append(small)
    elif operator == "tag":
        criteria.tags.append(value)
    elif operator == "kind":
        criteria.kinds.append(_one_of(operator, small.removesuffix("s"), [str(kind) for kind in Kind]))
    elif operator == "lang":
        criteria.languages.append(small)
    elif operator == "is":
        criteria.states.append(_one_of(operator, small, STATES))
    elif operator == "has":
        criteria.things.append(_one_of(operator, small.removesuffix("s"), THINGS))
    elif operator == "assignee":
        criteria.assignees.append(value)
    else:
        first, behind = _days(operator, small, today)
        moment = datetime.combine(first if operator == "before" else behind, time(), zone)
        if operator == "before":
            criteria.until = moment if criteria.until is None else min(criteria.until, moment)
        else:
            criteria.since = moment if criteria.since is None else max(criteria.since, moment)


def _one_of(operator: str, value: str, known: tuple[str, ...] | list[str]) -> str:
    if value not in known:
        raise Invalid(f"{operator}: takes {', '.join(known[:-1])} or {known[-1]}, not {value}.", field="q")
    return value


def _days(operator: str, value: str, today: date) -> tuple[date, date]:
    """The first day that is meant and the first one behind it. 7d: the day seven days ago, which `after` counts."""
    if value in ("today", "yesterday"):
        day = today - timedelta(days=value == "yesterday")
        return day, day if operator == "after" else day + timedelta(days=1)
    try:
        if ago := re.fullmatch(r"(\d{1,5})d", value):
            day = today - timedelta(days=int(ago[1]))
            return day, day
        numbers = re.fullmatch(r"(\d{4})(?:-(\d\d?))?(?:-(\d\d?))?", value)
        year, month, day_of = (int(number) for number in numbers.groups("0"))  # type: ignore[union-attr]
        first = date(year, month or 1, day_of or 1)
        if day_of:
            return first, first + timedelta(days=1)
        return first, date(year + (month or 12) // 12, (month or 12) % 12 + 1, 1)
    except (AttributeError, ValueError, OverflowError):
        raise Invalid(
            f"{operator}: takes a day such as 2026-03-31, a month, a year, today, yesterday or 7d, not {value}.",
            field="q",
        ) from None


def asked(terms: list[Term], shortest: int = SHORTEST_BEGINNING) -> str | None:
    """The words as Postgres' to_tsquery reads them; None where there are none."""
    parts = []
    for term in terms:
        words = UNSPACED.sub(r" \1 ", term.text.translate(PUNCTUATION)).split()
        if words:
            begins = ":*" if term.begins and len(words[-1]) >= shortest else ""
            parts.append(f"{'!' if term.is_unwanted else ''}({_together(words)}{begins})")
    return " & ".join(parts) or None


def _together(words: list[str]) -> str:
    """Words that follow one another. Nothing in them means anything to Postgres: punctuation is gone."""
    return " <-> ".join(f"'{word}'" for word in words)
