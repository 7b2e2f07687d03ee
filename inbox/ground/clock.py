"""The wall clock. Pure sums never call it; the database's own clock decides leases and undo windows."""

from datetime import UTC, datetime


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)
