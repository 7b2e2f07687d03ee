"""Who may do what, and who sees which channel. The only place that decides.

    agent.may(Right.ANSWER)     agent.sees(channel_id)     agent.needs(Right.PEOPLE)   # raises Forbidden

A right belongs to a role; a channel is seen by everybody, or by those it was given to. Supervisors see all.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from inbox.ground.errors import Forbidden, NotFound


class Role(StrEnum):
    """What somebody is in a workspace."""

    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    AGENT = "agent"
    READ_ONLY = "read_only"


class Right(StrEnum):
    """What somebody may do. The value ends the sentence "You may not ..."."""

    READ = "read this"
    ANSWER = "write to customers or leave notes"
    TRIAGE = "assign, resolve, snooze or tag"
    MODERATE = "hide, like or delete what was written"
    APPROVE = "approve what others wrote"
    OVERRIDE = "overrule how something was counted"
    STOP = "stop what leaves for the platforms"
    SHARE = "change what all your colleagues use"
    WATCH = "watch how everybody's work stands"
    SETTINGS = "change the workspace"
    PEOPLE = "change who works here"
    CHANNELS = "connect or change channels"
    PRIVACY = "export or erase what we hold of a person"
    AUDIT = "read who did what"


_READ_ONLY = frozenset({Right.READ})
_AGENT = _READ_ONLY | {Right.ANSWER, Right.TRIAGE, Right.MODERATE}
_SUPERVISOR = _AGENT | {Right.APPROVE, Right.OVERRIDE, Right.STOP, Right.SHARE, Right.WATCH}
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.READ_ONLY: _READ_ONLY,
    Role.AGENT: _AGENT,
    Role.SUPERVISOR: _SUPERVISOR,
    Role.ADMIN: frozenset(Right),
}
SEE_ALL = (Role.ADMIN, Role.SUPERVISOR)


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody, or some program, at work in one workspace.

    `id` is the person's; a program that acts for nobody has its token's, a rule its own. `channel_ids` None means
    every channel, and is what supervisors always have. `access_version` grows whenever role or channels change.
    `marks`: what the lines of their acts carry beside the verb. `asks_first`: an admin wants what they write approved.
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

    @property
    def publishes_alone(self) -> bool:
        """Whether what they write leaves without a colleague's approval; whoever approves needs none."""
        return not self.asks_first or self.may(Right.APPROVE)

    @property
    def person(self) -> UUID | None:
        """Who goes into `by` columns: the person, or nobody for a program that acts for nobody and for a rule."""
        return None if self.id in (self.token_id, self.rule_id) else self.id

    def may(self, right: Right) -> bool:
        """Whether the role carries this right."""
        return right in RIGHTS[self.role]

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


def channels_of(role: Role, channel_ids: list[UUID] | None) -> frozenset[UUID] | None:
    """The channels a member sees, from what is stored beside their role."""
    return None if role in SEE_ALL or channel_ids is None else frozenset(channel_ids)


def lesser(one: Role, other: Role) -> Role:
    """The role with fewer rights: a token never may more than whoever it acts for."""
    return min(one, other, key=lambda role: len(RIGHTS[role]))
