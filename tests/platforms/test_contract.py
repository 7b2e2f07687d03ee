"""What every connector promises, asked of each one the registry finds, with its own fixtures."""

import copy
import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.platforms import base
from inbox.platforms.base import (
    Account,
    Act,
    Action,
    App,
    Capabilities,
    Connector,
    Incoming,
    Kind,
    Lookup,
    Outgoing,
    Seen,
)
from inbox.platforms.registry import HERE, icon, platforms

EVERY = list(platforms().values())
TEXTUAL = (Action.REPLY, Action.PRIVATE_REPLY, Action.DM)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
JUNK: list[Any] = [None, True, 0, -1, 1e300, 10**30, "", "x\x00\ud800", "١", [], [[]], {}, {"id": []}]


def fixtures(connector: Connector) -> list[Path]:
    return sorted((HERE / connector.name / "fixtures").glob("*.in.json"))


PAIRS = [
    pytest.param(connector, path, id=f"{connector.name}-{path.name.removesuffix('.in.json')}")
    for connector in EVERY
    for path in fixtures(connector)
]
each = pytest.mark.parametrize("connector", EVERY, ids=lambda connector: connector.name)
each_fixture = pytest.mark.parametrize(("connector", "path"), PAIRS)


def read(connector: Connector, payload: Any) -> tuple[list[Incoming] | None, str]:
    """The events, or why there are none to be had; any other exception is the test's failure."""
    try:
        return connector.normalise(payload), ""
    except base.Unreadable as refusal:
        return None, str(refusal)


def payload_of(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def expected_of(path: Path) -> list[Incoming]:
    text = path.with_name(path.name.replace(".in.json", ".out.json")).read_bytes()
    return msgspec.json.decode(text, type=list[Incoming])


def keys(events: list[Incoming]) -> Counter[tuple[Any, ...]]:
    """What decides whether an event was seen before."""
    return Counter((one.account, one.act, one.kind, one.external_id, one.revision) for one in events)


def shuffled(value: Any, dice: random.Random) -> Any:
    """The same payload with every list of objects in another order."""
    if isinstance(value, dict):
        return {key: shuffled(inner, dice) for key, inner in value.items()}
    if isinstance(value, list):
        mixed = [shuffled(inner, dice) for inner in value]
        if all(isinstance(inner, dict) for inner in mixed):
            dice.shuffle(mixed)
        return mixed
    return value


def widened(value: Any) -> Any:
    """The same payload as a later version of the platform may send it: with unknown fields at every level."""
    if isinstance(value, dict):
        news = {"zz_new_object": {"id": "1", "list": [1, None]}, "zz_new_text": "…", "zz_new_null": None}
        return {key: widened(inner) for key, inner in value.items()} | news
    return [widened(inner) for inner in value] if isinstance(value, list) else value


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a payload, the outermost left out."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*path, key)
        yield from places(inner, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], junk: Any) -> Any:
    """The payload with something else in one place."""
    whole = copy.deepcopy(value)
    inner = whole
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = junk
    return whole


# The road in


@each_fixture
def test_a_fixture_says_what_it_should(connector: Connector, path: Path) -> None:
    assert connector.normalise(payload_of(path)) == expected_of(path)


@each_fixture
def test_twice_is_once(connector: Connector, path: Path) -> None:
    payload = payload_of(path)
    before = copy.deepcopy(payload)
    assert keys(connector.normalise(payload)) == keys(connector.normalise(payload))
    assert payload == before


@each_fixture
@pytest.mark.parametrize("seed", range(3))
def test_order_changes_no_key(connector: Connector, path: Path, seed: int) -> None:
    payload = payload_of(path)
    mixed = shuffled(payload, random.Random(seed))
    assert keys(connector.normalise(mixed)) == keys(expected_of(path))


@each_fixture
def test_unknown_fields_change_nothing(connector: Connector, path: Path) -> None:
    assert connector.normalise(widened(payload_of(path))) == expected_of(path)


@each_fixture
def test_every_event_keeps_the_contract(connector: Connector, path: Path) -> None:
    for event in connector.normalise(payload_of(path)):
        assert event.account
        assert event.external_id
        assert event.lane
        assert event.kind in connector.capabilities.kinds
        assert event.at.utcoffset() == timedelta()
        assert msgspec.json.decode(msgspec.json.encode(event), type=Incoming) == event
        if event.act is Act.WROTE:
            assert event.revision == 0
            assert event.thread or event.parent, "nothing says to which conversation it belongs"
        if event.act in (Act.HID, Act.UNHID, Act.LIKED, Act.UNLIKED, Act.READ, Act.DELIVERED):
            assert event.revision, "a toggle or watermark carries its own time"
        if event.act is Act.UNSUPPORTED:
            assert event.reason, "a person will read why"
        if event.rating is not None:
            assert 1 <= event.rating <= 5
        for text in (event.text, event.permalink, event.reason, event.author.name if event.author else ""):
            assert base.clean(text) == text


