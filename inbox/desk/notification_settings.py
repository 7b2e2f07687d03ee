"""How somebody wants to be told: by which media of each kind, and at which hours not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.desk import workspaces
from inbox.desk.notifications import whose
from inbox.desk.telling import ALWAYS, DEFAULTS, MEDIA, Kind, Medium, Wish, concerns, default
from inbox.ground.db import raw
from inbox.ground.errors import Invalid
from inbox.people.access import Agent, Role

TO_READERS: tuple[Kind, ...] = ("mentioned", "channel_down")  # who may only read has nothing of their own


class ChoiceOut(msgspec.Struct, kw_only=True):
    """How one is told of one kind. `always`: the medium that cannot be switched off, if there is one."""

    kind: Kind
    media: list[Medium]
    default: list[Medium]
    always: Medium | None


class SettingsOut(msgspec.Struct, kw_only=True):
    """`quiet_from`, `quiet_until`: of one's own day in `time_zone`, as "22:00"; then nothing rings or is mailed.

    `email`: where mail would go; "" where this installation sends none.
    `push_says`: what reaches one's devices may name customers and quote them.
    """

    choices: list[ChoiceOut]
    quiet_from: str | None
    quiet_until: str | None
    time_zone: str
    email: str
    push_says: bool


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different; UNSET stays as it is."""

    choices: dict[Kind, list[Medium]] | msgspec.UnsetType = msgspec.UNSET
    quiet: tuple[time, time] | msgspec.UnsetType | None = msgspec.UNSET
    time_zone: str | msgspec.UnsetType = msgspec.UNSET
    push_says: bool | msgspec.UnsetType = msgspec.UNSET


async def read(session: AsyncSession, *, by: Agent, mails: bool) -> SettingsOut:
    """How one is told. `mails`: whether this installation can send any."""
    person = whose(by)
    connection = await raw(session)
    row = await connection.fetchrow(
        """SELECT s.choices, s.quiet_from, s.quiet_until, s.push_says, m.email, u.time_zone
           FROM membership m JOIN "user" u ON u.id = m.user_id
           LEFT JOIN notification_setting s ON s.workspace_id = m.workspace_id AND s.user_id = m.user_id
           WHERE m.workspace_id = $1 AND m.user_id = $2""",
        by.workspace_id,
        person,
    )
    assert row is not None
    wish = Wish(chosen(row["choices"]), by.role, by.rights)
    return SettingsOut(
        choices=[_choice(wish, kind) for kind in kinds(by)],
        quiet_from=_of_day(row["quiet_from"]),
        quiet_until=_of_day(row["quiet_until"]),
        time_zone=row["time_zone"],
        email=row["email"] if mails else "",
        push_says=bool(row["push_says"]),
    )


async def change(session: AsyncSession, wanted: Wanted, *, by: Agent, mails: bool) -> SettingsOut:
    """Change what is given. Raises Invalid for a zone nobody knows."""
    person = whose(by)
    connection = await raw(session)
    await connection.execute(
        "INSERT INTO notification_setting (workspace_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        by.workspace_id,
        person,
    )
    if wanted.choices is not msgspec.UNSET:
        before = await connection.fetchval(
            """SELECT choices FROM notification_setting WHERE workspace_id = $1 AND user_id = $2
               FOR NO KEY UPDATE""",
            by.workspace_id,
            person,
        )
        await connection.execute(
            """UPDATE notification_setting SET choices = $3::jsonb, updated_at = now()
               WHERE workspace_id = $1 AND user_id = $2""",
            by.workspace_id,
            person,
            msgspec.json.encode({**chosen(before), **_kept(wanted.choices)}).decode(),
        )
    if wanted.quiet is not msgspec.UNSET:
        start, end = wanted.quiet or (None, None)
        if start is not None and start == end:
            raise Invalid("Quiet hours must end at another time than they begin.", field="quiet_until")
        await connection.execute(
            """UPDATE notification_setting SET quiet_from = $3, quiet_until = $4, updated_at = now()
               WHERE workspace_id = $1 AND user_id = $2""",
            by.workspace_id,
            person,
            start,
            end,
        )
    if wanted.push_says is not msgspec.UNSET:
        await connection.execute(
            """UPDATE notification_setting SET push_says = $3, updated_at = now()
               WHERE workspace_id = $1 AND user_id = $2""",
            by.workspace_id,
            person,
            wanted.push_says,
        )
    if wanted.time_zone is not msgspec.UNSET:
        workspaces.known(wanted.time_zone)
        await connection.execute('UPDATE "user" SET time_zone = $2 WHERE id = $1', person, wanted.time_zone)
    return await read(session, by=by, mails=mails)


def kinds(by: Agent) -> list[Kind]:
    """What somebody can be told of, in the order in which it is asked."""
    told = [kind for kind in DEFAULTS if concerns(kind, by.rights)]
    return [kind for kind in told if by.role is not Role.READ_ONLY or kind in TO_READERS]


def chosen(stored: str | dict[str, list[str]] | None) -> dict[str, list[str]]:
    """What Postgres gives for the choices (asyncpg: its text)."""
    if stored is None:
        return {}
    return msgspec.json.decode(stored, type=dict[str, list[str]]) if isinstance(stored, str) else stored


def _of_day(at: time | None) -> str | None:
    return at.strftime("%H:%M") if at else None


def _choice(wish: Wish, kind: Kind) -> ChoiceOut:
    media = wish.media(kind)
    return ChoiceOut(
        kind=kind,
        media=[medium for medium in MEDIA if medium in media],
        default=list(default(kind, wish.role)),
        always=ALWAYS.get(kind),
    )


def _kept(choices: Mapping[Kind, Sequence[Medium]]) -> dict[str, list[str]]:
    """As they are stored: in one order, each medium once."""
    return {kind: [medium for medium in MEDIA if medium in media] for kind, media in choices.items()}
