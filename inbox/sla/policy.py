"""The few spans of time that the counting itself needs, handed in as a value."""

from __future__ import annotations

from datetime import timedelta

import msgspec


class Policy(msgspec.Struct, frozen=True):
    """How long a case may be silent, how long it stays open once resolved, how soon a deleted answer never was one."""

    silence: timedelta = timedelta(days=7)
    settled: timedelta = timedelta(hours=72)
    deleted_within: timedelta = timedelta(hours=24)


DEFAULT_POLICY = Policy()
