"""Comments by post: those under which somebody waits first, and the list of what stands under one."""

from __future__ import annotations

from inbox.desk import conversations, posts, views
from inbox.desk.filters import Filtering
from inbox.people.access import Agent
from tests.desk.story import Desk


async def listed(desk: Desk, by: Agent, limit: int = 50) -> list[tuple[str, int, int]]:
    """Every page of them: the post, how many people wait below it, and how many conversations there are."""
    found: list[tuple[str, int, int]] = []
    cursor: str | None = None
    while True:
        page = await desk.does(posts.page, by, cursor=cursor, limit=limit)
        found += [(row.post.external_id.split("_")[-1], row.people, row.conversations) for row in page.items]
        if (cursor := page.next) is None:
            return found


async def test_the_post_under_which_somebody_waits_longest_stands_on_top(desk: Desk) -> None:
    await desk.sees_comment("8001", "Does it ship?", ago=60, post="1001")
    await desk.sees_comment("8002", "Is it warm light?", ago=90, post="1002")
    await desk.sees_comment("8003", "And dimmable?", ago=30, post="1002")
    quiet = await desk.sees_comment("8004", "What a lamp?", ago=10, post="1003")
    await desk.does(
        conversations.resolve,
        quiet,
        by=desk.ana,
        unanswered=conversations.Unanswered(how="no_reply_needed", reason="Only praise"),
    )
    expected = [("1002", 2, 2), ("1001", 1, 1), ("1003", 0, 1)]
    assert await listed(desk, desk.ana) == expected
    assert await listed(desk, desk.ana, limit=1) == expected
    assert await listed(desk, desk.otto) == []


async def test_what_stands_under_one_post_is_a_list_like_any_other(desk: Desk) -> None:
    first = await desk.sees_comment("8001", "Does it ship?", ago=60, post="1001")
    await desk.sees_comment("8002", "Is it warm light?", ago=90, post="1002")
    second = await desk.sees_comment("8003", "To Spain?", ago=30, post="1001")
    post = (await desk.conversation(first)).post
    assert post is not None
    page = await desk.does(views.page, desk.ana, "open", Filtering(post=post.id))
    assert [row.id for row in page.items] == [first, second]
    assert (await desk.does(views.page, desk.ana, "resolved", Filtering(post=post.id))).items == []
