"""Who may do what, as a table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.ground.errors import Forbidden, NotFound
from inbox.ground.ids import new_id
from inbox.people.access import RIGHTS, Agent, Right, Role, channels_of, granted, likeness, needed, rights_in

HERE = new_id()

MAY = {
    Right.READ: "admin supervisor agent read_only",
    Right.ANSWER: "admin supervisor agent",
    Right.PUBLISH: "admin supervisor agent",
    Right.TRIAGE: "admin supervisor agent",
    Right.MODERATE: "admin supervisor agent",
    Right.APPROVE: "admin supervisor",
    Right.STOP: "admin supervisor",
    Right.SHARE: "admin supervisor",
    Right.WATCH: "admin supervisor",
    Right.GOALS: "admin supervisor",
    Right.EVERYWHERE: "admin supervisor",
    Right.SETTINGS: "admin",
    Right.PEOPLE: "admin",
    Right.CHANNELS: "admin",
    Right.PRIVACY: "admin",
    Right.AUDIT: "admin",
}


def someone(role: Role, **more: object) -> Agent:
    return Agent(id=new_id(), workspace_id=HERE, role=role, name="Somebody", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("right", Right)
def test_rights_by_role(right: Right) -> None:
    assert [role.value for role in Role if someone(role).may(right)] == MAY[right].split()


def test_who_lacks_a_right_is_told_what_they_may_not() -> None:
    with pytest.raises(Forbidden, match="You may not connect or change channels"):
        someone(Role.AGENT).needs(Right.CHANNELS)


def test_a_channel_not_given_does_not_exist() -> None:
    mine, other = new_id(), new_id()
    agent = someone(Role.AGENT, channel_ids=frozenset({mine}))
    assert agent.sees(mine)
    with pytest.raises(NotFound):
        agent.must_see(other)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.SUPERVISOR])
def test_supervisors_see_every_channel_whatever_is_stored(role: Role) -> None:
    assert channels_of(RIGHTS[role], []) is None
    assert channels_of(RIGHTS[Role.AGENT], []) == frozenset()
    assert channels_of(RIGHTS[Role.AGENT], None) is None


@pytest.mark.parametrize("role", Role)
def test_the_roles_of_the_house_keep_their_own_rules_and_are_like_themselves(role: Role) -> None:
    for right in RIGHTS[role]:
        assert needed(right) <= RIGHTS[role]
    assert likeness(RIGHTS[role]) is role


@given(st.frozensets(st.sampled_from(Right)))
def test_what_a_role_is_like_never_may_more_but_for_what_an_agent_is(rights: frozenset[Right]) -> None:
    like = likeness(rights)
    if like in (Role.ADMIN, Role.SUPERVISOR):
        assert RIGHTS[like] <= rights
    assert (like is Role.READ_ONLY) == (Right.ANSWER not in rights)


def test_a_right_of_a_later_version_grants_nothing() -> None:
    assert granted(["answer", "teleport"]) == {Right.ANSWER}
    assert rights_in({"role": "agent", "rights": None}) == RIGHTS[Role.AGENT]


@pytest.mark.parametrize(
    ("rights", "asks_first", "alone"),
    [
        ({Right.ANSWER}, False, False),
        ({Right.ANSWER, Right.PUBLISH}, False, True),
        ({Right.ANSWER, Right.PUBLISH}, True, False),
        ({Right.ANSWER, Right.PUBLISH, Right.APPROVE}, True, True),
    ],
)
def test_who_publishes_alone(rights: set[Right], asks_first: bool, alone: bool) -> None:
    assert someone(Role.AGENT, asks_first=asks_first, own_rights=frozenset(rights)).publishes_alone is alone


def test_a_program_that_acts_for_nobody_is_nobody_in_by_columns() -> None:
    token = new_id()
    assert Agent(token, HERE, Role.AGENT, "a program", token_id=token).person is None
    ana = new_id()
    assert Agent(ana, HERE, Role.AGENT, "Ana", token_id=token).person == ana
