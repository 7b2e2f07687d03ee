"""Languages by their codes, as networks tell them, with their English names; pages have names of their own."""

from __future__ import annotations

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from inbox.ground.db import raw
from inbox.people.access import Agent
from inbox.sla.terms import primary

NAMES = {
    "af": "Afrikaans",
    "am": "Amharic",
    "ar": "Arabic",
    "az": "Azerbaijani",
    "be": "Belarusian",
    "bg": "Bulgarian",
    "bn": "Bangla",
    "bs": "Bosnian",
    "ca": "Catalan",
    "cs": "Czech",
    "cy": "Welsh",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "eu": "Basque",
    "fa": "Persian",
    "fi": "Finnish",
    "fil": "Filipino",
    "fr": "French",
    "ga": "Irish",
    "gl": "Galician",
    "gu": "Gujarati",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "ht": "Haitian Creole",
    "hu": "Hungarian",
    "hy": "Armenian",
    "id": "Indonesian",
    "is": "Icelandic",
    "it": "Italian",
    "ja": "Japanese",
    "ka": "Georgian",
    "kk": "Kazakh",
    "km": "Khmer",
    "kn": "Kannada",
    "ko": "Korean",
    "lo": "Lao",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "mk": "Macedonian",
    "ml": "Malayalam",
    "mn": "Mongolian",
    "mr": "Marathi",
    "ms": "Malay",
    "my": "Burmese",
    "ne": "Nepali",
    "nl": "Dutch",
    "no": "Norwegian",
    "pa": "Punjabi",
    "pl": "Polish",
    "ps": "Pashto",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "si": "Sinhala",
    "sk": "Slovak",
    "sl": "Slovenian",
    "so": "Somali",
    "sq": "Albanian",
    "sr": "Serbian",
    "sv": "Swedish",
    "sw": "Swahili",
    "ta": "Tamil",
    "te": "Telugu",
    "th": "Thai",
    "tl": "Tagalog",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "uz": "Uzbek",
    "vi": "Vietnamese",
    "zh": "Chinese",
    "zu": "Zulu",
}


# From one to the next along ix_message_language, however many messages each has.
SEEN = """
WITH RECURSIVE seen (language) AS (
    (SELECT language FROM message WHERE workspace_id = $1 AND language <> '' ORDER BY language LIMIT 1)
    UNION ALL
    SELECT n.language FROM seen s, LATERAL (
        SELECT language FROM message WHERE workspace_id = $1 AND language <> '' AND language > s.language
        ORDER BY language LIMIT 1) n
) SELECT language FROM seen LIMIT $2
"""
MOST = 500


class LanguagesOut(msgspec.Struct, kw_only=True):
    """Codes such as pt. `seen`: in which somebody wrote here, as networks told; `known`: others that there are."""

    seen: list[str]
    known: list[str]


async def all_of(session: AsyncSession, agent: Agent) -> LanguagesOut:
    """What may be named where something is for a language."""
    found = await (await raw(session)).fetch(SEEN, agent.workspace_id, MOST)
    seen = {primary(row["language"]) for row in found}
    return LanguagesOut(seen=sorted(seen), known=sorted(NAMES.keys() - seen))


def called(code: str) -> str:
    """The language in English, or its code where no name is known."""
    return NAMES.get(code, code)
