"""Google's own client: it drives the simulated network, and every request of ours is one that it would make.

It builds its methods from the machine-readable description that Google publishes.
"""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from inbox.platforms.base import Action, Kind, Known, Sent
from inbox.platforms.youtube.simulator import YouTube as Network
from tests.platforms.youtube.conftest import ANA, BOB, Connected, ago, outgoing, written

discovery = pytest.importorskip("googleapiclient.discovery", reason="google-api-python-client is not installed")
errors = pytest.importorskip("googleapiclient.errors")
httplib2 = pytest.importorskip("httplib2")

SPEC = Path(__file__).parents[4] / "shared" / "specs" / "google" / "youtube.v3.json"
pytestmark = pytest.mark.skipif(not SPEC.is_file(), reason="Google's description does not lie beside this checkout")

Schema = dict[str, Any]


def described() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(SPEC.read_text("utf-8"))
    return told


class Bearer:
    """What Google's client asks its HTTP of, with a token put in."""

    def __init__(self, token: str) -> None:
        self.token, self.http = token, httplib2.Http(timeout=5)

    def request(self, uri: str, method: str = "GET", body: Any = None, headers: Any = None, **_: Any) -> Any:
        """As httplib2's."""
        headers = {**(headers or {}), "authorization": f"Bearer {self.token}"}
        return self.http.request(uri, method=method, body=body, headers=headers)


@pytest.fixture
def client(network: Network) -> Any:
    """Google's client, pointed at the simulated network."""
    told = described() | {"rootUrl": f"{network.url}/", "baseUrl": f"{network.url}/"}
    return discovery.build_from_document(told, http=Bearer(network.tokens.access_token()))


async def done(request: Any) -> Any:
    """It waits for its answers, so it does that beside us."""
    return await asyncio.to_thread(request.execute)


async def test_it_reads_replies_moderates_changes_and_deletes(network: Network, client: Any, video: str) -> None:
    first = await network.comment(ANA, post=video, text="How?", at=ago(hours=1))
    threads = await done(
        client.commentThreads().list(part="snippet,replies", allThreadsRelatedToChannelId=network.channel)
    )
    assert [item["id"] for item in threads["items"]] == [first]
    made = await done(
        client.comments().insert(part="snippet", body={"snippet": {"parentId": first, "textOriginal": "So"}})
    )
    below = await done(client.comments().list(part=["snippet"], parentId=first, textFormat="plainText"))
    assert [item["snippet"]["textDisplay"] for item in below["items"]] == ["So"]
    await done(
        client.comments().update(part="snippet", body={"id": made["id"], "snippet": {"textOriginal": "Like so"}})
    )
    assert network.memory.items[made["id"]].text == "Like so"
    await done(client.comments().setModerationStatus(id=[first], moderationStatus="heldForReview"))
    held = await done(
        client.commentThreads().list(
            part="snippet", allThreadsRelatedToChannelId=network.channel, moderationStatus="heldForReview"
        )
    )
    assert [item["snippet"]["topLevelComment"]["snippet"]["moderationStatus"] for item in held["items"]] == [
        "heldForReview"
    ]
    await done(client.comments().delete(id=made["id"]))
    assert made["id"] not in network.memory.items
    mine = await done(client.channels().list(part="snippet", mine=True))
    assert mine["items"][0]["snippet"]["title"] == "Nordwind Coffee"


async def test_it_turns_pages(network: Network, client: Any, video: str) -> None:
    for number in range(7):
        await network.comment(ANA, post=video, text=f"said {number}", at=ago(minutes=number))
    found: list[str] = []
    request = client.commentThreads().list(part="snippet", videoId=video, maxResults=3, textFormat="plainText")
    while request is not None:
        page = await done(request)
        found += [item["snippet"]["topLevelComment"]["snippet"]["textDisplay"] for item in page["items"]]
        request = client.commentThreads().list_next(request, page)
    assert found == [f"said {number}" for number in range(7)]


async def test_it_is_refused_in_words_it_understands(network: Network, client: Any) -> None:
    body = {"snippet": {"parentId": "Ugxnone", "textOriginal": "So"}}
    with pytest.raises(errors.HttpError) as refusal:
        await done(client.comments().insert(part="snippet", body=body))
    assert refusal.value.resp.status == 404
    assert refusal.value.error_details[0]["reason"] == "parentCommentNotFound"
    network.units = 0
    with pytest.raises(errors.HttpError) as refusal:
        await done(client.comments().list(part="snippet", id="Ugx1"))
    assert refusal.value.error_details[0]["reason"] == "quotaExceeded"


async def test_what_it_writes_our_connector_hears(network: Network, client: Any, shop: Connected, video: str) -> None:
    first = await network.comment(ANA, post=video, text="How?", at=ago(hours=1))
    await done(client.comments().insert(part="snippet", body={"snippet": {"parentId": first, "textOriginal": "So"}}))
    events = await shop.polled()
    assert written(events) == ["How?", "So"]
    assert events[1].ours


