"""X's own way of counting, proved by the test data it publishes."""

from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from inbox.platforms.base import Action
from inbox.platforms.x.counting import LIMITS, length, weighted
from inbox.platforms.x.links import links

DATA = Path(__file__).parents[4] / "shared" / "specs" / "twitter-text" / "conformance"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="twitter-text's test data does not lie beside this checkout")


def cases(name: str, group: str) -> list[Any]:
    if not DATA.is_dir():
        return []
    told = yaml.safe_load((DATA / f"{name}.yml").read_text("utf-8"))["tests"][group]
    return [pytest.param(case, id=case["description"][:60]) for case in told]


@needs_data
@pytest.mark.parametrize("case", cases("validate", "WeightedTweetsWithDiscountedEmojiCounterTest"))
def test_the_weight_with_emoji_as_one(case: dict[str, Any]) -> None:
    weight = weighted(case["text"])
    assert weight == case["expected"]["weightedLength"]
    assert (0 < weight <= LIMITS[Action.REPLY]) == case["expected"]["valid"]


@needs_data
@pytest.mark.parametrize("case", cases("validate", "WeightedTweetsCounterTest"))
def test_the_weight_of_every_code_point(case: dict[str, Any]) -> None:
    assert weighted(case["text"], emoji=False) == case["expected"]["weightedLength"]


@needs_data
@pytest.mark.parametrize("case", cases("validate", "UnicodeDirectionalMarkerCounterTest"))
def test_marks_of_direction(case: dict[str, Any]) -> None:
    assert weighted(case["text"]) == case["expected"]["weightedLength"]


@needs_data
@pytest.mark.parametrize("case", [*cases("extract", "urls"), *cases("extract", "tco_urls_with_params")])
def test_what_is_a_link(case: dict[str, Any]) -> None:
    assert [case["text"][link.start : link.end] for link in links(case["text"])] == case["expected"]


@needs_data
@pytest.mark.parametrize(
    "case", [*cases("extract", "urls_with_indices"), *cases("extract", "urls_with_directional_markers")]
)
def test_where_a_link_stands(case: dict[str, Any]) -> None:
    assert [[link.start, link.end] for link in links(case["text"])] == [one["indices"] for one in case["expected"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("ab", 2),
        ("@ana_ruiz on its way", 10),
        ("@ana_ruiz @li on its way", 10),
        ("on its way @ana_ruiz", 20),
        ("@ana", 4),
        ("see nordwind.example/x", 22),
        ("see nordwind.com/" + "x" * 400, 27),
        ("日本", 4),
        ("👨\u200d👩\u200d👧\u200d👦 1\ufe0f\u20e3 🇵🇹", 8),
    ],
)
def test_a_reply(text: str, expected: int) -> None:
    assert length(text, Action.REPLY) == expected


def test_a_message_is_counted_plainly() -> None:
    assert length("@ana see nordwind.com/" + "x" * 400, Action.DM) == 422
