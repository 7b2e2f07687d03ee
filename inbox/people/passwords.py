"""Passwords: hashed with argon2id, in a thread, a few at a time; unknown people cost as much as known ones."""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from inbox.ground.errors import Invalid

SHORTEST, LONGEST = 10, 256  # characters
AT_ONCE = 2  # each takes 64 MiB while it runs

_hasher = PasswordHasher()
_places = asyncio.Semaphore(AT_ONCE)


async def hashed(password: str) -> str:
    """What to store. Raises Invalid if it is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST or len(set(password)) < 4:
        raise Invalid(f"A password needs at least {SHORTEST} characters, not all the same.", field="password")
    async with _places:
        return await asyncio.to_thread(_hasher.hash, password)


async def matches(stored: str | None, password: str) -> bool:
    """Whether this is the password. Somebody without one is judged as slowly as somebody with one."""
    async with _places:
        right = await asyncio.to_thread(_verify, stored, password[: LONGEST + 1])
    return right and stored is not None


async def prepare() -> None:
    """Done once at the start, so that the first unknown person costs no more than the next."""
    await asyncio.to_thread(_nobodys)


def outdated(stored: str) -> bool:
    """Whether it was hashed more weakly than we do today."""
    return _hasher.check_needs_rehash(stored)


def _verify(stored: str | None, password: str) -> bool:
    try:
        return _hasher.verify(stored or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody's password")
