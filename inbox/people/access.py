"""Who may do what, and who sees which channel. The only place that decides.

    agent.may(Right.ANSWER)     agent.sees(channel_id)     agent.needs(Right.PEOPLE)   # raises Forbidden

A right belongs to a role: one of the four the house knows, or one that a workspace made of rights of its own choice.
A channel is seen by everybody, or by those it was given to; supervisors see all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from inbox.ground.errors import Forbidden, NotFound


class Stored(Protocol):
    """A row with `role` and `rights`."""

    def __getitem__(self, key: str, /) -> Any: ...


class Role(StrEnum):
    """What somebody is in a workspace."""

    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    AGENT = "agent"
    READ_ONLY = "read_only"


class Right(StrEnum):
    """What somebody may do. The value ends the sentence "You may not ..."; `key` is its name outside."""

    READ = "read this"
    ANSWER = "write to customers or leave notes"
    PUBLISH = "publish without a colleague's approval"
    TRIAGE = "assign, resolve, snooze or tag"
    MODERATE = "hide, like or delete what was written"
    APPROVE = "approve what others wrote"
    STOP = "stop what leaves for the platforms"
    SHARE = "change what all your colleagues use"
    WATCH = "watch how everybody's work stands"
    GOALS = "set goals"
    EVERYWHERE = "see channels that were not given to you"
    SETTINGS = "change the workspace"
    PEOPLE = "change who works here"
    CHANNELS = "connect or change channels"
    PRIVACY = "export or erase what we hold of a person"
    AUDIT = "read who did what"

    @property
    def key(self) -> str:
        return self.name.lower()


# What is no use, or no safe use, without another. Everything needs READ.
NEEDS: Mapping[Right, frozenset[Right]] = {
    Right.PUBLISH: frozenset({Right.ANSWER}),
    Right.APPROVE: frozenset({Right.PUBLISH}),
    Right.GOALS: frozenset({Right.WATCH}),
    # What all use, and whoever works here, reaches into every channel.
    Right.SHARE: frozenset({Right.EVERYWHERE}),
    Right.SETTINGS: frozenset({Right.EVERYWHERE}),
    Right.PEOPLE: frozenset({Right.EVERYWHERE}),
    Right.CHANNELS: frozenset({Right.EVERYWHERE, Right.STOP}),
    Right.PRIVACY: frozenset({Right.EVERYWHERE}),
    Right.AUDIT: frozenset({Right.EVERYWHERE}),
}

_READ_ONLY = frozenset({Right.READ})
_AGENT = _READ_ONLY | {Right.ANSWER, Right.PUBLISH, Right.TRIAGE, Right.MODERATE}
_SUPERVISOR = _AGENT | {Right.APPROVE, Right.STOP, Right.SHARE, Right.WATCH, Right.GOALS, Right.EVERYWHERE}
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.READ_ONLY: _READ_ONLY,
    Role.AGENT: _AGENT,
    Role.SUPERVISOR: _SUPERVISOR,
    Role.ADMIN: frozenset(Right),
}
SEE_ALL = (Role.ADMIN, Role.SUPERVISOR)
KEYS: Mapping[str, Right] = {right.key: right for right in Right}


def needed(right: Right) -> frozenset[Right]:
    """Everything that goes with a right, itself left out."""
    direct = NEEDS.get(right, frozenset()) | ({Right.READ} if right is not Right.READ else frozenset())
    return direct.union(*(needed(one) for one in direct))


def likeness(rights: frozenset[Right]) -> Role:
    """The role of the house that comes nearest: by it somebody is told things and found where supervisors are meant.

    Never one that may more; whoever may answer is at least an agent there, and nobody else is.
    """
    for role in (Role.ADMIN, Role.SUPERVISOR):
        if rights >= RIGHTS[role]:
            return role
    return Role.AGENT if Right.ANSWER in rights else Role.READ_ONLY


def granted(keys: Iterable[str]) -> frozenset[Right]:
    """Rights by their keys; a key that this version does not know grants nothing."""
    return frozenset(KEYS[key] for key in keys if key in KEYS)


def keys_of(rights: Iterable[Right]) -> list[str]:
    """The keys of rights, in the order in which they are shown."""
    return [right.key for right in Right if right in frozenset(rights)]


def rights_in(row: Stored) -> frozenset[Right]:
    """What a stored member or token may: `rights` of a role of the workspace's own, else those of `role`."""
    stored: Sequence[str] | None = row["rights"]
    return RIGHTS[Role(row["role"])] if stored is None else granted(stored)


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody, or some program, at work in one workspace.

    `id` is the person's; a program that acts for nobody has its token's, a rule its own. `channel_ids` None means
    every channel, and is what supervisors always have. `access_version` grows whenever role or channels change.
    `marks`: what the lines of their acts carry beside the verb. `asks_first`: an admin wants what they write approved.
    `own_rights`: those of a role of the workspace's own, or of a token that may less than its role; `role` is then
    the nearest of the house's.
    """

    id: UUID
    workspace_id: UUID
    role: Role
    name: str
    channel_ids: frozenset[UUID] | None = None
    token_id: UUID | None = None
    access_version: int = 1
    rule_id: UUID | None = None
    marks: tuple[tuple[str, str], ...] = ()
    asks_first: bool = False
    own_rights: frozenset[Right] | None = None

    @property
    def rights(self) -> frozenset[Right]:
        """All that they may do."""
        return RIGHTS[self.role] if self.own_rights is None else self.own_rights

    @property
    def publishes_alone(self) -> bool:
        """Whether what they write leaves without a colleague's approval; whoever approves needs none."""
        return publishes_alone(self.rights, self.asks_first)

    @property
    def person(self) -> UUID | None:
        """Who goes into `by` columns: the person, or nobody for a program that acts for nobody and for a rule."""
        return None if self.id in (self.token_id, self.rule_id) else self.id

    def may(self, right: Right) -> bool:
        """Whether the role carries this right."""
        return right in self.rights

    def needs(self, right: Right) -> None:
        """Raises Forbidden without it."""
        if not self.may(right):
            raise Forbidden(f"You may not {right}. Ask an admin of your workspace.")

    def sees(self, channel_id: UUID) -> bool:
        """Whether this channel, and everything in it, exists for them."""
        return self.channel_ids is None or channel_id in self.channel_ids

    def must_see(self, channel_id: UUID, what: str = "channel") -> None:
        """Raises NotFound: what somebody may not see does not exist for them."""
        if not self.sees(channel_id):
            raise NotFound(f"There is no such {what}.")


def publishes_alone(rights: frozenset[Right], asks_first: bool) -> bool:
    """Whether what somebody writes leaves without a colleague's approval; whoever approves needs none."""
    return Right.APPROVE in rights or (Right.PUBLISH in rights and not asks_first)


def channels_of(rights: frozenset[Right], channel_ids: Sequence[UUID] | None) -> frozenset[UUID] | None:
    """The channels a member sees, from what is stored beside their rights."""
    return None if Right.EVERYWHERE in rights or channel_ids is None else frozenset(channel_ids)
