"""What is particular to YouTube's answers: its times as numbers, and its ids."""

from typing import Any

from inbox.platforms.reading import instant, milliseconds

ID_SIGNS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.=")


def stamp(value: Any) -> int:
    """A time of YouTube's in milliseconds, 0 where it gives none."""
    at = instant(value)
    return milliseconds(at) if at else 0


def safe_id(value: str) -> str:
    """The id if it can stand alone in a parameter, else "": a comma in it would ask for two things."""
    return value if value and ID_SIGNS.issuperset(value) else ""


def top_of(comment: str) -> str:
    """The comment a reply stands under: a reply's own id begins with it."""
    return comment.partition(".")[0]
