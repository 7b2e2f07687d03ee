"""Every request we make, against the machine-readable list of the Bot API's methods and types."""

import json
from pathlib import Path
from typing import Any

import pytest

from inbox.platforms.base import Account, Action, App, Attachment, Kind, Signal
from inbox.platforms.registry import HERE
from inbox.platforms.telegram.contents import SERVICE, UNSHOWN
from inbox.platforms.telegram.simulator import Telegram as Network
from inbox.platforms.telegram.updates import HEARD, IGNORED
from tests.platforms.telegram.conftest import ANA, LI, Desk

API = Path(__file__).parents[4] / "shared" / "specs" / "telegram" / "api.json"
pytestmark = pytest.mark.skipif(
    not API.is_file(), reason="the Bot API's specification does not lie beside this checkout"
)
PLAIN: dict[str, tuple[type, ...]] = {"Integer": (int,), "String": (str,), "Boolean": (bool,), "Float": (float, int)}
FILE = "InputFile"


def specification() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(API.read_text("utf-8"))
    return loaded


def faults(spec: dict[str, Any], where: str, fields: list[dict[str, Any]], given: dict[str, Any]) -> list[str]:
    """What a request or an object has that the specification does not know, or lacks."""
    known = {field["name"]: field for field in fields}
    found = [f"{where}: {name} is unknown" for name in given.keys() - known.keys()]
    found += [f"{where}: {name} is missing" for name, field in known.items() if field["required"] and name not in given]
    for name in given.keys() & known.keys():
        if not any(_fits(spec, kind, given[name]) for kind in known[name]["types"] if kind != FILE):
            found.append(f"{where}: {name} is no {known[name]['types']}: {given[name]!r}")
    return found


def _fits(spec: dict[str, Any], kind: str, value: Any) -> bool:
    if kind.startswith("Array of "):
        return isinstance(value, list) and all(_fits(spec, kind.removeprefix("Array of "), one) for one in value)
    if kind in PLAIN:
        return isinstance(value, PLAIN[kind]) and (kind == "Boolean" or not isinstance(value, bool))
    type_ = spec["types"][kind]
    if subtypes := type_.get("subtypes"):
        return any(_fits(spec, one, value) for one in subtypes)
    return isinstance(value, dict) and not faults(spec, kind, type_.get("fields", []), value)


async def test_every_request_is_known_and_complete(network: Network, desk: Desk) -> None:
    """Everything this connector ever asks, once."""
    spec = specification()
    desk.account.settings["quote_replies"] = True
    message, mention = await network.dm(ANA, text="Hello", image="yes"), await network.mention(LI, text="Hm?")
    [event, _] = await desk.polled()
    network.through_business = True
    business = await network.dm(ANA, text="Hello")
    thread = business.rpartition(":")[0]
    for kind in ("image", "video", "audio", "file"):
        await desk.does(Action.DM, attachments=[Attachment(kind, "https://files.example/a")])
    sent = await desk.does(Action.DM, target=message)
    answer = await desk.does(Action.DM, target=business, thread=thread)
    await desk.does(Action.REPLY, target=mention, thread=mention)
    for action in (Action.LIKE, Action.UNLIKE):
        await desk.does(action, kind=Kind.DM, target=message)
    for target in (sent.external_id, answer.external_id):
        await desk.does(Action.DELETE, kind=Kind.DM, target=target)
    connector, http, account = desk.connector, desk.http, desk.account
    await connector.signal(http, account, Signal.TYPING, thread="7001")
    await connector.signal(http, account, Signal.TYPING, thread=thread)
    await connector.signal(http, account, Signal.SEEN, thread=thread, message=business)
    await connector.person(http, account, "7001")
    await connector.locate(http, account, event.attachments[0])
    await connector.check(
        http, Account(platform="telegram", external_id="", credentials=account.credentials, settings=account.settings)
    )
    app = App(id="a", platform="telegram", secrets=[], verify_token="token")
    account.settings["webhook"] = True
    await connector.listen(http, account, app, "https://inbox.example/w")
    account.settings["webhook"] = False
    await connector.listen(http, account, app, "https://inbox.example/w")

    found: list[str] = []
    for method, params in network.app.calls:
        assert method in spec["methods"], f"{method} is in no specification"
        found += faults(spec, method, spec["methods"][method].get("fields", []), params)
    assert found == []
    assert {method for method, _ in network.app.calls} == {
        "getMe", "getUpdates", "getFile", "getChat", "getWebhookInfo", "setWebhook", "deleteWebhook", "sendMessage",
        "sendPhoto", "sendVideo", "sendAudio", "sendDocument", "sendChatAction", "setMessageReaction",
        "readBusinessMessage", "deleteMessage", "deleteBusinessMessages",
    }  # fmt: skip


def test_every_kind_of_update_is_heard_or_left_out_on_purpose() -> None:
    fields = {field["name"] for field in specification()["types"]["Update"]["fields"]}
    assert set(HEARD) <= fields
    assert fields - IGNORED == {"guest_message"}, "which is shown as unsupported"
    assert fields >= IGNORED


def test_every_part_of_a_message_we_name_exists() -> None:
    fields = {field["name"] for field in specification()["types"]["Message"]["fields"]}
    assert fields >= SERVICE
    assert set(UNSHOWN) <= fields


# These show what is not, or not yet.
MADE_UP = {"dm_ids_are_strings", "dm_unsupported", "update_of_an_unknown_kind", "other_updates_are_nothing"}

REAL = [
    path
    for path in sorted((HERE / "telegram" / "fixtures").glob("*.in.json"))
    if path.name.removesuffix(".in.json") not in MADE_UP
]


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_fixtures_hold_only_fields_that_exist(path: Path) -> None:
    """Their messages, as far as we read them: a field we made up would prove nothing."""
    known = {field["name"] for field in specification()["types"]["Message"]["fields"]}
    for update in json.loads(path.read_text("utf-8"))["updates"]:
        for name, value in update.items():
            if name.endswith("message"):
                assert value.keys() <= known


async def test_the_simulators_messages_are_messages(network: Network) -> None:
    spec = specification()
    network.through_business = True
    for name in (await network.dm(ANA, text="Hello", image="yes"), await network.mention(LI, text="Hm")):
        told = network.message(network.memory.items[name])
        assert faults(spec, "Message", spec["types"]["Message"]["fields"], told) == []
    me = network.me()
    assert faults(spec, "User", spec["types"]["User"]["fields"], me) == []
