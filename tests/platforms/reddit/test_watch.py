"""Watched subreddits: new posts and comments there, as far as their words are meant."""

from inbox.platforms.base import Kind
from inbox.platforms.reddit.simulator import RedditSimulator
from tests.platforms.reddit.house import ANA, LI, Connected, ids


async def test_a_watch_brings_what_holds_its_words(network: RedditSimulator, shop: Connected) -> None:
    shop.set(watch=["r/gadgets: brandco, alder & finch", "lamps"])
    named = await network.post(ANA, subreddit="gadgets", title="My BrandCo lamp", text="broke")
    await network.post(ANA, subreddit="gadgets", title="brandcorp", text="something else")
    anything = await network.post(LI, subreddit="lamps", title="Which one?")
    said = await network.comment(LI, post=named, text="Alder & Finch is great")
    await network.comment(LI, post=named, text="no word of it")
    below = await network.comment(ANA, post=anything, text="The red one")
    heard = {event.external_id: event for event in await shop.polled()}
    assert set(heard) == {named, anything, said, below}
    assert {event.kind for event in heard.values()} == {Kind.MENTION}
    assert heard[named].text == "My BrandCo lamp\n\nbroke"
    assert (heard[said].parent, heard[said].root) == ("", named)
    assert not heard[named].visitor_post


async def test_a_watch_of_everything_goes_by_search(network: RedditSimulator, shop: Connected) -> None:
    shop.set(watch=["all: brandco, alder lamp"])
    found = await network.post(ANA, subreddit="anywhere", title="An alder lamp?")
    await network.post(ANA, subreddit="anywhere", title="A lamp")
    assert ids(await shop.polled()) == [found]
    [search] = [call for call in network.app.calls if call.path == "r/all/search"]
    assert search["q"] == '"brandco" OR "alder lamp"'


async def test_a_post_in_our_own_subreddit_asks_like_a_visitor(network: RedditSimulator, shop: Connected) -> None:
    shop.set(watch=[network.home])
    visit = await network.post(ANA, subreddit=network.home, title="It came broken")
    [event] = await shop.polled()
    assert (event.external_id, event.visitor_post) == (visit, True)


async def test_what_comes_by_two_roads_is_handed_over_once(network: RedditSimulator, shop: Connected) -> None:
    shop.set(watch=["gadgets"])
    mention = await network.mention(ANA, text="u/brandco?")
    heard = [event.external_id for event in await shop.polled()]
    assert heard.count(mention) == 1


async def test_a_watch_that_may_not_be_read_stops_nothing_else(network: RedditSimulator, shop: Connected) -> None:
    shop.set(watch=["secret", "gadgets"], moderates=["not_ours"])
    network.memory.private.add("secret")
    post = await network.post(ANA, subreddit="gadgets", title="Hello")
    message = await network.dm(ANA, text="Hello")
    assert ids(await shop.polled()) == sorted([post, message])


async def test_who_answers_a_watched_comment_is_in_its_conversation(network: RedditSimulator, shop: Connected) -> None:
    shop.set(watch=["lamps"])
    post = await network.post(ANA, subreddit="lamps", title="Which one?")
    said = await network.comment(LI, post=post, text="The red one")
    await shop.polled()
    more = await network.comment(ANA, post=post, parent=said, text="Why?")
    [event] = await shop.polled()
    assert (event.external_id, event.thread, event.parent) == (more, "", said)


async def test_a_watch_that_is_taken_out_is_forgotten(network: RedditSimulator, shop: Connected) -> None:
    shop.set(watch=["lamps: red", "gadgets"])
    await shop.page()
    assert [step for step in shop.cursor["todo"] if "lamps" in step]
    shop.set(watch=[])
    await network.post(ANA, subreddit="lamps", title="A red one")
    assert await shop.polled() == []
    assert await shop.polled() == []
    assert set(shop.cursor["sweeps"]) == {"inbox", "sent", "comments"}
