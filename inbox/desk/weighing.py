"""How likely two accounts are one person's, from the signs they share; said in reasons, and never for certain. Pure.

What anybody can copy - a public handle, a name, what was written in public - says at most "possible", whatever of it
comes together: an impostor has all of it. Letters that only look alike are a warning more than a sign.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from inbox.desk.lettering import joined
from inbox.desk.signs import Sign

FEW = 5  # accounts that may share a sign; what more share tells of nobody
MORE = {"handle": 12, "name": 20}  # ... a handle is chosen anew on every network, and a name is not chosen at all
MANY = max(MORE.values())
RARE = 3  # ... and it still is one that few people bear
THRESHOLD = 3  # points, below which nothing is suggested
LIKELY = 6
SHOWN = 3  # values of one kind

Key = tuple[str, str]  # kind and key
Caution = Literal["impostor", "lookalike", "same_network"]
Level = Literal["likely", "possible"]
POINTS = {"email": 6, "phone": 6, "linked": 6, "order": 5, "field": 5, "place": 3, "handle": 3, "lookalike": 3}
POINTS |= {"links": 3, "near": 2, "name": 2, "lookalike_name": 1}
OPEN = 3  # points at most of what was written in public
COPYABLE = frozenset({"place", "handle", "near", "lookalike", "lookalike_name", "name", "links"})
LOOKALIKES = frozenset({"lookalike", "lookalike_name"})


@dataclass(frozen=True, slots=True)
class Reason:
    """`kind`: email, phone, order, field, place, handle, near, lookalike, name, lookalike_name, links (one names the
    other's account), linked (both do). `values`: how it is spelled, for a look-alike on either side."""

    kind: str
    values: tuple[str, ...]
    is_open: bool
    source_id: UUID
    points: int


@dataclass(frozen=True, slots=True)
class Weighed:
    """`score`: the points of all reasons together."""

    score: int
    level: Level
    reasons: tuple[Reason, ...]
    cautions: tuple[Caution, ...]


def few(kind: str) -> int:
    """How many accounts may share a sign of this kind until it tells of nobody."""
    return MORE.get(kind, FEW)


def shared(one: Sequence[Sign], other: Sequence[Sign]) -> set[Key]:
    """The keys that both have."""
    return {(sign.kind, sign.key) for sign in one} & {(sign.kind, sign.key) for sign in other}


def weigh(one: Sequence[Sign], other: Sequence[Sign], holders: Mapping[Key, int], *, is_one_network: bool) -> Weighed:
    """`holders`: how many accounts have each key that both have."""
    mine, theirs = _by_key(one), _by_key(other)
    found = defaultdict[str, list[Reason]](list)
    links = set[str]()
    for key in sorted(shared(one, other)):
        if holders.get(key, 0) > few(key[0]):
            continue
        if key[0] == "account":
            links |= _links(mine[key], theirs[key])
        else:
            reason = _reason(key[0], mine[key], theirs[key], holders[key])
            found[reason.kind].append(reason)
    if links:
        kind = "linked" if len(links) == 2 else "links"
        source = next(sign.source_id for sign in (*one, *other) if sign.kind == "account" and sign.plain == "told")
        found[kind].append(Reason(kind, (), False, source, POINTS[kind]))
    if "place" in found:
        found.pop("name", None)  # said with it
    reasons = sorted((_told(some) for some in found.values()), key=lambda reason: (-reason.points, reason.kind))
    score = sum(reason.points for reason in reasons)
    is_proof = any(not reason.is_open and reason.kind not in COPYABLE for reason in reasons)
    is_lookalike = any(reason.kind in LOOKALIKES for reason in reasons)
    cautions: list[Caution] = []
    if is_lookalike:
        cautions.append("lookalike")
    elif not is_proof:
        cautions.append("impostor")
    if is_one_network and any(reason.kind in COPYABLE for reason in reasons):
        cautions.append("same_network")
    level: Level = "likely" if score >= LIKELY and is_proof and not is_lookalike else "possible"
    return Weighed(score, level, tuple(reasons), tuple(cautions))


def _reason(kind: str, mine: Sequence[Sign], theirs: Sequence[Sign], holders: int) -> Reason:
    is_open = all(sign.is_open for sign in mine) or all(sign.is_open for sign in theirs)
    told, other = mine[0].plain, theirs[0].plain
    values: tuple[str, ...] = (told,)
    if kind == "handle" and told != other:
        kind, values = ("near" if joined(told) == joined(other) else "lookalike"), (told, other)
    elif kind == "name" and told != other:
        kind, values = "lookalike_name", (told, other)
    points = POINTS[kind]
    if kind == "name" and holders > RARE:
        points -= 1
    if is_open:
        points = min(points, OPEN)
    return Reason(kind, values, is_open, mine[0].source_id, points)


def _told(reasons: Sequence[Reason]) -> Reason:
    """Several of one kind are one reason: the best of them, with what the others say."""
    best = max(reasons, key=lambda reason: reason.points)
    if best.kind in LOOKALIKES or best.kind == "near":
        return best
    values = dict.fromkeys([*best.values, *(value for reason in reasons for value in reason.values)])
    return Reason(best.kind, tuple(values)[:SHOWN], best.is_open, best.source_id, best.points)


def _links(mine: Sequence[Sign], theirs: Sequence[Sign]) -> set[str]:
    """Who of the two names the other's account."""
    ours, others = {sign.plain for sign in mine}, {sign.plain for sign in theirs}
    found = set()
    if "told" in ours and "own" in others:
        found.add("one")
    if "own" in ours and "told" in others:
        found.add("other")
    return found


def _by_key(signs: Sequence[Sign]) -> defaultdict[Key, list[Sign]]:
    """The ones said in private first, then as they come."""
    found = defaultdict[Key, list[Sign]](list)
    for sign in sorted(signs, key=lambda sign: (sign.is_open, sign.plain, sign.source_id)):
        found[sign.kind, sign.key].append(sign)
    return found
