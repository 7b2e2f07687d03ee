"""Our requests and the simulated notices beside LinkedIn's machine-readable material."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml  # type: ignore[import-untyped]

from inbox.platforms.base import Account, App
from inbox.platforms.linkedin.connector import LinkedIn
from inbox.platforms.linkedin.notices import COUNTED_NOWHERE_YET, ON_COMMENTS, ON_POSTS, SOCIAL
from inbox.platforms.linkedin.simulator import LinkedIn as Network
from tests.platforms.house import Listener
from tests.platforms.linkedin.conftest import ANA

SPECS = Path(__file__).parents[4] / "shared" / "specs" / "linkedin"
pytestmark = pytest.mark.skipif(not SPECS.is_dir(), reason="LinkedIn's specifications do not lie beside this checkout")


def read(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((SPECS / name).read_text("utf-8"))
    return loaded


def family() -> dict[str, Any]:
    families: list[dict[str, Any]] = read("webhooks-catalog.yml")["event_families"]
    return next(one for one in families if one["event_type"] == SOCIAL)


def test_every_action_of_the_catalogue_is_read() -> None:
    actions = set(family()["actions"])
    assert actions <= {*ON_COMMENTS, *ON_POSTS, *COUNTED_NOWHERE_YET}
    assert set(LinkedIn.settings["actions"]) == actions - COUNTED_NOWHERE_YET


async def test_the_simulated_notice_has_the_catalogues_fields(network: Network, listener: Listener) -> None:
    await network.comment(ANA, post=await network.publish("New!"), text="Hi")
    await network.flush()
    [delivery] = listener.deliveries
    assert set(delivery) == {field["name"] for field in family()["payload_envelope"]["fields"]}
    known = {field["name"]: field["type"] for field in family()["notification_schema"]["fields"]}
    [notice] = delivery["notifications"]
    assert set(notice) == set(known)
    for name, kind in known.items():
        if kind == "URN":
            assert notice[name].startswith("urn:li:")
        elif kind == "long":
            assert isinstance(notice[name], int)


async def test_the_subscription_is_made_as_documented(
    network: Network, listener: Listener, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    app = App(id=network.client_id, platform="linkedin", secrets=network.secrets)
    await linkedin.listen(http, account, app, listener.url)
    asked = next(call for call in network.app.calls if call.method == "PUT")
    paths = read("social-action-notifications-push.openapi.yml")["paths"]
    template, operations = next((path, told) for path, told in paths.items() if "put" in told)
    pattern = re.escape(template)
    for name in re.findall(r"\\{(\w+)\\}", pattern):
        pattern = pattern.replace(rf"\{{{name}\}}", r"\w+")
    made = httpx.URL("http://x/" + "/".join(asked.path[1:])).path
    assert re.fullmatch(pattern, made)
    known = {one["name"].lower() for one in operations["put"]["parameters"] if one["in"] == "header"}
    assert known <= set(asked.headers)
    body = operations["put"]["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    schemas = read("social-action-notifications-push.openapi.yml")["components"]["schemas"]
    assert set(asked.json) == set(schemas[body]["example"])


async def test_pulled_notifications_are_asked_as_documented(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    address = httpx.URL(family()["subscription"]["create"].split()[1]).host
    assert httpx.URL(LinkedIn.settings["api_url"]).host == address
    await linkedin.poll(http, account, {})
    [call] = network.app.calls
    backfill = read("webhooks-catalog.yml")["delivery"]["backfill"]["organization_social_actions"]
    documented = httpx.URL(backfill["api"].split()[1])
    assert documented.path == "/" + "/".join(call.path)
    assert dict(documented.params).items() <= call.query.items()
    assert linkedin.capabilities.back_fill_days == backfill["retention_days"]


async def test_roles_are_asked_as_in_linkedins_own_collection(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    await linkedin.check(http, account)
    collection = (SPECS / "linkedin-marketing-community.postman_collection.json").read_text("utf-8")
    documented = set(re.findall(r"\{\{baseUrl\}\}/(\w+)", json.dumps(json.loads(collection))))
    asked = {call.path[1] for call in network.app.calls if call.path[0] == "rest"}
    assert asked == {"organizationAcls", "organizations"} <= documented
