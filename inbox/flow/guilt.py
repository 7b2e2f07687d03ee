"""Telling an event that can never be stored from a database that stumbled: only the first is ever set aside."""

from __future__ import annotations

import asyncpg

from inbox.ground.db import BROKEN

# What Postgres says of the data itself, however often it is tried.
NEVER = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError)


def guilty(error: Exception) -> bool:
    """Whether trying again can only fail again."""
    if isinstance(error, asyncpg.PostgresError):
        return isinstance(error, NEVER)
    return not isinstance(error, BROKEN)
