"""Roles of a workspace's own at every door: it opens if, and only if, the right it asks for is in the role."""

from __future__ import annotations

from itertools import chain
from random import Random
from typing import Any

import pytest

from inbox.ground.db import Database
from inbox.people.access import Right
from tests.api.browser import Browsers
from tests.api.test_matrix import ROWS, ask
from tests.world import World

DOORS: dict[Right, str] = {
    Right.ANSWER: """
        POST /conversations/{conversation_id}/messages          PUT /conversations/{conversation_id}/draft
        POST /conversations/{conversation_id}/refetch           DELETE /messages/{message_id}
        POST /messages/{message_id}/retry                       POST /messages/{message_id}/decision
        POST /contacts/{contact_id}/notes                       DELETE /contacts/{contact_id}/notes/{note_id}
        POST /saved-replies                                     GET /channels/{channel_id}/templates""",
    Right.TRIAGE: """
        POST /conversations/{conversation_id}/resolution        DELETE /conversations/{conversation_id}/resolution
        PUT /conversations/{conversation_id}/spam               DELETE /conversations/{conversation_id}/spam
        PUT /conversations/{conversation_id}/snooze             DELETE /conversations/{conversation_id}/snooze
        PUT /conversations/{conversation_id}/tags/{name}        DELETE /conversations/{conversation_id}/tags/{name}
        PUT /conversations/{conversation_id}/priority           PUT /conversations/{conversation_id}/assignment
        POST /sweeps                                            POST /sweeps/{sweep_id}/undoing
        PUT /messages/{message_id}/needs-reply                  PUT /messages/{message_id}/authorship
        POST /messages/{message_id}/coverage                    PUT /contacts/{contact_id}/block
        DELETE /contacts/{contact_id}/block                     POST /contacts/{contact_id}/merges
        DELETE /contacts/{contact_id}/merges/{merge_id}         PUT /contacts/{contact_id}/apart/{other_id}
        DELETE /contacts/{contact_id}/apart/{other_id}          PUT /contacts/{contact_id}/consent
        DELETE /contacts/{contact_id}/consent                   PUT /contacts/{contact_id}/tags/{name}
        DELETE /contacts/{contact_id}/tags/{name}               PUT /contacts/{contact_id}/fields/{field_id}
        GET /needs-reply/checks                                 POST /needs-reply/checks/turns
        PUT /needs-reply/checks/{message_id}                    PUT /needs-reply/checks/{message_id}/skipping
        DELETE /needs-reply/checks/{message_id}                 POST /macros
        POST /conversations/{conversation_id}/macro-runs""",
    Right.MODERATE: """
        PUT /messages/{message_id}/hiding                       DELETE /messages/{message_id}/hiding
        PUT /messages/{message_id}/like                         DELETE /messages/{message_id}/like
        POST /messages/{message_id}/removal""",
    Right.APPROVE: """
        POST /messages/{message_id}/approval                    POST /messages/{message_id}/rejection""",
    Right.SHARE: """
        PUT /channels/{channel_id}/mission                      POST /reports/channels/{channel_id}/audits
        PATCH /saved-views/{saved_view_id}                      DELETE /saved-views/{saved_view_id}
        PATCH /saved-replies/{saved_reply_id}                   DELETE /saved-replies/{saved_reply_id}
        POST /teams                                             PUT /teams/{team_id}
        DELETE /teams/{team_id}                                 PUT /macros/{macro_id}
        DELETE /macros/{macro_id}                               POST /rules
        PUT /rules/order                                        PUT /rules/{rule_id}
        DELETE /rules/{rule_id}                                 POST /rules/{rule_id}/trials
        DELETE /rules/{rule_id}/running                         POST /competitors
        DELETE /competitors/{competitor_id}                     POST /competitors/{competitor_id}/accounts
        DELETE /competitors/{competitor_id}/accounts/{account_id}""",
    Right.WATCH: """
        GET /reports/needs-reply                                GET /reports/needs-reply/export
        GET /reports/channels                                   GET /reports/channels/export
        GET /reports/channels/{channel_id}                      GET /reports/audience
        GET /reports/touch                                      GET /reports/wallboard
        GET /reports/competition                                GET /wall-links
        POST /wall-links                                        DELETE /wall-links/{wall_link_id}""",
    Right.GOALS: """
        POST /goals                                             PUT /goals/{goal_id}
        DELETE /goals/{goal_id}""",
    Right.SETTINGS: """
        PUT /second-steps/requirement                           POST /contact-fields
        PATCH /contact-fields/{field_id}                        DELETE /contact-fields/{field_id}
        POST /holidays/reading                                  POST /calendars
        PUT /calendars/{calendar_id}                            DELETE /calendars/{calendar_id}
        PUT /channels/{channel_id}/hours                        PUT /sla
        POST /sla/trial
        PUT /rules/{rule_id}/running                            GET /webhooks
        POST /webhooks                                          PATCH /webhooks/{webhook_id}
        DELETE /webhooks/{webhook_id}                           POST /webhooks/{webhook_id}/secrets
        POST /webhooks/{webhook_id}/pings                       GET /webhooks/{webhook_id}/deliveries
        POST /webhooks/{webhook_id}/replays                     PATCH /workspace
        POST /webhooks/{webhook_id}/deliveries/{delivery_id}/replays
        GET /api-tokens                                         POST /api-tokens
        DELETE /api-tokens/{token_id}                           GET /restored-database""",
    Right.PEOPLE: """
        GET /second-steps                                       DELETE /second-steps/{member_id}
        PATCH /members/{member_id}                              POST /roles
        PUT /roles/{role_id}                                    DELETE /roles/{role_id}
        GET /invitations                                        POST /invitations
        DELETE /invitations/{invitation_id}""",
    Right.CHANNELS: """
        GET /quarantine                                         POST /quarantine/replay
        POST /channels                                          PATCH /channels/{channel_id}
        DELETE /channels/{channel_id}                           POST /sign-ins
        POST /sign-ins/return                                   POST /sign-ins/{sign_in_id}/channels""",
    Right.PRIVACY: """
        GET /contacts/{contact_id}/export                       POST /contacts/{contact_id}/erasure""",
    Right.AUDIT: "GET /audit GET /audit/verbs GET /audit/export",
}

