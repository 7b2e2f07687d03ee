"""A client that nobody here wrote drives the simulated network: so it speaks Reddit's own language."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from inbox.platforms.base import Action, Sent
from inbox.platforms.reddit.simulator import RedditSimulator
from inbox.platforms.simulation import Person
from tests.platforms.reddit.house import ANA, LI, Connected, outgoing

praw = pytest.importorskip("praw", reason="praw, the client of Reddit nobody here wrote, is not installed")

Answer = TypeVar("Answer")


def client_of(network: RedditSimulator, who: Person | None = None) -> Any:
    """praw, signed in as somebody; as our own account where nobody is named."""
    token = network.token_of(who) if who else network.connection["credentials"]["refresh_token"]
    return praw.Reddit(
        client_id=network.client,
        client_secret=network.secrets[0],
        refresh_token=token,
        user_agent="linux:earshot-tests:1.0 (by /u/earshot)",
        reddit_url=network.url,
        oauth_url=network.url,
        check_for_updates=False,
        check_for_async=False,
    )


async def told(what: Callable[[], Answer]) -> Answer:
    """praw waits where it stands, so it stands in a thread of its own."""
    return await asyncio.to_thread(what)


@pytest.fixture
def brand(network: RedditSimulator) -> Any:
    return client_of(network)


@pytest.fixture
def ana(network: RedditSimulator) -> Any:
    return client_of(network, ANA)


async def test_it_signs_in_and_knows_who_it_is(network: RedditSimulator, brand: Any, ana: Any) -> None:
    assert await told(lambda: str(brand.user.me())) == "brandco"
    assert await told(lambda: str(ana.user.me())) == "ana_r"
    assert await told(lambda: sorted(brand.auth.scopes())) == sorted(network.sessions.scopes)
    limits = await told(lambda: brand.auth.limits)
    assert limits["remaining"] is not None


async def test_it_reads_every_box_of_the_inbox(network: RedditSimulator, brand: Any) -> None:
    post = await network.publish("Lamp")
    asked = await network.comment(ANA, post=post, text="Sizes?")
    ours = await network.elsewhere(target=asked, text="36 to 47")
    again = await network.comment(ANA, post=post, parent=ours, text="In red?")
    mention = await network.mention(LI, text="u/brandco?")
    message = await network.dm(ANA, text="Hello")
    answer = await network.elsewhere(target=message, text="Good day")
    inbox = brand.inbox

    def boxes() -> dict[str, list[str]]:
        return {
            "all": sorted(one.fullname for one in inbox.all(limit=None)),
            "unread": sorted(one.fullname for one in inbox.unread(limit=None)),
            "mentions": [one.fullname for one in inbox.mentions()],
            "replies": [one.fullname for one in inbox.comment_replies()],
            "posts": [one.fullname for one in inbox.submission_replies()],
            "messages": [one.fullname for one in inbox.messages()],
            "sent": [one.fullname for one in inbox.sent()],
        }

    everything = sorted([asked, again, mention, message])
    assert await told(boxes) == {
        "all": everything,
        "unread": everything,
        "mentions": [mention],
        "replies": [again],
        "posts": [asked],
        "messages": [message],
        "sent": [answer],
    }
    [heard] = await told(lambda: list(inbox.mentions()))
    assert (heard.body, str(heard.author), heard.was_comment, heard.dest) == ("u/brandco?", "li_w", True, "brandco")
    assert heard.context.endswith("?context=3")
    await told(heard.mark_read)
    assert not network.memory.items[mention].unread


async def test_it_answers_edits_and_deletes(network: RedditSimulator, brand: Any, ana: Any) -> None:
    post = await network.publish("Lamp")
    question = await told(lambda: ana.submission(post[3:]).reply("Which sizes?"))
    assert str(question.author) == "ana_r"
    answer = await told(lambda: brand.comment(question.id).reply("36 to 47"))
    assert answer.parent_id == question.fullname
    await told(lambda: ana.comment(question.id).edit("Which sizes, please?"))
    assert await told(lambda: ana.comment(question.id).body) == "Which sizes, please?"
    assert await told(lambda: ana.comment(question.id).edited)
    tree = await told(
        lambda: [(one.body, [each.body for each in one.replies]) for one in brand.submission(post[3:]).comments]
    )
    assert tree == [("Which sizes, please?", ["36 to 47"])]
    await told(lambda: ana.comment(question.id).delete())
    [stone] = await told(lambda: list(brand.info(fullnames=[question.fullname])))
    assert (stone.author, stone.body) == (None, "[deleted]")


async def test_it_is_refused_in_words_it_understands(network: RedditSimulator, brand: Any, ana: Any) -> None:
    asked = await network.mention(LI, text="u/brandco?")
    for act, code in (
        (lambda: ana.redditor("nobody_at_all").message(subject="x", message="y"), "USER_DOESNT_EXIST"),
        (lambda: ana.comment(asked[3:]).reply("x" * 10_001), "TOO_LONG"),
    ):
        with pytest.raises(praw.exceptions.RedditAPIException) as refused:
            await told(act)
        assert refused.value.items[0].error_type == code
    with pytest.raises(Exception, match="403"):
        await told(lambda: ana.comment(asked[3:]).mod.remove())
    network.mischief.token_revoked = True
    with pytest.raises(Exception, match="401"):
        await told(lambda: client_of(network).user.me())


async def test_it_watches_a_subreddit_and_searches(network: RedditSimulator, brand: Any, ana: Any) -> None:
    post = await told(lambda: ana.subreddit("gadgets").submit("brandco lamps", selftext="Any good?"))
    comment = await network.comment(LI, post=f"t3_{post.id}", text="Yes")
    gadgets = brand.subreddit("gadgets")
    assert await told(lambda: [one.title for one in gadgets.new()]) == ["brandco lamps"]
    assert await told(lambda: [(one.fullname, one.link_title) for one in gadgets.comments()]) == [
        (comment, "brandco lamps")
    ]
    assert await told(lambda: [one.id for one in brand.subreddit("all").search("brandco", sort="new")]) == [post.id]
    assert await told(lambda: [one.id for one in brand.redditor("ana_r").submissions.new()]) == [post.id]


async def test_it_moderates_and_answers_modmail(network: RedditSimulator, brand: Any) -> None:
    post = await network.publish("Lamp")
    spam = await network.comment(LI, post=post, text="Buy cheap lamps")
    await told(lambda: brand.comment(spam[3:]).mod.remove())
    assert network.memory.items[spam].gone == "removed"
    await told(lambda: brand.comment(spam[3:]).mod.approve())
    assert network.memory.items[spam].gone == ""

    await network.modmail(ANA, text="Why?", subject="Removed")
    modmail = brand.subreddit("brandco").modmail
    [talk] = await told(lambda: list(modmail.conversations(sort="recent", state="all")))
    assert (talk.subject, str(talk.participant), talk.num_messages) == ("Removed", "ana_r", 1)
    message = await told(lambda: talk.reply(body="Rule 2."))
    assert message.body_markdown == "Rule 2."
    await told(lambda: talk.reply(body="A troll", internal=True))
    whole = await told(lambda: [(one.body_markdown, one.is_internal) for one in modmail(talk.id).messages])
    assert whole == [("Why?", False), ("Rule 2.", False), ("A troll", True)]
    await told(talk.read)
    assert network.memory.mail[talk.id].read


async def test_what_it_writes_our_connector_hears_and_answers(
    network: RedditSimulator, shop: Connected, ana: Any
) -> None:
    await network.mention(LI, text="u/brandco is this a scam?")
    post = await network.publish("Lamp")
    comment = await told(lambda: ana.submission(post[3:]).reply("¿En rojo? 👋 <b>&amp;</b>"))
    await told(lambda: ana.redditor("brandco").message(subject="Order 12", message="Where is it?"))
    heard = {event.text: event for event in await shop.polled()}
    assert set(heard) == {"u/brandco is this a scam?", "¿En rojo? 👋 <b>&amp;</b>", "Order 12\n\nWhere is it?"}
    message = heard["Order 12\n\nWhere is it?"]
    sent = await shop.send(outgoing(Action.DM, target=message.external_id, thread=message.thread, recipient="ana_r"))
    assert isinstance(sent, Sent)
    assert isinstance(await shop.send(outgoing(Action.REPLY, target=comment.fullname, text="Sí & ya")), Sent)
    inbox = await told(lambda: {one.body for one in ana.inbox.all()})
    assert inbox == {"On its way!", "Sí & ya"}


async def test_it_pages_as_deep_as_reddit_goes(network: RedditSimulator, brand: Any) -> None:
    post = await network.publish("Lamp")
    written = [await network.comment(ANA, post=post, text=f"{place}") for place in range(250)]
    names = await told(lambda: [one.fullname for one in brand.inbox.all(limit=None)])
    assert sorted(names) == sorted(written)


async def test_a_deleted_anchor_gives_it_an_empty_list(network: RedditSimulator, brand: Any) -> None:
    """Why we never ask with `before`."""
    post = await network.publish("Lamp")
    anchor = await network.comment(ANA, post=post, text="anchor")
    await network.comment(LI, post=post, text="later")
    before = {"before": anchor}
    assert len(await told(lambda: list(brand.inbox.all(params=before)))) == 1
    network.memory.items[anchor].gone = "lost"
    assert await told(lambda: list(brand.inbox.all(params=before))) == []
