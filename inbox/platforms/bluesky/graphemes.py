"""How many characters a person would count: extended grapheme clusters, Unicode Annex 29.

Bluesky's limit of 300 is in these. Python's own tables give the general categories; the few properties they lack are
listed here. Conjuncts are joined in the six scripts that Unicode 15.1 names; in later ones we count more, never less.
"""

import unicodedata
from bisect import bisect_right
from functools import cache


def _ranges(text: str) -> tuple[list[int], list[int]]:
    pairs = [(part.split("-")[0], part.split("-")[-1]) for part in text.split()]
    return [int(first, 16) for first, _ in pairs], [int(last, 16) for _, last in pairs]


def _within(point: int, ranges: tuple[list[int], list[int]]) -> bool:
    place = bisect_right(ranges[0], point) - 1
    return place >= 0 and point <= ranges[1][place]


PICTOGRAPHS = _ranges(
    "a9 ae 203c 2049 2122 2139 2194-2199 21a9-21aa 231a-231b 2328 23cf 23e9-23f3 23f8-23fa 24c2 25aa-25ab 25b6 25c0"
    " 25fb-25fe 2600-2604 260e 2611 2614-2615 2618 261d 2620 2622-2623 2626 262a 262e-262f 2638-263a 2640 2642"
    " 2648-2653 265f-2660 2663 2665-2666 2668 267b 267e-267f 2692-2697 2699 269b-269c 26a0-26a1 26a7 26aa-26ab"
    " 26b0-26b1 26bd-26be 26c4-26c5 26c8 26ce-26cf 26d1 26d3-26d4 26e9-26ea 26f0-26f5 26f7-26fa 26fd 2702 2705"
    " 2708-270d 270f 2712 2714 2716 271d 2721 2728 2733-2734 2744 2747 274c 274e 2753-2755 2757 2763-2764 2795-2797"
    " 27a1 27b0 27bf 2934-2935 2b05-2b07 2b1b-2b1c 2b50 2b55 3030 303d 3297 3299 1f004 1f02c-1f02f 1f094-1f09f"
    " 1f0af-1f0b0 1f0c0 1f0cf-1f0d0 1f0f6-1f0ff 1f170-1f171 1f17e-1f17f 1f18e 1f191-1f19a 1f1ae-1f1e5 1f201-1f20f"
    " 1f21a 1f22f 1f232-1f23a 1f23c-1f23f 1f249-1f25f 1f266-1f321 1f324-1f393 1f396-1f397 1f399-1f39b 1f39e-1f3f0"
    " 1f3f3-1f3f5 1f3f7-1f3fa 1f400-1f4fd 1f4ff-1f53d 1f549-1f54e 1f550-1f567 1f56f-1f570 1f573-1f57a 1f587"
    " 1f58a-1f58d 1f590 1f595-1f596 1f5a4-1f5a5 1f5a8 1f5b1-1f5b2 1f5bc 1f5c2-1f5c4 1f5d1-1f5d3 1f5dc-1f5de 1f5e1"
    " 1f5e3 1f5e8 1f5ef 1f5f3 1f5fa-1f64f 1f680-1f6c5 1f6cb-1f6d2 1f6d5-1f6e5 1f6e9 1f6eb-1f6f0 1f6f3-1f6ff"
    " 1f7da-1f7ff 1f80c-1f80f 1f848-1f84f 1f85a-1f85f 1f888-1f88f 1f8ae-1f8af 1f8bc-1f8bf 1f8c2-1f8cf 1f8d9-1f8ff"
    " 1f90c-1f93a 1f93c-1f945 1f947-1f9ff 1fa58-1fa5f 1fa6e-1faff 1fc00-1fffd"
)
# Marks and joiners that extend what stands before them although their category is not Mn or Me.
EXTENDING = _ranges(
    "9be 9d7 b3e b57 bbe bd7 cc0 cc2 cc7-cc8 cca-ccb cd5-cd6 d3e d57 dcf ddf 1715 1734 1b35 1b3b 1b3d 1b43-1b44 1baa"
    " 1bf2-1bf3 200c 200d 302e-302f a953 a9c0 ff9e-ff9f 111c0 11235 1133e 1134d 11357 114b0 114bd 115af 116b6 11930"
    " 1193d 16ff0-16ff1 1d165-1d166 1d16d-1d172 1f3fb-1f3ff e0020-e007f"
)
STANDING = _ranges(  # Mc, yet not spacing marks
    "102b-102c 1038 1062-1064 1067-106d 1083 1087-108c 108f 109a-109c 1a61 1a63-1a64 aa7b aa7d 11720-11721"
)
PREPENDED = _ranges("600-605 6dd 70f 890-891 8e2 d4e 110bd 110cd 111c2-111c3 1193f 11941 11a3a 11a84-11a89 11d46")
VIRAMAS = frozenset("\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d")
CONSONANTS = _ranges(
    "915-939 958-95f 978-97f 995-9a8 9aa-9b0 9b2 9b6-9b9 9dc-9dd 9df 9f0-9f1 a95-aa8 aaa-ab0 ab2-ab3 ab5-ab9 af9"
    " b15-b28 b2a-b30 b32-b33 b35-b39 b5c-b5d b5f b71 c15-c28 c2a-c39 c58-c5a d15-d3a"
)


