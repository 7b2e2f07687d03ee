"""Links, names and tags in a text, as Bluesky wants them: facets whose offsets count UTF-8 bytes."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from inbox.platforms.base import Action
from inbox.platforms.bluesky import graphemes

GRAPHEMES, BYTES = 300, 3000
FACET = "app.bsky.richtext.facet"
LINK = re.compile(r"(?:^|(?<=[\s(]))https?://\S+", re.IGNORECASE)
LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
HANDLE = re.compile(rf"(?:^|(?<=[\s(]))@((?:{LABEL}\.)+(?=[a-z]){LABEL})", re.IGNORECASE)
TAG = re.compile(r"(?:^|(?<=\s))[#＃](?!\ufe0f)([^\s\u00ad\u200a-\u200d\u2060\u20e2]+)")
TRAILING = ".,;:!?'\"»”’…"
TAG_GRAPHEMES = 64


def length(text: str, action: Action) -> int:
    """Graphemes, or a tenth of the UTF-8 bytes where those run out first: 300 and 3,000 are the two limits."""
    return max(graphemes.count(text), -(-len(text.encode("utf-8", "replace")) * GRAPHEMES // BYTES))


def _facet(text: str, start: int, end: int, **feature: str) -> dict[str, Any]:
    first = len(text[:start].encode())
    return {
        "index": {"byteStart": first, "byteEnd": first + len(text[start:end].encode())},
        "features": [{"$type": f"{FACET}#{feature.pop('kind')}", **feature}],
    }


def _trimmed(link: str) -> str:
    link = link.rstrip(TRAILING)
    while link.endswith(")") and link.count("(") < link.count(")"):
        link = link[:-1].rstrip(TRAILING)
    return link


def mentioned(text: str) -> list[str]:
    """The handles this text @-names, lower case, each once."""
    return list(dict.fromkeys(found[1].lower() for found in HANDLE.finditer(text)))


async def facets(text: str, resolve: Callable[[str], Awaitable[str]]) -> list[dict[str, Any]]:
    """Facets in the order of the text. `resolve` gives the DID of a handle, or "" where nobody has it."""
    found: list[dict[str, Any]] = []
    for match in LINK.finditer(text):
        link = _trimmed(match[0])
        if len(link) > len("https://"):
            found.append(_facet(text, match.start(), match.start() + len(link), kind="link", uri=link))
    known = {handle: await resolve(handle) for handle in mentioned(text)}
    for match in HANDLE.finditer(text):
        if did := known[match[1].lower()]:
            found.append(_facet(text, match.start(), match.end(), kind="mention", did=did))
    for match in TAG.finditer(text):
        tag = match[1].rstrip(TRAILING + "-)")
        if tag and not tag.isdecimal() and graphemes.count(tag) <= TAG_GRAPHEMES:
            found.append(_facet(text, match.start(), match.start() + 1 + len(tag), kind="tag", tag=tag))
    return sorted(found, key=lambda facet: int(facet["index"]["byteStart"]))
