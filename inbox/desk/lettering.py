"""How names and handles are compared: what is spelled the same, and what only looks the same. Pure.

plain("Ana  RUÍZ ") == "ana ruiz"       skeleton("ana rulz") == skeleton("ana ruiz")
"""

from __future__ import annotations

import unicodedata

# Letters of one script that somebody may spell with another letter of it, without wanting to be taken for anybody.
SPELLED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "ŧ": "t", "ħ": "h", "æ": "ae", "œ": "oe", "þ": "th"})
# Letters that are taken for one another: Cyrillic and Greek ones, those of phonetics, digits, and l for a large I.
CYRILLIC = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u04af\u0445\u0456\u0458\u0455\u04bb\u043d\u0501\u051b\u051d\u0432\u043a\u043c\u0442",
    "aeopcyyxljshhdqwbkmt",
)
GREEK = str.maketrans("\u03b1\u03bf\u03c1\u03bd\u03b9\u03ba\u03c5\u03c4\u03c7\u03b5\u03b2\u03b7\u03c9", "aopvlkutxebnw")
PHONETIC = str.maketrans("\u0251\u0261\u029f\u026a\u0274\u0280\u028f", "agllnry")
LATIN = str.maketrans("01i|", "olll")
LOOKS = CYRILLIC | GREEK | PHONETIC | LATIN
PAIRS = (("rn", "m"), ("vv", "w"))
UNSEEN = frozenset({"Cf", "Cc", "Mn", "Me"})
DECORATION = frozenset({"So", "Sk", "Me", "Cc"})
BETWEEN = "._- "


def plain(text: str) -> str:
    """Without case, accents, emoji and needless space: two that are so the same are spelled the same."""
    spelled = unicodedata.normalize("NFKD", text).casefold()
    has_emoji = any(unicodedata.category(letter) == "So" for letter in spelled)  # joined by letters nobody sees
    kept = [
        letter
        for letter in spelled
        if (kind := unicodedata.category(letter)) not in DECORATION
        and kind != "Mn"
        and not (has_emoji and kind == "Cf")
    ]
    return " ".join("".join(kept).translate(SPELLED).split())


def skeleton(text: str) -> str:
    """What it looks like: two that are so the same may be taken for one another, however they are spelled."""
    seen = [letter for letter in plain(text) if unicodedata.category(letter) not in UNSEEN]
    looks = "".join(seen).translate(LOOKS)
    for pair, one in PAIRS:
        looks = looks.replace(pair, one)
    return " ".join(looks.split())


def joined(text: str) -> str:
    """Without what stands between the words of a handle."""
    return "".join(letter for letter in text if letter not in BETWEEN)