@cache
def _kind(letter: str) -> str:
    point = ord(letter)
    if letter == "\u200d":
        return "joiner"
    if letter in "\r\n":
        return letter
    if _within(point, EXTENDING):
        return "extend"
    if _within(point, PREPENDED):
        return "prepend"
    if 0x1F1E6 <= point <= 0x1F1FF:
        return "region"
    if 0x1100 <= point <= 0x115F or 0xA960 <= point <= 0xA97C:
        return "L"
    if 0x1160 <= point <= 0x11A7 or 0xD7B0 <= point <= 0xD7C6:
        return "V"
    if 0x11A8 <= point <= 0x11FF or 0xD7CB <= point <= 0xD7FB:
        return "T"
    if 0xAC00 <= point <= 0xD7A3:
        return "LVT" if (point - 0xAC00) % 28 else "LV"
    if _within(point, PICTOGRAPHS):
        return "pictograph"
    category = unicodedata.category(letter)
    if category in ("Mn", "Me"):
        return "extend"
    if (category == "Mc" and not _within(point, STANDING)) or point in (0x0E33, 0x0EB3):
        return "spacing"
    return "control" if category in ("Cc", "Cf", "Zl", "Zp", "Cs") else "other"


HANGUL = {"L": {"L", "V", "LV", "LVT"}, "LV": {"V", "T"}, "V": {"V", "T"}, "LVT": {"T"}, "T": {"T"}}
BREAKING = {"control", "\r", "\n"}


def count(text: str) -> int:
    """Extended grapheme clusters in this text."""
    if text.isascii():
        return len(text) - text.count("\r\n")
    clusters, before, flags = 0, "control", 0
    pictograph = joined = False  # pictograph, then extenders; the same and then a joiner
    consonant = linked = False  # consonant, then extenders; a virama was among them
    for letter in text:
        kind = _kind(letter)
        is_consonant = _within(ord(letter), CONSONANTS)
        if before in BREAKING or kind in BREAKING:
            breaks = not (before == "\r" and kind == "\n")
        else:
            breaks = not (
                kind in HANGUL.get(before, ())
                or kind in ("extend", "joiner", "spacing")
                or before == "prepend"
                or (joined and kind == "pictograph")
                or (linked and is_consonant)
                or (before == "region" and kind == "region" and flags % 2 == 1)
            )
        clusters += breaks
        flags = flags + 1 if kind == "region" else 0
        joined = pictograph and kind == "joiner"
        pictograph = kind == "pictograph" or (pictograph and kind == "extend")
        if kind not in ("extend", "joiner") or letter == "\u200c":  # a non-joiner asks for the halves to stand apart
            consonant, linked = is_consonant, False
        elif consonant and letter in VIRAMAS:
            linked = True
        before = kind
    return clusters
