"""What a poll remembers, and the steps it is made of."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from inbox.platforms.reading import instant

PUBLISHED, HELD, SPAM = "published", "heldForReview", "likelySpam"
HELD_MOST, VIDEOS_MOST = 1000, 300


class Step(msgspec.Struct, array_like=True):
    """One request still to make.

    `what`: threads (`of`: which list), watch (`of`: ids), replies (`of`: the thread), settle (`of`: ids).
    `since`: of replies, nothing changed before it (ms) is told; of a back-fill, how far back it got. `left`: how many
    pages more at most, -1 for any number.
    `filling`: part of the back-fill. `again`: begun anew, because its page token was no longer good.
    """

    what: str
    of: str = ""
    page: str = ""
    video: str = ""
    since: int = 0
    left: int = -1
    filling: bool = False
    again: bool = False


class Thread(msgspec.Struct, array_like=True):
    """What was known of a thread when we last looked. `mark`: its newest change, in ms."""

    replies: int = 0
    mark: int = 0


class Cursor(msgspec.Struct, omit_defaults=True):
    """Kept between two polls; times are ISO or ms.

    `start`: before it nothing is ours to tell. `reached`: the newest thread the list of the published has been read up
    to; `newest`, `listed`: the newest, and all, of the sweep under way, or of one that was given up. `held`: comments
    held back when we last looked, with their newest change; `sighted`: those seen in the sweep under way; `doubt`:
    what is missing; `suspects`: what was missing once already. `took`: units of the round.
    """

    start: str = ""
    threads: dict[str, Thread] = {}
    reached: int = 0
    newest: int = 0
    listed: list[str] = []
    held: dict[str, int] = {}
    sighted: list[str] = []
    partial: bool = False  # the lists of the held were longer than we read
    doubt: list[str] = []
    suspects: list[str] = []
    videos: dict[str, dict[str, str]] = {}
    steps: list[Step] = []
    filling: list[Step] = []
    due: dict[str, str] = {}
    denied: list[str] = []  # lists that YouTube does not show us
    took: float = 0.0
    counted: int = 0

    def is_due(self, name: str, now: datetime) -> bool:
        """Whether the time for it has come."""
        at = instant(self.due.get(name))
        return at is None or at <= now

    def next(self, name: str, now: datetime, after: timedelta) -> None:
        """When its time comes again."""
        self.due[name] = (now + after).isoformat()

    def know(self, thread: str, replies: int, mark: int) -> None:
        """Remember a thread as it is now."""
        known = self.threads.get(thread, Thread())
        self.threads[thread] = Thread(replies, max(mark, known.mark))

    def forget(self, most: int) -> None:
        """Let go of the threads that have been quiet for longest, and of what else grows."""
        if len(self.threads) > most:
            liveliest = sorted(self.threads.items(), key=lambda one: one[1].mark, reverse=True)[:most]
            self.threads = dict(liveliest)
        self.held = dict(list(self.held.items())[-HELD_MOST:])
        self.videos = dict(list(self.videos.items())[-VIDEOS_MOST:])


def recalled(kept: dict[str, Any]) -> Cursor:
    """The cursor from what was stored."""
    return msgspec.convert(kept, Cursor)


def stored(cursor: Cursor) -> dict[str, Any]:
    """The cursor as JSON can hold it."""
    told: dict[str, Any] = msgspec.to_builtins(cursor)
    return told
