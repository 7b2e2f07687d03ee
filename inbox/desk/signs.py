"""What may tell that two accounts are one person's: each a key that both would have, read from what is known. Pure.

    of_account(connector, identity, name="Ana Ruiz", handle="ana.ruiz_84")
    of_text("My order is A-10442, write to ana@ruiz.example", message, channel, is_open=False)

Keys are compared byte by byte; `plain` is how it was spelled, to be shown and to be compared letter by letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from inbox.desk.lettering import joined, plain, skeleton
from inbox.platforms.base import Connector

MOST = 5  # signs of one kind in one text
LONGEST = 200  # characters of a key
READ = 4000  # characters of a text
SHORTEST_HANDLE, SHORTEST_NAME = 6, 7
DIGITS_OF_NUMBER = 9  # the last ones: with its country code or without it is the same telephone

MAIL = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}", re.IGNORECASE)
NUMBER = re.compile(r"(?<![\w/.-])(?:\+|00?)[1-9](?:[ ()./-]{0,2}\d){7,13}(?![\w-])")
ORDER = re.compile(
    r"(?:order|pedido|bestellung|auftrag|commande|encomenda|ordine|ticket|invoice|factura|rechnung|facture|tracking)"
    r"[\w]{0,6}[ \t]*(?:number|nummer|no|nr|n[uú]mero|num|n[°º])?[ \t]*"
    r"(?:is|es|ist|est|era|was)?[ \t]*[.:#=]{0,2}[ \t]*([a-z0-9][a-z0-9-]{2,28}[a-z0-9])",
    re.IGNORECASE,
)
DAY = re.compile(r"(?:19|20)\d\d|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}")
ADDRESS = re.compile(r"(?:https?://)?(?:www\.)?[\w-]+(?:\.[\w-]+)+/[@\w./-]{2,80}", re.IGNORECASE)
MADE_UP = re.compile(r"(?:user|guest|customer|deleted|anonymous|unknown)[\W_]*[\w-]*\d[\w-]*", re.IGNORECASE)
PLACES = {"city", "town", "place", "postcode", "postal", "zip", "ciudad", "localidad", "ville", "stadt", "ort", "plz"}
PLACES |= {"cidade", "città", "cap"}
PHONES = {"phone", "telephone", "tel", "mobile", "cell", "teléfono", "telefono", "móvil", "movil", "telefon", "handy"}
PHONES |= {"téléphone", "telefone", "celular", "numéro"}
# Handles of one given name are taken by whoever comes first, on every network by somebody else.
GIVEN = """
    alejandro alexander alexandra andrea andreas andrew anthony antonio barbara carlos caroline charlotte
    christian christina claudia daniel daniela fernando francesca francisco gabriel gabriela giovanni jennifer
    jessica johanna jonathan joseph joshua katharina kimberly lorenzo manuel marcus margaret martin matteo matthew
    matthias michael michelle miguel monica natalia nicholas nicole patricia patrick rebecca ricardo richard
    robert roberto samantha sandra sebastian sergio stefan stephanie stephen susana teresa thomas valentina
    vanessa victor victoria william