# A colleague's note is deleted by whoever may write notes and change what others use.
ALSO = {"DELETE /api/v1/contacts/{contact_id}/notes/{note_id}": Right.SHARE}


def doors(of: str) -> list[str]:
    words = of.split()
    return [f"{method} /api/v1{path}" for method, path in zip(words[::2], words[1::2], strict=True)]


def test_every_door_that_is_not_everybodys_has_its_right() -> None:
    guarded = [door for door, row in ROWS.items() if _is_guarded(row.expected())]
    assert sorted(chain.from_iterable(doors(of) for of in DOORS.values())) == sorted(guarded)


def _is_guarded(codes: dict[str, int]) -> bool:
    return codes["read_only"] == 403 and codes["admin"] != 403


@pytest.mark.parametrize("turn", range(6))
async def test_a_door_opens_for_whoever_has_its_right_and_for_nobody_else(
    turn: int, web: Browsers, database: Database
) -> None:
    chance = Random(f"doors {turn}")
    chosen = frozenset(chance.sample(list(Right), chance.randint(1, 9)))
    wrong: dict[str, Any] = {}
    for right, of in DOORS.items():
        for door in doors(of):
            row, world = ROWS[door], await World.make(database)
            person = await world.gives(world.read_only, chosen)
            named = await row.target(world) if row.target else {}
            answer = await ask(await web.of(world, person), door, row, named)
            # What they may not give is refused behind the door.
            refused = answer.status_code == 403 and answer.json()["code"] == "forbidden"
            if refused == ({right, ALSO.get(door, right)} <= person.rights):
                wrong[door] = answer.status_code, answer.text
    assert wrong == {}, sorted(person.rights)


async def test_a_program_that_acts_for_somebody_may_what_both_may(web: Browsers, database: Database) -> None:
    chance = Random("programs")
    for _ in range(5):
        theirs, its = (frozenset(chance.sample(list(Right), chance.randint(1, 9))) for _ in range(2))
        world = await World.make(database)
        person = await world.gives(world.read_only, theirs)
        program = await web.program(world, person, role_id=await world.role(its, "A program"), as_me=True)
        its = await world.rights_of_role("A program")
        said = (await program.get("/session")).json()["rights"]
        assert said == [right.key for right in Right if right in its & person.rights]
