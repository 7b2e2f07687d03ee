"""What leaves, to which address, and what is refused before it leaves."""

import json
from typing import Any

import httpx
import pytest

from inbox.platforms.base import Account, Action, Attachment, Author, ErrorClass, Kind, Outgoing, Refused, Sent
from inbox.platforms.linkedin.connector import LinkedIn
from inbox.platforms.linkedin.simulator import LinkedIn as Network
from tests.platforms.house import Listener
from tests.platforms.linkedin.conftest import ANA, LI, PAGE, outgoing

SAFE_COMMENT = "urn%3Ali%3Acomment%3A%28urn%3Ali%3Aactivity%3A"


def asked(network: Network) -> list[tuple[str, str, Any]]:
    """The writes: method, path and query as they were on the wire, body."""
    found = []
    for call in network.app.calls:
        if call.method != "GET":
            query = "&".join(f"{name}={value}" for name, value in call.query.items())
            found.append((call.method, "/".join(call.path) + (f"?{query}" if query else ""), call.json))
    return found


async def test_a_reply_to_a_comment(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    post = await network.publish("New beans!")
    comment = await network.comment(ANA, post=post, text="How much?")
    act = outgoing(Action.REPLY, text="Grüße 😀", target=comment, thread=comment, root=post)
    sent = await linkedin.send(http, account, act)
    assert isinstance(sent, Sent)
    assert network.memory.find(sent.external_id) is not None
    assert sent.permalink.endswith("%29")
    [(method, path, body)] = asked(network)
    assert (method, path.startswith(f"rest/socialActions/{SAFE_COMMENT}")) == ("POST", True)
    assert path.endswith("/comments")
    assert body == {"actor": PAGE, "object": post, "message": {"text": "Grüße 😀"}, "parentComment": comment}


async def test_a_reply_to_a_reply_stands_beside_it(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    post = await network.publish("New beans!")
    root = await network.comment(ANA, post=post, text="How much?")
    reply = await network.comment(LI, post=post, parent=root, text="Same question")
    sent = await linkedin.send(http, account, outgoing(Action.REPLY, target=reply, thread=root, root=post))
    assert isinstance(sent, Sent)
    assert asked(network)[0][2]["parentComment"] == root


async def test_a_comment_below_a_post_that_mentions_us(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    mention = await network.mention(ANA, text="Great coffee at Nordwind")
    act = outgoing(Action.REPLY, kind=Kind.MENTION, target=mention, thread=mention)
    sent = await linkedin.send(http, account, act)
    assert isinstance(sent, Sent)
    assert sent.external_id.startswith("urn:li:comment:(urn:li:activity:")
    [(_, _, body)] = asked(network)
    assert body["object"] == mention
    assert "parentComment" not in body


async def test_the_echo_of_a_reply_bears_its_name(
    network: Network, listener: Listener, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Really?")
    sent = await linkedin.send(http, account, outgoing(Action.REPLY, target=comment, thread=comment))
    assert isinstance(sent, Sent)
    await network.flush()
    [echo] = [event for event in listener.events if event.ours]
    assert echo.external_id == sent.external_id
    assert echo.parent == comment


async def test_what_we_wrote_is_deleted_and_what_others_wrote_is_not(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    post = await network.publish("New!")
    theirs = await network.comment(ANA, post=post, text="Really?")
    ours = await network.elsewhere(target=theirs, text="Yes")
    us, ana = Author(PAGE), Author("urn:li:person:7001")
    assert isinstance(await linkedin.send(http, account, outgoing(Action.DELETE, target=ours, target_author=us)), Sent)
    refused = await linkedin.send(http, account, outgoing(Action.DELETE, target=theirs, target_author=ana))
    assert isinstance(refused, Refused)
    [(method, path, _)] = asked(network)
    assert method == "DELETE"
    assert path.endswith("?actor=urn%3Ali%3Aorganization%3A1040")
    assert network.memory.find(ours) is None
    account.settings["delete_others"] = True
    again = await linkedin.send(http, account, outgoing(Action.DELETE, target=theirs, target_author=ana))
    assert isinstance(again, Sent)


async def test_a_like_and_its_end(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Nice")
    item = network.memory.find(comment)
    assert item is not None
    assert isinstance(await linkedin.send(http, account, outgoing(Action.LIKE, target=comment)), Sent)
    assert item.likes == [PAGE]
    twice = await linkedin.send(http, account, outgoing(Action.LIKE, target=comment))
    assert isinstance(twice, Refused)
    assert twice.error is ErrorClass.DUPLICATE
    assert isinstance(await linkedin.send(http, account, outgoing(Action.UNLIKE, target=comment)), Sent)
    assert item.likes == []
    like, _, unlike = asked(network)
    assert like == (
        "POST",
        "rest/reactions?actor=urn%3Ali%3Aorganization%3A1040",
        {"root": comment, "reactionType": "LIKE"},
    )
    assert unlike[1].startswith(f"rest/reactions/(actor:urn%3Ali%3Aorganization%3A1040,entity:{SAFE_COMMENT}")


async def test_every_request_names_the_version_and_the_protocol(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Nice")
    network.versions = {"202612"}
    account.settings["version"] = "202612"
    await linkedin.send(http, account, outgoing(Action.LIKE, target=comment))
    headers = network.app.calls[-1].headers
    assert headers["linkedin-version"] == "202612"
    assert headers["x-restli-protocol-version"] == "2.0.0"
    assert headers["authorization"] == f"Bearer {network.tokens.first}"


PICTURE = [Attachment("image", "https://files.example/a.jpg")]
COMMENT = "urn:li:comment:(urn:li:activity:1,2)"


@pytest.mark.parametrize(
    ("act", "error"),
    [
        pytest.param(outgoing(Action.REPLY, target=COMMENT, attachments=PICTURE), ErrorClass.INVALID, id="a picture"),
        pytest.param(outgoing(Action.REPLY, target=COMMENT, text=" \n"), ErrorClass.INVALID, id="nothing"),
        pytest.param(outgoing(Action.REPLY, target=COMMENT, text="x" * 1251), ErrorClass.TOO_LONG, id="too long"),
        pytest.param(outgoing(Action.REPLY, target=COMMENT, text="😀" * 626), ErrorClass.TOO_LONG, id="too many units"),
        pytest.param(outgoing(Action.REPLY), ErrorClass.INVALID, id="a reply to nothing"),
        pytest.param(outgoing(Action.REPLY, target="../me"), ErrorClass.INVALID, id="a path in an id"),
        pytest.param(outgoing(Action.DELETE, target="urn:li:share:1"), ErrorClass.INVALID, id="deleting a post"),
        pytest.param(outgoing(Action.LIKE, target="7"), ErrorClass.INVALID, id="a like for nothing"),
        pytest.param(outgoing(Action.HIDE, target=COMMENT), ErrorClass.INVALID, id="hiding"),
        pytest.param(outgoing(Action.DM, target=COMMENT), ErrorClass.INVALID, id="a message"),
    ],
)
async def test_what_cannot_be_leaves_not_at_all(
    act: Outgoing, error: ErrorClass, network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    outcome = await linkedin.send(http, account, act)
    assert isinstance(outcome, Refused)
    assert outcome.error is error
    assert outcome.message
    assert network.app.calls == []


async def test_the_simulated_network_refuses_pictures_as_the_real_one(
    network: Network, http: httpx.AsyncClient, account: Account
) -> None:
    post = await network.publish("New!")
    body = {
        "actor": PAGE,
        "object": post,
        "message": {"text": "x"},
        "content": [{"entity": {"image": "urn:li:image:1"}}],
    }
    headers = {
        "authorization": f"Bearer {network.tokens.first}",
        "linkedin-version": "202607",
        "x-restli-protocol-version": "2.0.0",
    }
    path = f"{network.url}/rest/socialActions/{post.replace(':', '%3A')}/comments"
    answer = await http.post(path, content=json.dumps(body), headers=headers)
    assert answer.status_code == 403
    assert "[/content]" in answer.json()["message"]


async def test_a_reply_costs_one_call(linkedin: LinkedIn) -> None:
    assert linkedin.cost(outgoing(Action.REPLY, target=COMMENT)) == 1.0