"""
NAMELESS = {"contact", "hello", "support", "office", "official", *GIVEN.split()}


class Sign(NamedTuple):
    """`is_open`: said where anybody could read and copy it. `source_id`: the account, field or message it is from."""

    kind: str  # handle, name, account, email, phone, order, field, place
    key: str
    plain: str
    source_id: UUID
    channel_id: UUID | None = None
    is_open: bool = False


def of_account(connector: Connector, identity: UUID, external_id: str, name: str, handle: str) -> list[Sign]:
    """What the account itself tells. Handles and names of a few letters tell nothing, nor do those a network made."""
    found = []
    chosen, called = connector.chosen(handle), _full_name(name)
    if number := connector.number(external_id, handle):
        found.append(("phone", number[-DIGITS_OF_NUMBER:], number))
    elif _is_unusual(chosen, called):
        found.append(("handle", joined(skeleton(chosen)), plain(chosen)))
    if handle and _leads(connector):
        found.append(("account", f"{connector.name}/{handle.removeprefix('@').casefold()}", "own"))
    if called:
        found.append(("name", skeleton(name), called))
    return [Sign(kind, key[:LONGEST], told[:LONGEST], identity) for kind, key, told in found]


def of_value(field: UUID, title: str, kind: str, value: str, name: str) -> list[Sign]:
    """What stands in a field of the workspace's own. `name`: the account's, which a place tells more of."""
    words = frozenset(re.split(r"\W+", title.casefold()))
    if kind not in ("text", "number", "choice"):
        return []
    if kind == "text" and (mails := _mails(value)):
        found = [("email", one, one) for one in mails]
    elif words & PLACES:
        called = _full_name(name)
        found = [("place", f"{skeleton(name)}/{plain(value)}", value)] if called and plain(value) else []
    elif kind == "text" and (numbers := _numbers(value if not words & PHONES else f"+{value.lstrip('+0')}")):
        found = [("phone", _digits(one)[-DIGITS_OF_NUMBER:], value) for one in numbers]
    elif kind != "choice" and len(_digits(value)) >= 5 and not DAY.fullmatch(value):
        found = [("field", f"{field}/{joined(plain(value))}", value)]
    else:
        found = []
    return [Sign(kind, key[:LONGEST], told[:LONGEST], field) for kind, key, told in found]


def of_text(text: str, message: UUID, channel: UUID, *, is_open: bool, homes: Mapping[str, str]) -> list[Sign]:
    """What somebody wrote of themselves. `homes`: where accounts lie, as from `homes_of`."""
    text = text[:READ]
    found = [("email", one, one) for one in _mails(text)]
    found += [("phone", _digits(one)[-DIGITS_OF_NUMBER:], one) for one in _numbers(text)]
    orders = (one.upper() for one in ORDER.findall(text) if len(_digits(one)) >= 4 and not DAY.fullmatch(one))
    found += [("order", joined(one), one) for one in _few(orders)]
    found += [("account", one, "told") for one in _few(_accounts(text, homes))]
    signs = [Sign(kind, key[:LONGEST], told[:LONGEST], message, channel, is_open) for kind, key, told in found]
    return list({(one.kind, one.key): one for one in signs}.values())


def homes_of(connectors: Mapping[str, Connector]) -> dict[str, str]:
    """How an address of somebody's page begins, and on which platform; not where accounts are not to be matched."""
    return {
        _place(connector.profile.partition("{handle}")[0]): name
        for name, connector in connectors.items()
        if _leads(connector) and not connector.capabilities.matching_note
    }


def _leads(connector: Connector) -> bool:
    return "{handle}" in connector.profile


def _accounts(text: str, homes: Mapping[str, str]) -> Iterator[str]:
    for address in ADDRESS.findall(text):
        place = _place(address)
        for home, platform in homes.items():
            handle = place.removeprefix(home).partition("/")[0].lstrip("@").rstrip(".").casefold()
            if place.startswith(home) and handle:
                yield f"{platform}/{handle}"


def _place(address: str) -> str:
    parts = urlsplit(address if "://" in address else f"https://{address}")
    return f"{parts.netloc.casefold().removeprefix('www.')}{parts.path}"


def _is_unusual(handle: str, called: str) -> bool:
    core = joined(plain(handle))
    if len(core) < SHORTEST_HANDLE or core.isdigit() or MADE_UP.fullmatch(handle):
        return False
    return core not in NAMELESS and core not in called.split()


def _full_name(name: str) -> str:
    """A name of at least two words; one alone is borne by too many."""
    called = plain(name)
    words = [word for word in called.split() if len(word) > 1 and word.isalpha()]
    return called if len(words) >= 2 and len(called) >= SHORTEST_NAME else ""


def _mails(text: str) -> list[str]:
    return _few(one.casefold().rstrip(".") for one in MAIL.findall(text))


def _numbers(text: str) -> list[str]:
    return _few(one.strip() for one in NUMBER.findall(text))


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdecimal())


def _few(found: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(found))[:MOST]
