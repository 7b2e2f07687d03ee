"""Payloads in our words: poll and stream must meet in one post, and nothing a stranger writes may break it."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.platforms import bluesky
from inbox.platforms.base import Act, Unreadable
from inbox.platforms.bluesky import keys
from inbox.platforms.bluesky.connector import Bluesky

FIXTURES = Path(bluesky.__file__).parent / "fixtures"
US, ANA = "did:plc:shopearshotexample22aa", "did:plc:anaruizexample2222222aaa"
normalise = Bluesky().normalise


def payload(name: str) -> Any:
    return msgspec.json.decode((FIXTURES / f"{name}.in.json").read_bytes())


@pytest.mark.parametrize(
    ("polled", "streamed"),
    [
        ("comment_on_our_post", "stream_comment_on_our_post"),
        ("mention", "stream_mention_without_names"),
        ("picture_without_text", "stream_picture_edit_delete"),
        ("written_by_us_elsewhere", "stream_written_by_us"),
    ],
)
def test_poll_and_stream_give_a_post_one_name(polled: str, streamed: str) -> None:
    first, second = normalise(payload(polled))[0], normalise(payload(streamed))[0]
    for what in ("account", "act", "kind", "external_id", "lane", "root", "revision", "ours", "text", "permalink"):
        assert getattr(first, what) == getattr(second, what)
    assert first.parent == second.parent
    assert first.thread == second.thread or (not second.thread and second.parent)  # the lane finds it by its parent


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(None, id="nothing"),
        pytest.param([], id="a list"),
        pytest.param({"notifications": []}, id="nobody's"),
        pytest.param({"account": US, "notifications": [{"uri": "at://nobody", "reason": "reply"}]}, id="no address"),
        pytest.param(
            {"account": US, "notifications": [{"uri": f"at://{ANA}/{keys.POST}/3mabccomm2222", "reason": "reply"}]},
            id="no time",
        ),
        pytest.param(
            {"account": US, "ours": [{"uri": f"at://{ANA}/{keys.POST}/3mabccomm2222", "record": {}}]}, id="not ours"
        ),
        pytest.param({"account": US, "deleted": [{"uri": "x", "at": "2026-11-20T10:00:00Z"}]}, id="gone, but what"),
    ],
)
def test_what_cannot_be_read_says_so(broken: Any) -> None:
    with pytest.raises(Unreadable):
        normalise(broken)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "text": JSON,
            "reply": JSON | st.fixed_dictionaries({"parent": JSON, "root": JSON}),
            "facets": JSON | st.lists(st.fixed_dictionaries({"features": JSON}), max_size=2),
            "embed": JSON
            | st.fixed_dictionaries(
                {
                    "$type": st.sampled_from(
                        [f"app.bsky.embed.{kind}" for kind in ("images", "video", "external", "record", "gallery")]
                        + ["app.bsky.embed.recordWithMedia", "app.bsky.embed.images#view"]
                    )
                },
                optional=dict.fromkeys(("images", "items", "video", "external", "record", "media"), JSON),
            ),
            "langs": JSON,
            "createdAt": JSON,
        },
    )
)
def test_whatever_a_stranger_puts_into_a_record_it_is_heard(record: dict[str, Any]) -> None:
    uri = f"at://{ANA}/{keys.POST}/3mabccomm2222"
    at = "2026-11-20T10:00:00.000Z"
    told = {"uri": uri, "reason": "mention", "record": record, "indexedAt": at, "author": None}
    [heard] = normalise({"account": US, "notifications": [told]})
    assert (heard.act, heard.external_id) == (Act.WROTE, uri)
    op = {"action": "create", "path": f"{keys.POST}/3mabccomm2222", "record": record}
    assert len(normalise({"account": US, "commits": [{"repo": ANA, "time": at, "ops": [op]}]})) <= 1
