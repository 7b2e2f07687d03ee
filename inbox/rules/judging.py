"""Conditions put together with and, or and not; and what came of asking them.

    judged = judge(All((Is("kind", ("comment",)), Not(Is("contains", ("refund",))))), facts)
    judged.held, judged.leaves          # False, ((True, "comment"), (True, "refund"))

Every leaf is asked, also where the answer is known already, and the answer is made of the very leaves that are kept:
the explanation cannot differ from the decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import msgspec

from inbox.rules.conditions import CONDITIONS, Found, wrong_with
from inbox.rules.facts import Facts

DEEPEST = 5  # groups within groups
MOST_LEAVES = 40


class Is(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="is"):
    """One condition with the rule's values."""

    condition: str
    values: tuple[str, ...] = ()


class All(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="all"):
    """Holds where each of them does; of none, always."""

    of: tuple[All | Any | Not | Is, ...] = ()


class Any(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="any"):
    """Holds where one of them does; of none, never."""

    of: tuple[All | Any | Not | Is, ...]


class Not(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="not"):
    """Holds where the other does not."""

    of: All | Any | Not | Is


Tree: TypeAlias = All | Any | Not | Is


class Judged(msgspec.Struct, frozen=True):
    """`leaves`: of every condition, in the order in which they are written, whether it held and what was seen."""

    held: bool
    leaves: tuple[Found, ...]


def judge(tree: Tree, facts: Facts) -> Judged:
    """Ask everything once."""
    found = tuple(CONDITIONS[leaf.condition].ask(facts, leaf.values) for leaf in leaves(tree))
    return Judged(holds(tree, found), found)


def holds(tree: Tree, found: Sequence[Found]) -> bool:
    """What these answers of its leaves make of a tree."""
    return _holds(tree, iter(found))


def leaves(tree: Tree) -> Iterator[Is]:
    """Every condition, in the order in which they are written."""
    match tree:
        case Is():
            yield tree
        case Not(of=inner):
            yield from leaves(inner)
        case _:
            for inner in tree.of:
                yield from leaves(inner)


def asked(tree: Tree) -> frozenset[str]:
    """The names of all conditions in it."""
    return frozenset(leaf.condition for leaf in leaves(tree))


def fault(tree: Tree) -> str:
    """Why a tree cannot be asked, in a sentence; "" where it can."""
    if _depth(tree) > DEEPEST:
        return f"Groups may stand in each other {DEEPEST} deep."
    every = list(leaves(tree))
    if len(every) > MOST_LEAVES:
        return f"A rule has at most {MOST_LEAVES} conditions."
    if _has_empty(tree, root=True):
        return "A group has at least one condition."
    for leaf in every:
        known = CONDITIONS.get(leaf.condition)
        if known is None:
            return f"There is no condition {leaf.condition[:100]}."
        if why := wrong_with(known, leaf.values):
            return why
    return ""


def _holds(tree: Tree, found: Iterator[Found]) -> bool:
    match tree:
        case Is():
            return next(found)[0]
        case Not(of=inner):
            return not _holds(inner, found)
        case _:
            # A list: every leaf has to be taken from `found`, also where the answer is known already.
            answers = [_holds(one, found) for one in tree.of]
            return all(answers) if isinstance(tree, All) else any(answers)


def _depth(tree: Tree) -> int:
    match tree:
        case Is():
            return 0
        case Not(of=inner):
            return _depth(inner)
        case _:
            return 1 + max((_depth(one) for one in tree.of), default=0)


def _has_empty(tree: Tree, *, root: bool = False) -> bool:
    match tree:
        case Is():
            return False
        case Not(of=inner):
            return _has_empty(inner)
        case All(of=()) if root:
            return False
        case _:
            return not tree.of or any(_has_empty(one) for one in tree.of)
