"""What is promised to whoever asks: policies in their editions, and the due instant they give a waiting. Pure.

    aims = terms.aims(waits, Place(channel, platform, "dm"), worn)
    aims[-1].due          # by when an answer keeps the promise
    aims[-1].risk         # when three quarters of the time are used up

The first policy that matches wins, in the edition that held when the waiting opened, by what the conversation wore
then. It is chosen again when what it matches on changes while somebody waits, and by an edition that includes those who
wait; always reckoned from the opening, and never once the due instant has passed: what was late stays late.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from inbox.sla.channel_hours import ChannelHours
from inbox.sla.hours import Hours
from inbox.sla.spending import Span, Spending, spend

AT_RISK = 0.75  # of what is allowed


class Target(msgspec.Struct, frozen=True, omit_defaults=True):
    """How long an answer may take; `business`: in the hours of the policy or else of the channel, else by the clock."""

    seconds: int
    business: bool = False


class Match(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whom a policy is for: all that is named must hold; of several of one kind, one of them. `tags` any, `priority`
    that or higher; `languages`: codes such as pt; `contact_tags`: of whoever writes. Nothing named: everybody."""

    channels: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    priority: int = 0
    languages: tuple[str, ...] = ()
    contact_tags: tuple[str, ...] = ()


class Policy(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One promise. `version` counts its own changes. Without a target for a first or a next response there is none.

    `resolution`: how long somebody may wait in a whole case, all its waitings taken together.
    """

    id: str
    name: str
    version: int = 1
    match: Match = Match()
    first: Target | None = None
    next: Target | None = None
    calendar: str = ""
    resolution: Target | None = None

    def target(self, kind: str) -> Target | None:
        """For a first_response or a next_response."""
        return self.first if kind == "first_response" else self.next


class Edition(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """All policies in their order, for who asks from `valid_from` on; `includes_waiting`: for who waits then too."""

    version: int
    valid_from: datetime
    policies: tuple[Policy, ...]
    includes_waiting: bool = False


class Place(msgspec.Struct, frozen=True):
    """Where a conversation is; it stays there."""

    channel: str
    platform: str
    kind: str


class Worn(msgspec.Struct, frozen=True):
    """What a conversation wears from `at` on; `contact`: and whoever waits there, as a contact."""

    at: datetime
    tags: frozenset[str] = frozenset()
    priority: int = 0
    contact: frozenset[str] = frozenset()


class Waits(msgspec.Struct, frozen=True):
    """One waiting: first_response or next_response, from when, and until when if it is over; `language`: of the item
    that opened it, '' unknown."""

    kind: str
    opened_at: datetime
    ended_at: datetime | None = None
    language: str = ""


class Aim(msgspec.Struct, frozen=True):
    """What was promised to one waiting, from `since` on. `due`, `risk`: instants, UTC; `edition`: its number.

    `counts_from`: the first instant that counts, which is the opening itself unless that was outside the hours.
    `language`, `contact`: what of these the policy named and found, for whoever asks why it is this one.
    """

    since: datetime
    policy: Policy
    edition: int
    target: Target
    due: datetime
    risk: datetime
    counts_from: datetime
    language: str = ""
    contact: tuple[str, ...] = ()


class Allowed(msgspec.Struct, frozen=True):
    """What was promised for the resolution of a case, from `since` on, and how its waitings have spent it.

    `due`: when it is used up, `risk`: when three quarters of it were; UTC, None while nobody waits and it is not.
    """

    since: datetime
    policy: Policy
    edition: int
    target: Target
    spending: Spending
    risk: datetime | None

    @property
    def due(self) -> datetime | None:
        return self.spending.due

    @property
    def allowed(self) -> timedelta:
        return timedelta(seconds=self.target.seconds)


def in_words(target: Target) -> str:
    """ "8 business hours", "24 clock hours", "90 clock minutes": never a day, which may mean either."""
    kind = "business" if target.business else "clock"
    minutes = target.seconds // 60
    number, unit = (minutes // 60, "hour") if minutes % 60 == 0 else (minutes, "minute")
    return f"{number} {kind} {unit}{'' if number == 1 else 's'}"


class Terms:
    """Every edition, with the calendars they name, and those that channels have by themselves."""

    def __init__(
        self, editions: Sequence[Edition], calendars: Mapping[str, Hours], channels: ChannelHours | None = None
    ) -> None:
        self._editions = sorted(editions, key=lambda edition: (edition.valid_from, edition.version))
        self._from = [edition.valid_from for edition in self._editions]
        self._calendars = calendars
        self._channels = channels or ChannelHours({})
        self._for_resolutions = any(policy.resolution for edition in editions for policy in edition.policies)
        matches = [policy.match for edition in editions for policy in edition.policies]
        self.contact_tags = frozenset(tag for match in matches for tag in match.contact_tags)  # all ever looked at
        self.languages = any(match.languages for match in matches)

    def __bool__(self) -> bool:
        """Whether anything was ever promised."""
        return bool(self._editions)

    def followed_by(self, edition: Edition) -> Terms:
        """As they would be with one more edition."""
        return Terms([*self._editions, edition], self._calendars, self._channels)

    def aims(self, waits: Waits, place: Place, worn: Sequence[Worn]) -> tuple[Aim, ...]:
        """What was promised to it, the last of them last; `worn` in order. None at all: nothing was."""
        labels = Labels(worn)
        edition = self._at(waits.opened_at)
        found = [self._aim(edition, waits, place, labels, waits.opened_at)]
        for at in self._turns(waits, labels):
            if found[-1] and found[-1].due <= at:
                break  # what is late stays so
            held = self._at(at)
            if held is not edition and held is not None and held.includes_waiting and held.valid_from == at:
                edition = held
            again = self._aim(edition, waits, place, labels, at)
            if not _same(again, found[-1]):
                found.append(again)
        return tuple(aim for aim in found if aim) if found[-1] else ()

    @property
    def for_resolutions(self) -> bool:
        """Whether a resolution was ever promised to anybody."""
        return self._for_resolutions

    def allowed(
        self, spans: Sequence[Span], place: Place, worn: Sequence[Worn], language: str = ""
    ) -> tuple[Allowed, ...]:
        """What was promised for the resolution of a case with these waitings, the last of it last.

        It is chosen as for a waiting: at the opening, and again by what happens while somebody waits, until it is used
        up.
        """
        labels = Labels(worn)
        opened = spans[0].start
        edition = self._at(opened)
        found = [self._allowed(edition, spans, place, labels, primary(language), opened)]
        for at in self._turns_of(spans, labels):
            if found[-1] and found[-1].due and found[-1].due <= at:
                break
            held = self._at(at)
            if held is not edition and held is not None and held.includes_waiting and held.valid_from == at:
                edition = held
            again = self._allowed(edition, spans, place, labels, primary(language), at)
            if not _same_allowed(again, found[-1]):
                found.append(again)
        return tuple(one for one in found if one) if found[-1] else ()

    def _turns_of(self, spans: Sequence[Span], labels: Labels) -> list[datetime]:
        turns = {at for span in spans for at in self._turns(Waits("", span.start, span.end), labels)}
        return sorted(turns)

    def _allowed(
        self,
        edition: Edition | None,
        spans: Sequence[Span],
        place: Place,
        labels: Labels,
        spoken: str,
        at: datetime,
    ) -> Allowed | None:
        policy = self._policy(edition, place, labels.at(at), spoken)
        target = policy.resolution if policy else None
        if edition is None or policy is None or target is None:
            return None
        hours = self._calendars.get(self._calendar(edition, policy, place, spans[0].start))
        if target.business and hours is None:
            return None
        counted = hours if target.business else None
        spent = spend(spans, timedelta(seconds=target.seconds), counted)
        near = spend(spans, timedelta(seconds=target.seconds) * AT_RISK, counted)
        if spent is None or near is None:
            return None
        risk = near.due
        if risk and hours and not target.business:
            risk = hours.opens(risk) or risk
        return Allowed(at, policy, edition.version, target, spent, min(risk, spent.due) if risk and spent.due else risk)

    def _at(self, at: datetime) -> Edition | None:
        place = bisect_right(self._from, at)
        return self._editions[place - 1] if place else None

    def _turns(self, waits: Waits, labels: Labels) -> list[datetime]:
        """Instants at which another promise may have been made to who waits."""
        kept = [edition.valid_from for edition in self._editions if edition.includes_waiting]
        ended = waits.ended_at
        return sorted(at for at in {*kept, *labels.instants} if waits.opened_at < at and (ended is None or at < ended))

    def _aim(self, edition: Edition | None, waits: Waits, place: Place, labels: Labels, at: datetime) -> Aim | None:
        worn, spoken = labels.at(at), primary(waits.language)
        policy = self._policy(edition, place, worn, spoken)
        target = policy.target(waits.kind) if policy else None
        if edition is None or policy is None or target is None:
            return None
        calendar = self._calendar(edition, policy, place, waits.opened_at)
        instants = self._instants(calendar, target, waits.opened_at)
        if instants is None:
            return None
        language = spoken if policy.match.languages else ""
        contact = tuple(sorted(worn.contact.intersection(policy.match.contact_tags)))
        return Aim(at, policy, edition.version, target, *instants, language, contact)

    def _policy(self, edition: Edition | None, place: Place, worn: Worn, spoken: str) -> Policy | None:
        fits = (one for one in edition.policies if _matches(one.match, place, worn, spoken)) if edition else iter(())
        return next(fits, None)

    def _calendar(self, edition: Edition, policy: Policy, place: Place, opened: datetime) -> str:
        # Whom a later edition includes has the hours that the channel had when it began to hold for them.
        return policy.calendar or self._channels.at(place.channel, max(opened, edition.valid_from))

    def _instants(self, calendar: str, target: Target, opened: datetime) -> tuple[datetime, datetime, datetime] | None:
        """When it is due, when at risk, and from when it counts. An alarm of closed hours waits for the opening."""
        hours = self._calendars.get(calendar)
        allowed = timedelta(seconds=target.seconds)
        if not target.business:
            due, risk = opened + allowed, opened + allowed * AT_RISK
            return due, min((hours.opens(risk) or risk) if hours else risk, due), opened
        if hours is None or (due_there := hours.due(opened, allowed)) is None:
            return None  # hours that never come cannot be promised; whoever writes a policy is told
        return due_there, hours.due(opened, allowed * AT_RISK) or due_there, hours.opens(opened) or opened


class Labels:
    """What a conversation wore when."""

    def __init__(self, worn: Sequence[Worn]) -> None:
        self._worn = worn
        self.instants = [one.at for one in worn]

    def at(self, at: datetime) -> Worn:
        place = bisect_right(self.instants, at)
        return self._worn[place - 1] if place else Worn(at)


def primary(language: str) -> str:
    """The language itself, whatever is said of its script or country: "pt-BR" is pt."""
    return language.replace("_", "-").partition("-")[0].lower()


def woven(worn: Sequence[Worn], contact: Sequence[tuple[datetime, frozenset[str]]]) -> list[Worn]:
    """What a conversation wore with what somebody in it wore as a contact, each told in order."""
    if not any(tags for _, tags in contact):
        return list(worn)
    there, theirs = Labels(worn), Labels([Worn(at, contact=tags) for at, tags in contact])
    instants = sorted({*there.instants, *theirs.instants})
    both = [(at, there.at(at), theirs.at(at)) for at in instants]
    return [Worn(at, one.tags, one.priority, other.contact) for at, one, other in both]


def _matches(match: Match, place: Place, worn: Worn, spoken: str) -> bool:
    return (
        (not match.channels or place.channel in match.channels)
        and (not match.platforms or place.platform in match.platforms)
        and (not match.kinds or place.kind in match.kinds)
        and (not match.tags or not worn.tags.isdisjoint(match.tags))
        and worn.priority >= match.priority
        and (not match.languages or spoken in match.languages)
        and (not match.contact_tags or not worn.contact.isdisjoint(match.contact_tags))
    )


def _same(one: Aim | None, other: Aim | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.policy, one.due, one.risk) == (other.policy, other.due, other.risk)


def _same_allowed(one: Allowed | None, other: Allowed | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.policy, one.spending, one.risk) == (other.policy, other.spending, other.risk)