@pytest.fixture
async def asked(network: Network, shop: Connected, video: str) -> list[tuple[str, str, dict[str, list[str]], Any]]:
    """Everything this connector ever asks, once."""
    first = await network.comment(ANA, post=video, text="How?", at=ago(days=20), image="https://lh3.example/a")
    held = await network.comment(BOB, post=video, text="Held", at=ago(hours=2))
    await network.hold(held)
    for number in range(120):
        await network.comment(BOB, post=video, text=f"said {number}", at=ago(days=1, minutes=-number))
        await network.comment(BOB, post=video, parent=first, text=f"reply {number}", at=ago(minutes=number))
    await shop.polled()
    await network.approve(held)
    await shop.polled()
    ours = await network.elsewhere(target=first, text="Mine")
    acts = [
        outgoing(target=first, thread=first),
        outgoing(Action.HIDE, target=first, text=""),
        outgoing(Action.UNHIDE, target=first, text=""),
        outgoing(Action.DELETE, target=ours, text=""),
        outgoing(Action.DELETE, target=held, text=""),
    ]
    for act in acts:
        assert isinstance(await shop.send(act), Sent)
        await shop.look(act)
    items = [Known(external_id=one, kind=Kind.COMMENT, at=ago(days=1)) for one in (first, held)]
    await shop.connector.reread(shop.http, shop.account, items)
    await shop.connector.check(shop.http, shop.account)
    await shop.connector.person(shop.http, shop.account, network.memory.items[first].author)
    return list(network.app.calls)


METHODS: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("GET", "commentThreads"): lambda client: client.commentThreads().list,
    ("GET", "comments"): lambda client: client.comments().list,
    ("POST", "comments"): lambda client: client.comments().insert,
    ("DELETE", "comments"): lambda client: client.comments().delete,
    ("POST", "comments/setModerationStatus"): lambda client: client.comments().setModerationStatus,
    ("GET", "channels"): lambda client: client.channels().list,
    ("GET", "videos"): lambda client: client.videos().list,
}
NUMBERS = {"maxResults"}
TRUTHS = {"mine"}


def typed(params: dict[str, list[str]]) -> dict[str, Any]:
    """Parameters as Google's client wants them given."""
    told: dict[str, Any] = {}
    for name, [value] in params.items():
        told[name] = int(value) if name in NUMBERS else value == "true" if name in TRUTHS else value
    return told


async def test_every_request_of_ours_is_exactly_one_of_googles(
    asked: list[tuple[str, str, dict[str, list[str]], Any]],
) -> None:
    """Method, address, parameters and body; the client itself refuses what the description does not know."""
    google = discovery.build_from_document(described(), http=Bearer(""))
    seen = set()
    for method, path, params, body in asked:
        given = typed(params) | ({"body": body} if body else {})
        request = METHODS[method, path](google)(**given)
        url = urlsplit(request.uri)
        assert request.method == method
        assert (url.scheme, url.netloc, url.path) == ("https", "youtube.googleapis.com", f"/youtube/v3/{path}")
        assert {name: value for name, value in parse_qs(url.query).items() if name != "alt"} == params
        assert (json.loads(request.body) if request.body else {}) == body
        seen.add((method, path))
    assert seen == set(METHODS)


def permitted(name: str, method: str) -> dict[str, Any]:
    parts = name.split("/")
    verb = parts[1] if len(parts) > 1 else {"GET": "list", "POST": "insert", "DELETE": "delete"}[method]
    told: dict[str, Any] = described()["resources"][parts[0]]["methods"][verb]
    return told


async def test_every_parameter_keeps_its_choices_and_limits(
    asked: list[tuple[str, str, dict[str, list[str]], Any]],
) -> None:
    for method, path, params, _ in asked:
        known = permitted(path, method)["parameters"]
        for name, [value] in params.items():
            assert name in known
            if choices := known[name].get("enum"):
                assert value in choices
            if "maximum" in known[name]:
                assert int(known[name]["minimum"]) <= int(value) <= int(known[name]["maximum"])
        assert {name for name, one in known.items() if one.get("required")} <= set(params)


def fits(value: Any, schema: Schema, schemas: dict[str, Schema], where: str) -> None:
    """Whether an answer has only what the description knows, each of its type."""
    schema = schemas[schema["$ref"]] if "$ref" in schema else schema
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
    assert isinstance(value, kinds[schema["type"]]), where
    if isinstance(value, dict) and "properties" in schema:
        assert set(value) <= set(schema["properties"]), where
        for name, inner in value.items():
            fits(inner, schema["properties"][name], schemas, f"{where}.{name}")
    for inner in value if isinstance(value, list) else []:
        fits(inner, schema["items"], schemas, where)
    assert "enum" not in schema or value in schema["enum"], where


async def test_the_simulated_answers_have_googles_shapes(network: Network, client: Any, video: str) -> None:
    first = await network.comment(ANA, post=video, text="How?", image="https://lh3.example/a")
    await network.comment(BOB, post=video, parent=first, text="same")
    schemas = described()["schemas"]
    for request, shape in (
        (client.commentThreads().list(part="snippet,replies", videoId=video), "CommentThreadListResponse"),
        (client.comments().list(part="snippet", parentId=first), "CommentListResponse"),
        (client.channels().list(part="snippet", mine=True), "ChannelListResponse"),
        (client.videos().list(part="snippet", id=video), "VideoListResponse"),
        (
            client.comments().insert(part="snippet", body={"snippet": {"parentId": first, "textOriginal": "So"}}),
            "Comment",
        ),
    ):
        fits(await done(request), {"$ref": shape}, schemas, shape)
