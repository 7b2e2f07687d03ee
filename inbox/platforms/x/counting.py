"""How long X counts a text, and how long it may be.

Latin and a few neighbours weigh 1, everything else 2; a link weighs 23 and an emoji 2, however many code points make it
[twitter-text, configuration 3]. Mentions with which a reply begins weigh nothing.
"""

import re
import unicodedata

from inbox.platforms.base import Action
from inbox.platforms.x.links import links

LIMITS = {Action.REPLY: 280, Action.PRIVATE_REPLY: 10_000, Action.DM: 10_000}
LINK, HEAVY, LIGHT = 23, 2, 1
RANGES = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))

_ONE = "[‼⁉™ℹ↔-↪⌚-⏿Ⓜ▪-◾☀-➿⤴⤵⬅-⭕〰〽㊗㊙🀀-🇥🈀-🏺🐀-\U0001faff]"
_TONE = "[🏻-🏿]"
_SHOWN = f"(?:{_ONE}\ufe0f?{_TONE}?|[©®]\ufe0f)"
EMOJI = re.compile(
    "[0-9#*]\ufe0f?\u20e3"  # keycaps
    "|[🇦-🇿]{2}"  # flags of countries
    "|🏴[\U000e0020-\U000e007e]+\U000e007f"  # flags of their parts
    f"|{_SHOWN}(?:\u200d{_SHOWN})*"
)
LEADING_MENTIONS = re.compile(r"(?:[@＠][A-Za-z0-9_]{1,20}\s+)+")


def length(text: str, action: Action) -> int:
    """As the composer shows it: weighted for posts, plain characters for messages."""
    if action is not Action.REPLY:
        return len(text)
    leading = LEADING_MENTIONS.match(text)
    return weighted(text[leading.end() :] if leading else text)


def weighted(text: str, *, emoji: bool = True) -> int:
    """The weight of a text as it stands. `emoji`: whether one made of many code points counts as one."""
    normal = unicodedata.normalize("NFC", text)
    weight, at = 0, 0
    for link in links(normal):
        weight += _plain(normal[at : link.start], emoji) + LINK
        at = link.end
    return weight + _plain(normal[at:], emoji)


def _plain(text: str, emoji: bool) -> int:
    weight, at = 0, 0
    for match in EMOJI.finditer(text) if emoji else ():
        weight += _characters(text[at : match.start()]) + HEAVY
        at = match.end()
    return weight + _characters(text[at:])


def _characters(text: str) -> int:
    return sum(LIGHT if any(low <= ord(one) <= high for low, high in RANGES) else HEAVY for one in text)