@each
@given(data=st.data())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_junk_in_any_place_is_read_or_refused_but_never_a_crash(connector: Connector, data: st.DataObject) -> None:
    payload = payload_of(data.draw(st.sampled_from(fixtures(connector))))
    path = data.draw(st.sampled_from(list(places(payload)) or [()]))
    junk = data.draw(st.sampled_from(JUNK))
    events, reason = read(connector, replaced(payload, path, junk) if path else junk)
    assert reason or events is not None
    msgspec.json.encode(events)


@each
@pytest.mark.parametrize("payload", [None, 3, "x", [], [1], {}, {"entry": None}, {"a": {"b": []}}])
def test_what_is_no_payload_is_refused_or_empty(connector: Connector, payload: Any) -> None:
    events, reason = read(connector, payload)
    assert events == [] or reason


# What is declared


@each
def test_fixtures_exist_in_pairs_and_show_every_kind(connector: Connector) -> None:
    folder = HERE / connector.name / "fixtures"
    given_names = {path.name.removesuffix(".in.json") for path in folder.glob("*.in.json")}
    told_names = {path.name.removesuffix(".out.json") for path in folder.glob("*.out.json")}
    assert given_names == told_names != set()
    events = [event for path in fixtures(connector) for event in expected_of(path)]
    assert {event.kind for event in events} == set(connector.capabilities.kinds)
    if any(connector.capabilities.actions.values()):
        assert any(event.ours for event in events), "a fixture shows an echo of our own"
    acts = {event.act for event in events}
    assert Act.WROTE in acts
    assert (Act.EDITED in acts) == connector.capabilities.edits_in
    assert (Act.DELETED in acts) == connector.capabilities.deletes_in


@each
def test_it_has_a_name_a_glyph_and_a_page_to_follow(connector: Connector) -> None:
    assert connector.title
    glyph = icon(connector.name)
    root = ElementTree.fromstring(glyph)  # noqa: S314 - our own file
    assert root.tag.endswith("svg")
    assert root.get("viewBox")
    assert "currentColor" in glyph
    assert not {"script", "image", "foreignObject"} & {element.tag.rpartition("}")[2] for element in root.iter()}
    readme = (HERE / connector.name / "README.md").read_text("utf-8")
    assert readme.startswith("# ")
    assert "## Limits" in readme
    assert "cannot" in readme


@each
def test_what_it_declares_fits_together(connector: Connector) -> None:
    able: Capabilities = connector.capabilities
    assert set(able.actions) == set(able.kinds)
    offered = {action for actions in able.actions.values() for action in actions}
    assert set(able.text_limits) == offered & set(TEXTUAL), "each textual action, and no other, has its limit"
    assert all(limit > 0 for limit in able.text_limits.values())
    assert set(able.window_hours) <= offered
    assert bool(able.window_hours) == bool(able.window_note)
    assert able.limits
    assert all(sentence.endswith(".") for sentence in able.limits)
    assert (Action.HIDE in offered) == (Action.UNHIDE in offered)
    assert (Action.LIKE in offered) == (Action.UNLIKE in offered)
    assert (Action.DM in offered) <= (Kind.DM in able.kinds)
    for action in able.text_limits:
        assert connector.length("", action) == 0
        assert connector.length("ab", action) == 2


@each
def test_what_it_offers_is_what_it_does(connector: Connector) -> None:
    able, own = connector.capabilities, type(connector)
    assert bool(able.signals) == (own.signal is not Connector.signal)
    assert set(able.signals) <= set(able.kinds)
    assert able.templates == (own.templates is not Connector.templates)
    assert (able.retention.reread is not None) <= (own.reread is not Connector.reread)
    assert able.back_fill_days >= 0
    if able.allowance:
        limit = connector.settings[able.allowance.setting]
        assert isinstance(limit, float)
        assert 0 <= able.allowance.reserve < 1
        assert able.allowance.period in ("day", "month")
        assert ZoneInfo(able.allowance.zone)
    for duty in (able.retention.text, able.retention.profile, able.retention.reread):
        assert duty is None or duty > timedelta()
        assert duty is None or able.retention.note.endswith(".")
    assert not able.matching_note or able.matching_note.endswith(".")


