"""The second step of signing in: the code that an authenticator makes every 30 seconds (RFC 6238), or a recovery code.

    begun = await second_step.begin(connection, safe, user_id, home="")  # shown once, a picture and a text
    await second_step.accept(connection, safe, user_id, "123456")        # in a transaction; or BadCredentials

A code is taken once: the time step of the last one is kept, and none up to it opens anything again.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec
import pyotp
import segno

from inbox.ground import clock
from inbox.ground.crypto import Safe
from inbox.ground.db import Connection, Database
from inbox.ground.errors import BadCredentials, Conflict
from inbox.people import passwords, throttle

STEP = 30  # seconds
DRIFT = 1  # steps that a telephone's clock may be ahead or behind
RECOVERY_CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another
LETTERS_EACH = 16  # 79 bits: no hash of one is ever guessed back
TO_ENROL = timedelta(minutes=30)
PER_PERSON = 5  # wrong codes in 15 minutes
WRONG = "That code is not right, or it was used already. Wait for the next one."


class NotOn(Conflict):
    code, title = "second_step_off", "The second step is off"


class AlreadyOn(Conflict):
    code, title = "second_step_on", "The second step is on"


class Used(StrEnum):
    """What was taken."""

    CODE = "code"
    RECOVERY = "recovery code"


class Picture(msgspec.Struct, frozen=True):
    """A QR code: `path` draws its dark modules in a square of `size`, its quiet zone included."""

    size: int
    path: str


class BegunOut(msgspec.Struct, frozen=True):
    """What an authenticator must be told, shown this once. `uri` is what the picture says."""

    secret: str
    uri: str
    picture: Picture


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether somebody has it on, since when, and how many recovery codes are left."""

    on_at: datetime | None = None
    codes_left: int = 0


async def standing(connection: Connection, user_id: UUID) -> Standing:
    """How it stands with one person."""
    row = await connection.fetchrow(
        """SELECT on_at, (SELECT count(*) FROM recovery_code c WHERE c.user_id = s.user_id) AS codes_left
           FROM second_step s WHERE user_id = $1 AND on_at IS NOT NULL""",
        user_id,
    )
    return Standing(row["on_at"], row["codes_left"]) if row else Standing()


async def is_on(connection: Connection, user_id: UUID) -> bool:
    """Whether a password alone does not let them in."""
    return (await standing(connection, user_id)).on_at is not None


async def proven(database: Database, user_id: UUID, *, address: str, password: str) -> None:
    """The person at the keyboard knows the password. Raises BadCredentials, TooMany."""
    async with database.app.acquire() as connection:
        user = await connection.fetchrow('SELECT email, password_hash FROM "user" WHERE id = $1', user_id)
    assert user is not None
    await throttle.attempt(database, address=address, account=user["email"])
    if not await passwords.matches(user["password_hash"], password):
        raise BadCredentials("That is not your present password.")
    await throttle.forgive(database, address=address, account=user["email"])


async def counted(database: Database, user_id: UUID, *, address: str) -> None:
    """A code is about to be tried: from all browsers together only so many are. Raises TooMany."""
    await throttle.attempt(database, address=address, account=_account(user_id), per_account=PER_PERSON)


async def forgiven(database: Database, user_id: UUID, *, address: str) -> None:
    """It was right."""
    await throttle.forgive(database, address=address, account=_account(user_id))


async def begin(connection: Connection, safe: Safe, user_id: UUID, *, home: str) -> BegunOut:
    """A new secret, which counts once a code of it was given. Raises AlreadyOn."""
    secret = pyotp.random_base32()
    begun = await connection.fetchval(
        """INSERT INTO second_step AS s (user_id, secret) VALUES ($1, $2)
           ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, begun_at = now(), last_step = 0
               WHERE s.on_at IS NULL
           RETURNING true""",
        user_id,
        safe.seal(secret, _context(user_id)),
    )
    if not begun:
        raise AlreadyOn("The second step is on already. Switch it off to set up another device.")
    email = await connection.fetchval('SELECT email FROM "user" WHERE id = $1', user_id)
    uri = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=f"Earshot ({home})" if home else "Earshot")
    return BegunOut(secret, uri, picture(uri))


