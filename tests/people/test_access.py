"""Who may do what, as a table."""

import pytest

from inbox.ground.errors import Forbidden, NotFound
from inbox.ground.ids import new_id
from inbox.people.access import RIGHTS, Agent, Right, Role, channels_of, lesser

HERE = new_id()

MAY = {
    Right.READ: "admin supervisor agent read_only",
    Right.ANSWER: "admin supervisor agent",
    Right.TRIAGE: "admin supervisor agent",
    Right.MODERATE: "admin supervisor agent",
    Right.APPROVE: "admin supervisor",
    Right.OVERRIDE: "admin supervisor",
    Right.STOP: "admin supervisor",
    Right.SHARE: "admin supervisor",
    Right.WATCH: "admin supervisor",
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
    assert channels_of(role, []) is None
    assert channels_of(Role.AGENT, []) == frozenset()
    assert channels_of(Role.AGENT, None) is None


def test_the_lesser_role_has_no_right_the_other_lacks() -> None:
    for one in Role:
        for other in Role:
            assert RIGHTS[lesser(one, other)] <= RIGHTS[one] & RIGHTS[other]


def test_a_program_that_acts_for_nobody_is_nobody_in_by_columns() -> None:
    token = new_id()
    assert Agent(token, HERE, Role.AGENT, "a program", token_id=token).person is None
    ana = new_id()
    assert Agent(ana, HERE, Role.AGENT, "Ana", token_id=token).person == ana
