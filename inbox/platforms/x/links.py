"""Where X sees links in a text: each counts as 23, however long, and makes a post dear.

The rules are those that twitter-text publishes as test data: a host that ends in a real top-level domain, a path that
does not end in punctuation, and no link inside a word, a mention, a hashtag or an address for mail.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TLDS = frozenset((Path(__file__).parent / "tlds.txt").read_text("utf-8").split())

LATIN = "À-ÖØ-öø-ɏḀ-ỿɓɔɖɗəɛɣɨɯɲʉʻ"
CYRILLIC = "Ѐ-ӿ"
# What no label of a host holds; `_` and `-` may stand within one.
OUTSIDE = r"\s!-,./:-@\[-`{-~\-_\u00a0\u2000-\u206f\u3000\u3001\u3002"
LABEL = rf"[^{OUTSIDE}](?:[^{OUTSIDE}]|[-_](?=[-_]*[^{OUTSIDE}]))*"
WHOLE_HOST = re.compile(rf"(?:{LABEL}\.)+[^{OUTSIDE}]+(?:-+[^{OUTSIDE}]+)*", re.IGNORECASE)
PLAIN_HOST = re.compile(rf"(?:[-a-z0-9{LATIN}]+\.)+[^{OUTSIDE}]+", re.IGNORECASE)
START = re.compile(r"(?<![A-Za-z0-9@＠$#＃])https?://", re.IGNORECASE)
BARE_START = re.compile(rf"(?<![-_./A-Za-z0-9@＠$#＃{LATIN}])[-a-z0-9{LATIN}]+\.", re.IGNORECASE)
PORT = re.compile(r":[0-9]+")
IN_PATH = re.compile(rf"[a-z0-9{LATIN}{CYRILLIC}!*';:=+,.$/%#\[\]\-_~@|&–]", re.IGNORECASE)
ENDS_PATH = re.compile(rf"[a-z0-9{LATIN}{CYRILLIC}=_#/+\-]", re.IGNORECASE)
IN_QUERY = re.compile(r"[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]", re.IGNORECASE)
ENDS_QUERY = re.compile(r"[a-z0-9_&=#/\-]", re.IGNORECASE)
SHORT = re.compile(r"https?://t\.co/([a-z0-9]+)", re.IGNORECASE)
LONGEST_SHORT = 40
LONGEST, MOST_LABELS = 4096, 127


class Link(NamedTuple):
    """A link's place in the text."""

    start: int
    end: int


def links(text: str) -> list[Link]:
    """Every link, in order."""
    found: list[Link] = []
    at = 0
    for start, host_at in _starts(text):
        if start < at:
            continue
        end = _link(text, start, host_at)
        if end:
            found.append(Link(start, end))
            at = end
    return found


def _starts(text: str) -> Iterator[tuple[int, int]]:
    """Places where a link may begin, with the place of its host."""
    marks = [(match.start(), match.end()) for match in START.finditer(text)]
    marks += [(match.start(), match.start()) for match in BARE_START.finditer(text)]
    return iter(sorted(marks))


def _link(text: str, start: int, host_at: int) -> int:
    """Where the link that begins here ends, 0 if it is none."""
    bare = start == host_at
    host = _host(text, host_at, bare=bare)
    if not host or len(host) > LONGEST or not _resolvable(host):
        return 0
    end = host_at + len(host)
    if not bare and host.lower() == "t.co" and (short := SHORT.match(text, start)):
        end = short.end()
        return 0 if len(short[1]) > LONGEST_SHORT else _query(text, end) if text[end : end + 1] == "?" else end
    if port := PORT.match(text, end):
        end = port.end()
    if text[end : end + 1] == "/":
        end = _path(text, end)
    if text[end : end + 1] == "?":
        end = _query(text, end)
    return end if end - start <= LONGEST else 0


def _host(text: str, at: int, *, bare: bool) -> str:
    """The longest host that begins here and ends in a top-level domain, "" if there is none."""
    match = (PLAIN_HOST if bare else WHOLE_HOST).match(text, at)
    labels = match[0].split(".", MOST_LABELS)[:MOST_LABELS] if match else []
    for count in range(len(labels), 1, -1):
        *before, last = labels[:count]
        if "_" in before[-1] or not all(_is_label(label) for label in before):
            continue
        until = at + sum(map(len, before)) + len(before)
        if domain := _top(text, until, last):
            return text[at : until + len(domain)]
    return ""


def _is_label(label: str) -> bool:
    return bool(label) and label[0] not in "-_" and label[-1] not in "-_"


def _top(text: str, at: int, last: str) -> str:
    """The top-level domain with which this label begins, where nothing that belongs to a word follows."""
    if puny := re.match(r"xn--[-0-9a-z]+", last, re.IGNORECASE):
        return puny[0] if _ends_word(text, at + len(puny[0])) else ""
    for length in range(len(last), 1, -1):
        if last[:length].lower() in TLDS and _ends_word(text, at + length):
            return last[:length]
    return ""


def _ends_word(text: str, at: int) -> bool:
    following = text[at : at + 1]
    return not following or not (following in "@+-" or (following.isascii() and following.isalnum()))


def _resolvable(host: str) -> bool:
    """Whether a name server could be asked: no label is longer than 63 once it is written in ASCII."""
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True


def _path(text: str, at: int) -> int:
    end = at + 1
    while at < len(text):
        character = text[at]
        if character == "(" and (closed := _closing(text, at)):
            at = end = closed
        elif ENDS_PATH.match(character):
            at = end = at + 1
        elif IN_PATH.match(character):
            at += 1
        else:
            break
    return end


def _closing(text: str, at: int) -> int:
    """Just behind the bracket that closes the one here, 0 if none does; two deep and no more."""
    depth = 0
    for place in range(at, len(text)):
        character = text[place]
        if character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0:
                return place + 1 if place > at + 1 else 0
        elif not IN_PATH.match(character):
            return 0
        if depth > 2:
            return 0
    return 0


def _query(text: str, at: int) -> int:
    end = at
    for place in range(at + 1, len(text)):
        if ENDS_QUERY.match(text[place]):
            end = place + 1
        elif not IN_QUERY.match(text[place]):
            break
    return end
