"""What a name, a handle or a text tells of who somebody is, and how much it weighs: values in, values out."""

from __future__ import annotations

import pytest

from inbox.desk import signs, weighing
from inbox.desk.lettering import plain, skeleton
from inbox.desk.signs import Sign
from inbox.ground.ids import new_id
from inbox.platforms import registry

HERE, CHANNEL = new_id(), new_id()
HOMES = signs.homes_of(registry.platforms())


@pytest.mark.parametrize(
    ("one", "other", "is_spelled_the_same", "looks_the_same"),
    [
        pytest.param("Ana Ruíz", "ana  ruiz", True, True, id="accents, case and space are no difference"),
        pytest.param("Ana Ruiz 🌸", "Ana Ruiz", True, True, id="nor is an emoji"),
        pytest.param("Łukasz Ødegård", "Lukasz Odegard", True, True, id="nor how a letter is written elsewhere"),
        pytest.param("\u0410na Ruiz", "Ana Ruiz", False, True, id="a Cyrillic letter"),
        pytest.param("Αna Ruiz".replace("Α", "\u0391"), "Ana Ruiz", False, True, id="a Greek one"),
        pytest.param("ana.ru1z", "ana.ruiz", False, True, id="a digit"),
        pytest.param("ana.ruIz", "ana.rulz", False, True, id="a large I for an l"),
        pytest.param("bernd", "bemd", False, True, id="two letters for one"),
        pytest.param("a\u200bna ruiz", "ana ruiz", False, True, id="one that nobody sees"),
        pytest.param("Иван Петров", "иван петров", True, True, id="a name in another script is itself"),
        pytest.param("ana", "anna", False, False, id="somebody else"),
    ],
)
def test_how_names_are_compared(one: str, other: str, is_spelled_the_same: bool, looks_the_same: bool) -> None:
    assert (plain(one) == plain(other)) is is_spelled_the_same
    assert (skeleton(one) == skeleton(other)) is looks_the_same


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("My order is A-10442, mail Ana@Ruiz.example.", {("order", "A10442"), ("email", "ana@ruiz.example")}),
        ("pedido número 889123-B", {("order", "889123B")}),
        ("order 2026 or order cancelled, from 2026-11-26", set()),
        ("+34 600 111 222", {("phone", "600111222")}),
        ("call 0600 111 222 or (0034) 600111222", {("phone", "600111222")}),
        ("it cost 1234567890123 and 12.50", set()),
        ("I am https://www.instagram.com/Ana.Ruiz/?hl=en", {("account", "instagram/ana.ruiz")}),
        ("see x.com/anaruiz", set()),
        ("see evil.example/instagram.com/ana", set()),
        ("@" * 5000 + "a." * 5000 + "+" * 5000, set()),
    ],
)
def test_what_a_text_tells(text: str, found: set[tuple[str, str]]) -> None:
    told = signs.of_text(text, HERE, CHANNEL, is_open=False, homes=HOMES)
    assert {(one.kind, one.key) for one in told} == found


@pytest.mark.parametrize(
    ("platform", "outside", "name", "handle", "found"),
    [
        ("instagram", "1", "Ana Ruíz", "ana.ruiz", {"handle", "account", "name"}),
        ("mastodon", "anaruiz84@a.example", "Ana", "anaruiz84@a.example", {"handle"}),
        ("bluesky", "did:plc:1", "Ana", "anaruiz84.bsky.social", {"handle"}),
        ("whatsapp", "34600111222", "Ana Ruiz", "+34600111222", {"phone", "name"}),
        ("whatsapp", "US.134", "Ana Ruiz", "", {"name"}),
        ("reddit", "jessica", "", "jessica", {"account"}),
        ("reddit", "User-12345", "", "User-12345", {"account"}),
        ("reddit", "ana", "Ana", "ana", {"account"}),
        ("instagram", "2", "Ana Ramirez", "ramirez", {"account", "name"}),
        ("facebook", "3", "Ana", "", set()),
    ],
)
def test_what_an_account_tells(platform: str, outside: str, name: str, handle: str, found: set[str]) -> None:
    told = signs.of_account(registry.platforms()[platform], HERE, outside, name, handle)
    assert {one.kind for one in told} == found


def test_a_handle_is_the_same_on_servers_that_add_their_name() -> None:
    known = registry.platforms()
    keys = {
        one.key
        for name, handle in [
            ("instagram", "ana.ruiz.84"),
            ("mastodon", "ana_ruiz_84@a.example"),
            ("bluesky", "anaruiz84.bsky.social"),
        ]
        for one in signs.of_account(known[name], HERE, "1", "", handle)
        if one.kind == "handle"
    }
    assert len(keys) == 1


EMAIL, PUBLIC = Sign("email", "a@b.example", "a@b.example", HERE), Sign("email", "a@b.example", "", HERE, CHANNEL, True)
NAME, HANDLE = Sign("name", "ana rulz", "ana ruiz", HERE), Sign("handle", "anarulz84", "ana.ruiz84", HERE)


@pytest.mark.parametrize(
    ("one", "other", "holders", "score", "level"),
    [
        pytest.param([EMAIL], [EMAIL], 2, 6, "likely", id="an address from both"),
        pytest.param([EMAIL], [PUBLIC], 2, 3, "possible", id="one of them said it openly"),
        pytest.param([EMAIL, PUBLIC], [EMAIL], 2, 6, "likely", id="and in private too"),
        pytest.param([EMAIL], [EMAIL], 6, 0, "possible", id="an address that many wrote"),
        pytest.param([NAME, HANDLE], [NAME, HANDLE], 2, 5, "possible", id="all that an impostor copies"),
        pytest.param([NAME], [NAME], 9, 1, "possible", id="a common name"),
        pytest.param([], [EMAIL], 1, 0, "possible", id="nothing"),
    ],
)
def test_what_it_weighs(one: list[Sign], other: list[Sign], holders: int, score: int, level: str) -> None:
    counts = {(sign.kind, sign.key): holders for sign in (*one, *other)}
    for these, those in ((one, other), (other, one)):
        weighed = weighing.weigh(these, those, counts, is_one_network=False)
        assert (weighed.score, weighed.level) == (score, level)