@each
def test_who_signs_in_there_comes_back_to_us(connector: Connector) -> None:
    own = type(connector)
    assert (connector.oauth is not None) == (own.authorise is not Connector.authorise)
    assert (connector.oauth is not None) == (own.grant is not Connector.grant)
    if connector.oauth is None:
        return
    assert connector.oauth.registers == (own.register is not Connector.register)
    assert set(connector.oauth.asks) <= {field.name for field in connector.fields}
    asked = connector.authorise(
        App(id="app 7", platform=connector.name, secrets=["never shown"]),
        redirect_uri="https://inbox.example/oauth/here",
        state="s&t",
        challenge="c+h" if connector.oauth.pkce else "",
        settings=connector.settings,
    )
    assert "never" not in asked
    url = httpx.URL(asked)
    told = url.params
    assert url.scheme == "https"
    assert told["redirect_uri"] == "https://inbox.example/oauth/here"
    assert told["state"] == "s&t"
    assert told["client_id"] == "app 7"
    assert (told.get("code_challenge") == "c+h") == connector.oauth.pkce
    assert (told.get("code_challenge_method") == "S256") == connector.oauth.pkce
    for scope in connector.oauth.scopes:
        assert scope in told["scope"]


@each
def test_its_steps_can_be_followed(connector: Connector) -> None:
    assert connector.steps
    for step in connector.steps:
        assert step.title
        assert step.text.endswith((".", ":"))
        assert step.url == "" or step.url.startswith("https://")
    if "webhook" not in connector.capabilities.hears:
        assert not {step.seen for step in connector.steps} & {Seen.HANDSHAKE, Seen.SIGNED, Seen.LISTENING}


@each
def test_it_hears_as_it_says(connector: Connector) -> None:
    hears, own = connector.capabilities.hears, type(connector)
    assert hears
    assert set(hears) <= {"webhook", "poll", "stream"}
    assert ("webhook" in hears) == (own.verify is not Connector.verify)
    assert ("poll" in hears) == (own.poll is not Connector.poll)
    assert ("stream" in hears) == (own.stream is not Connector.stream)
    assert connector.capabilities.needs_public_address == (hears == ["webhook"])
    assert connector.makes_app <= ("webhook" in hears)


@each
def test_unsigned_deliveries_and_empty_handshakes_are_refused(connector: Connector) -> None:
    for secrets in ([], [""], ["secret"]):
        app = App(id="demo", platform=connector.name, secrets=secrets)
        assert not connector.verify(app, {}, b"{}", NOW)
        assert connector.challenge(app, {}) is None


@each
def test_a_strong_look_has_a_key_made_before(connector: Connector) -> None:
    own = type(connector)
    mints = own.mint is not Connector.mint
    looks = own.look is not Connector.look
    assert (connector.lookup is Lookup.STRONG) <= mints
    assert connector.idempotency <= mints
    assert (connector.lookup is not Lookup.NONE) == looks
    if mints:
        act = Outgoing(action=Action.REPLY, kind=Kind.COMMENT, correlation="c1", text="x", created_at=NOW)
        other = msgspec.structs.replace(act, correlation="c2")
        assert connector.mint(act)
        assert connector.mint(act) == connector.mint(act)
        assert connector.mint(act) != connector.mint(other)


@each
def test_its_window_agrees_with_the_hours_it_states(connector: Connector) -> None:
    able = connector.capabilities
    for kind, actions in able.actions.items():
        for action in actions:
            until = connector.window(kind, NOW, action)
            hours = able.window_hours.get(action)
            assert until == (None if hours is None else NOW + timedelta(hours=hours))
            assert connector.window(kind, None, action) is None


@each
def test_what_settings_asks_for_is_marked(connector: Connector) -> None:
    names = [field.name for field in connector.fields]
    assert len(set(names)) == len(names)
    for field in connector.fields:
        assert field.title
        if any(word in field.name for word in ("token", "password", "secret")):
            assert field.secret, f"{field.name} would be shown"
    msgspec.json.encode(connector.settings)


@each
async def test_a_send_that_cannot_be_is_refused_without_a_request(connector: Connector) -> None:
    """An empty text, one beyond the limit, and one with nowhere to go."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(500)

    account = Account(platform=connector.name, external_id="1", credentials={}, settings=connector.settings)
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        for action, limit in connector.capabilities.text_limits.items():
            for text in ("", "x" * (limit + 1)):
                kind = next(kind for kind, actions in connector.capabilities.actions.items() if action in actions)
                act = Outgoing(action=action, kind=kind, correlation="c", text=text, created_at=NOW, target="1")
                outcome = await connector.send(http, account, act)
                assert isinstance(outcome, base.Refused), (action, len(text))
                assert outcome.message
    assert asked == []
