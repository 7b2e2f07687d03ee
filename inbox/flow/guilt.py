"""Telling an event that can never be stored from a database that stumbled: only the first is ever set aside."""

from __future__ import annotations

import asyncpg

# What Postgres says of the data itself, however often it is tried.
NEVER = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError)
AWAY = (asyncpg.InterfaceError, OSError, TimeoutError)


def guilty(error: Exception) -> bool:
    """Whether trying again can only fail again."""
    if isinstance(error, asyncpg.PostgresError):
        return isinstance(error, NEVER)
    return not isinstance(error, AWAY)
