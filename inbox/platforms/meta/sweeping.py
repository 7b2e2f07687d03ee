"""A sweep over several lists, of which one may be refused for a while: what it missed is read once it is shown.

behind = {list: oldest item of it that is still wanted}, kept in the cursor for each list that was refused as a whole
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from inbox.platforms.reading import instant, record


def wanted(sweep: dict[str, Any], edge: str, oldest: datetime) -> datetime:
    """The oldest item wanted of this list; never one before `oldest`."""
    since, missed = instant(sweep["since"]) or oldest, instant(record(sweep.get("behind")).get(edge))
    return max(missed, oldest) if missed and missed < since else since


def behind(sweep: dict[str, Any], edges: Iterable[str], oldest: datetime) -> dict[str, str]:
    """What the next sweep has to catch up on."""
    return {edge: wanted(sweep, edge, oldest).isoformat() for edge in edges if edge in sweep["denied"]}