async def switch_on(connection: Connection, safe: Safe, user_id: UUID, code: str) -> list[str]:
    """The authenticator knows the secret: it counts. Gives the recovery codes. Raises BadCredentials, Conflict."""
    row = await connection.fetchrow("SELECT * FROM second_step WHERE user_id = $1 FOR UPDATE", user_id)
    if row is None or (row["on_at"] is None and row["begun_at"] < clock.now() - TO_ENROL):
        raise NotOn("Setting it up took too long. Please begin again.")
    if row["on_at"] is not None:
        raise AlreadyOn("The second step is on already.")
    secret = safe.open(row["secret"], _context(user_id))
    step = step_of(secret, code, clock.now())
    if step is None:
        raise BadCredentials("That code is not right. Is the clock of your device right?")
    await connection.execute("UPDATE second_step SET on_at = now(), last_step = $2 WHERE user_id = $1", user_id, step)
    return await _new_codes(connection, user_id, secret)


async def accept(connection: Connection, safe: Safe, user_id: UUID, code: str) -> Used:
    """Takes a code, or a recovery code, once and for all. Raises BadCredentials; NotOn."""
    row = await connection.fetchrow(
        "SELECT secret, last_step FROM second_step WHERE user_id = $1 AND on_at IS NOT NULL FOR UPDATE", user_id
    )
    if row is None:
        raise NotOn("The second step is not on.")
    secret = safe.open(row["secret"], _context(user_id))
    if len(code.strip()) < LETTERS_EACH:
        step = step_of(secret, code, clock.now())
        if step is None or step <= row["last_step"]:
            raise BadCredentials(WRONG)
        await connection.execute("UPDATE second_step SET last_step = $2 WHERE user_id = $1", user_id, step)
        return Used.CODE
    gone = await connection.fetchval(
        "DELETE FROM recovery_code WHERE user_id = $1 AND hash = $2 RETURNING true", user_id, _hash(secret, code)
    )
    if not gone:
        raise BadCredentials("That recovery code is not right, or it was used already.")
    return Used.RECOVERY


async def renew_codes(connection: Connection, safe: Safe, user_id: UUID) -> list[str]:
    """New recovery codes; the earlier ones open nothing any more."""
    sealed = await connection.fetchval("SELECT secret FROM second_step WHERE user_id = $1 FOR UPDATE", user_id)
    return await _new_codes(connection, user_id, safe.open(sealed, _context(user_id)))


async def switch_off(connection: Connection, user_id: UUID) -> bool:
    """Whether there was something to switch off: its recovery codes go with it."""
    on_at = await connection.fetchval("DELETE FROM second_step WHERE user_id = $1 RETURNING on_at", user_id)
    return on_at is not None


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """Which time step this is the code of, at most one away from that of `at`; None: of none of them."""
    digits = "".join(code.split())
    now, totp, found = int(at.timestamp()) // STEP, pyotp.TOTP(secret), None
    for step in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), digits.encode("utf-8", "replace")):
            found = step
    return found


def picture(text: str) -> Picture:
    """Its QR code."""
    rows = list(segno.make(text, error="m").matrix_iter(border=4))
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark)
    return Picture(len(rows), path)


async def _new_codes(connection: Connection, user_id: UUID, secret: str) -> list[str]:
    codes = ["".join(secrets.choice(LETTERS) for _ in range(LETTERS_EACH)) for _ in range(RECOVERY_CODES)]
    await connection.execute("DELETE FROM recovery_code WHERE user_id = $1", user_id)
    await connection.execute(
        "INSERT INTO recovery_code (user_id, hash) SELECT $1, unnest($2::bytea[])",
        user_id,
        [_hash(secret, code) for code in codes],
    )
    return ["-".join(code[at : at + 4] for at in range(0, LETTERS_EACH, 4)) for code in codes]


def _hash(secret: str, code: str) -> bytes:
    """Keyed with what lies sealed, so that a stolen table says nothing, and a new SECRET_KEY changes nothing."""
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return hmac.new(secret.encode(), plain.encode("utf-8", "replace"), hashlib.sha256).digest()


def _context(user_id: UUID) -> str:
    return f"second_step:{user_id}"


def _account(user_id: UUID) -> str:
    return f"second step of {user_id}"
