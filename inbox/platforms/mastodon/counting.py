"""How many characters a server counts: what a reader sees as one is one, a link has a fixed length, and of somebody
@-named on another server only the name counts."""

import re
import unicodedata

from inbox.platforms.mastodon.names import MENTION

LIMIT, PER_LINK = 500, 23
NAMING = 32  # the @name that goes in front of a reply: 30 letters at most, with its @ and a space
LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?()\[\]]", re.IGNORECASE)
JOINER, REGIONS, TONES = "\u200d", range(0x1F1E6, 0x1F200), range(0x1F3FB, 0x1F400)


def length(words: str, per_link: int = PER_LINK) -> int:
    """The length of a post. Counts marks, joined emoji and flags as a reader would."""
    links = len(LINK.findall(words))
    rest = MENTION.sub(lambda found: "@" + found[1], LINK.sub("", words))
    return links * per_link + _seen(rest)


def _seen(words: str) -> int:
    count, joined, flag = 0, False, False
    for letter in words:
        point = ord(letter)
        if letter == JOINER:
            joined = True
        elif unicodedata.category(letter) in ("Mn", "Me") or point in TONES:
            continue
        elif point in REGIONS and flag:
            flag = False
        else:
            count += not joined
            joined, flag = False, point in REGIONS
    return count
