"""What is particular to X's payloads: ids that tell a time, names renamed, people in every wrapping."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from inbox.platforms import reading
from inbox.platforms.base import Author
from inbox.platforms.reading import identity, record, records, words

SITE = "https://x.com"
# Ids of posts, messages and events hold the millisecond they were made in, counted from here.
FIRST_ID = datetime(2010, 11, 4, 1, 42, 54, 657000, tzinfo=UTC)
AN_ID = re.compile(r"[0-9]{1,19}")
OLD_TIME = re.compile(r"([A-Z][a-z]{2}) ([A-Z][a-z]{2}) (\d\d) ([\d:]{8}) ([+-]\d{4}) (\d{4})")


def named(item: dict[str, Any], name: str) -> str:
    """An id, its `_str` twin first: the plain one may have been rounded on the way through somebody's JavaScript."""
    return identity(item.get(f"{name}_str")) or identity(item.get(name))


def safe_id(value: Any) -> str:
    """The id if it can stand in a path alone, else ""."""
    text = identity(value)
    return text if AN_ID.fullmatch(text) and text.isascii() else ""


def either(item: dict[str, Any], *names: str) -> Any:
    """What stands under the first of these names that has something: fields were renamed from tweets to posts."""
    return next((item[name] for name in names if item.get(name)), None)


def instant(value: Any) -> datetime | None:
    """A UTC time, as everywhere or as the old `Mon Mar 26 16:33:26 +0000 2018`; None if it is no time."""
    old = OLD_TIME.fullmatch(value) if isinstance(value, str) else None
    if old is None:
        return reading.instant(value)
    try:
        at = parsedate_to_datetime(f"{old[1]}, {old[3]} {old[2]} {old[6]} {old[4]} {old[5]}")
    except ValueError:
        return None
    return reading.instant(at.isoformat())


def made_at(external_id: str) -> datetime | None:
    """When an id was given out, None for the oldest ids, which were counted."""
    if not safe_id(external_id) or int(external_id) < 1 << 40:
        return None
    return FIRST_ID + timedelta(milliseconds=int(external_id) >> 22)


def id_at(at: datetime) -> int:
    """The smallest id that can have been given out at this time."""
    return max(1, (at - FIRST_ID) // timedelta(milliseconds=1) << 22)


def people(*places: Any) -> dict[str, Author]:
    """Everybody a payload describes, by id: as a list or a map, flat or wrapped in `data`, by old and new names."""
    found: dict[str, Author] = {}
    for item in (item for place in places for item in _objects(place)):
        person = record(item.get("data")) or item
        if who := named(person, "id"):
            found[who] = Author(
                external_id=who,
                name=words(person.get("name")),
                handle=words(either(person, "username", "screen_name")),
                avatar_url=words(either(person, "profile_image_url", "profile_image_url_https")),
            )
    return found


def _objects(place: Any) -> Iterator[dict[str, Any]]:
    yield from records(list(place.values())) if isinstance(place, dict) else records(place)


def person(who: str, known: dict[str, Author]) -> Author | None:
    """Somebody by id, with as much as is known; None where nobody is named."""
    return (known.get(who) or Author(external_id=who)) if who else None


def post_link(external_id: str, handle: str = "") -> str:
    """Where a post can be seen."""
    return f"{SITE}/{handle or 'i'}/status/{external_id}"
