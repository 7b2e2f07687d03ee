"""Watched subreddits: what a setting asks for, and which posts and comments it means. Pure.

"gadgets"                        everything new in r/gadgets
"gadgets+phones: brandco, brand co"   there, what holds one of these words
"all: brandco"                   posts anywhere, as Reddit's search finds them; comments cannot be searched
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from inbox.platforms.reading import words

SUBREDDITS = re.compile(r"[A-Za-z0-9_+-]{2,200}")
EVERYWHERE = frozenset({"all", "popular"})


class Watch(msgspec.Struct, frozen=True):
    """One line of the setting `watch`."""

    subreddit: str
    words: tuple[str, ...] = ()

    @property
    def by_search(self) -> bool:
        """Whether there is too much there to read it all."""
        return self.subreddit.casefold() in EVERYWHERE

    @property
    def query(self) -> str:
        """Its words for Reddit's search."""
        return " OR ".join(f'"{word}"' for word in self.words)

    def wants(self, data: Mapping[str, Any]) -> bool:
        """Whether a post or comment is meant: it holds one of the words, as a word."""
        if not self.words:
            return True
        said = " ".join(words(data.get(name)) for name in ("title", "selftext", "body", "url")).casefold()
        return any(re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", said) for word in self.words)


def watches(setting: Any) -> list[Watch]:
    """The lines of the setting that can be followed; `unreadable` says which cannot."""
    lines = [_line(line) for line in setting] if isinstance(setting, list) else []
    return list(dict.fromkeys(watch for watch in lines if watch))


def unreadable(setting: Any) -> list[str]:
    """The lines that say nothing that can be watched."""
    return [str(line)[:80] for line in setting if _line(line) is None] if isinstance(setting, list) else []


def _line(line: Any) -> Watch | None:
    head, _, tail = words(line).partition(":")
    subreddit = re.sub(r"^/?r/", "", head.strip())
    wanted = tuple(word for word in (each.strip().replace('"', "") for each in tail.split(",")) if word)
    watch = Watch(subreddit, wanted)
    if not SUBREDDITS.fullmatch(subreddit) or (watch.by_search and not wanted):
        return None
    return watch


def names(setting: Any) -> list[str]:
    """Subreddits by name, as the setting `moderates` lists them."""
    listed = [re.sub(r"^/?r/", "", words(name).strip()) for name in setting] if isinstance(setting, list) else []
    return list(dict.fromkeys(name for name in listed if SUBREDDITS.fullmatch(name)))
