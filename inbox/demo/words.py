"""What people say, by language: lines with places for names and things, put together so that few read alike."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from random import Random

import msgspec

from inbox.demo.cast import Character

HERE = Path(__file__).parent / "words"
LAMPS = ("Vesper", "Tern", "Pebble", "Orla", "Juniper", "Sable", "Marlow", "Quillon", "Bramble", "Osprey", "Moth mini")
FRIENDS = ("sam", "julia", "mum", "mika", "leo.k", "nora_b", "alex", "dani", "tommi", "ella.m", "robin", "the-flatmate")
RECENT = 2  # of a list's lines, one in so many is not said again just yet


class Topic(msgspec.Struct, frozen=True):
    """What is asked, and how our side answers it."""

    ask: list[str]
    answer: list[str]


class Language(msgspec.Struct, frozen=True):
    """One file of words/. `hello` and `bye` go around an ask in private; each may be empty."""

    hello: list[str]
    bye: list[str]
    topics: dict[str, Topic]
    thanks: list[str]
    back: list[str]
    again: list[str]  # our side's answer to back and cross
    cross: list[str]
    nudge: list[str]
    praise: list[str]
    warm: list[str]  # our side's answer to praise
    tag: list[str]
    good: list[str]
    bad: list[str]
    sorry: list[str]  # our side's answer to bad


class Common(msgspec.Struct, frozen=True):
    """What needs no language. `posts`: the brand's own. `hostile`: what a page must survive."""

    posts: list[str]
    emoji: list[str]
    spam: list[str]
    hostile: list[str]


PRIVATE = {"late": 22, "broken": 14, "refund": 12, "product": 14, "assembly": 9, "address": 8, "invoice": 7, "stock": 8}
PUBLIC = {"product": 24, "stock": 16, "shipping": 16, "price": 14, "late": 10, "broken": 6, "assembly": 5}


def load() -> tuple[dict[str, Language], Common]:
    """Everything that can be said."""
    languages = {
        path.stem: msgspec.toml.decode(path.read_bytes(), type=Language)
        for path in sorted(HERE.glob("*.toml"))
        if path.stem != "common"
    }
    return languages, msgspec.toml.decode((HERE / "common.toml").read_bytes(), type=Common)


class Writer:
    """Chooses words. With the same `chance` and the same questions it says the same."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.languages, self.common = load()
        self._recent: dict[int, deque[str]] = {}

    def topic(self, *, private: bool) -> str:
        """What somebody writes about."""
        weights = PRIVATE if private else PUBLIC
        return self.chance.choices(list(weights), list(weights.values()))[0]

    def ask(self, who: Character, topic: str, *, private: bool) -> str:
        """A question or a complaint."""
        words = self.languages[who.language]
        said = self._pick(words.topics[topic].ask)
        if private or self.chance.random() < 0.15:
            hello, bye = self._pick(words.hello), self._pick(words.bye)
            if hello.endswith((",", "،")) and who.language != "de" and not said.startswith(("I ", "I'", "E27")):
                said = said[:1].lower() + said[1:]
            said = " ".join(filter(None, (hello, said, bye)))
        return self._styled(self._filled(said, who), who)

    def answer(self, who: Character, topic: str) -> str:
        """What our side says to it, in the customer's language."""
        words = self.languages[who.language]
        lines = {"praise": words.warm, "good": words.warm, "bad": words.sorry, "again": words.again}.get(topic)
        known = words.topics.get(topic)
        return self._filled(self._pick(lines or (known or words.topics["product"]).answer), who)

    def other(self, who: Character, topic: str, *, private: bool) -> str:
        """What somebody has put in the place of what they wrote about this."""
        if topic in ("good", "bad"):
            return self.line(who, topic)
        return self.ask(who, topic, private=private) if topic in (PRIVATE | PUBLIC) else self.line(who, "back")

    def line(self, who: Character, what: str) -> str:
        """Any other line of theirs: thanks, back, cross, nudge, praise, tag, good, bad."""
        return self._styled(self._filled(self._pick(getattr(self.languages[who.language], what)), who), who)

    def either(self, lines: list[str]) -> str:
        """One of some lines without places in them."""
        return self._pick(lines)

    def _pick(self, lines: list[str]) -> str:
        recent = self._recent.setdefault(id(lines), deque(maxlen=len(lines) // RECENT))
        fresh = [line for line in lines if line not in recent] or lines
        said = self.chance.choice(fresh)
        recent.append(said)
        return said

    def _filled(self, line: str, who: Character) -> str:
        chance = self.chance
        return (
            line.replace("{order}", f"FF-{chance.randrange(41_000, 58_000)}")
            .replace("{lamp}", chance.choice(LAMPS))
            .replace("{lamp2}", chance.choice(LAMPS))
            .replace("{name}", who.name)
            .replace("{city}", who.city)
            .replace("{friend}", chance.choice(FRIENDS))
            .replace("{n}", str(chance.randrange(2, 10)))
            .replace("{days}", str(chance.randrange(4, 19)))
            .replace("{price}", str(chance.choice((49, 79, 89, 119, 149, 189, 240))))
        )

    def _styled(self, text: str, who: Character) -> str:
        chance = self.chance.random()
        match who.style:
            case "small" if who.language in ("en", "es", "fr", "it", "pt", "nl", "pl"):
                return text[:1].lower() + text[1:].rstrip(".").replace(". ", " ")
            case "hasty" if chance < 0.5:
                return text.rstrip(".").replace(", ", " ")
            case "loud" if chance < 0.6:
                return text.replace("?", "??", 1).replace("!", "!!", 1)
            case "emoji" if chance < 0.6:
                return f"{text} {self.chance.choice(('🙏', '😊', '💡', '🤔', '✨'))}"
        return text
