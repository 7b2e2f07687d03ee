"""Who wrote something in public, however old the version that tells it."""

from typing import Any

from inbox.platforms.base import Author
from inbox.platforms.reading import identity, record, words


def writer(value: dict[str, Any], page: str) -> Author | None:
    """Who wrote it: `from` since version 2.11, `sender_*` before, `reviewer_*` for ratings; None if nobody says."""
    person = record(value.get("from"))
    external_id = identity(person.get("id")) or identity(value.get("sender_id")) or identity(value.get("reviewer_id"))
    name = words(person.get("name")) or words(value.get("sender_name")) or words(value.get("reviewer_name"))
    if not external_id and not name:
        return None
    picture = words(person.get("picture")) or words(person.get("profile_pic"))
    return Author(external_id=external_id, name=name, avatar_url=picture)
