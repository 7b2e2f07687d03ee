"""Hearing by asking, one list after another: a round is a list of steps, and each poll takes one page of one step.

Every round reads the inbox, where mentions, answers and private messages come. Every `tend_seconds` a round also reads
what colleagues wrote in Reddit's own app, comments anywhere below our posts and below the newest mentions, watched
subreddits and modmail, and looks again at the newest hundred comments and posts heard.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from inbox.ground import clock
from inbox.platforms.base import ErrorClass, NotHere, Polled, Unreadable
from inbox.platforms.reading import part, words
from inbox.platforms.reddit import rereading, sweeping, watching
from inbox.platforms.reddit.api import Api
from inbox.platforms.reddit.handing import Below, Cursor, Hands, context
from inbox.platforms.reddit.reading import COMMENT, MODMAIL_ID, POST, created, fullname, instant
from inbox.platforms.reddit.refusals import Failed
from inbox.platforms.reddit.sweeping import BACK_FILL, DEEP_OVERLAP, OVERLAP, PAGE, Sweep
from inbox.platforms.reddit.things import children

DEEP_EVERY = timedelta(hours=1)
NEW = "new "
POSTS = 10  # looked into in one round
KNOWN_CONVERSATIONS = 500
# What concerns every step. Anything else ends one, and its list is read from where it was in the next round.
FOR_ALL = frozenset({ErrorClass.AUTH_EXPIRED, ErrorClass.RATE_LIMITED, ErrorClass.QUOTA_EXHAUSTED})
# A watched subreddit that is private, a mailbox we may not read, a post that is gone: asking again helps nobody.
LEFT_OUT = frozenset({ErrorClass.PERMISSION_MISSING, ErrorClass.PARENT_GONE, ErrorClass.INVALID})


async def poll(api: Api, cursor: dict[str, Any]) -> Polled:
    """One page of one step. Raises NotHere."""
    now = clock.now()
    try:
        return await Round(api, msgspec.convert(cursor, Cursor), now).go_on()
    except Failed as failed:
        raise failed.reading() from failed
    except Unreadable as unreadable:
        raise NotHere(ErrorClass.TRANSIENT, f"Reddit's answer could not be read: {unreadable}") from unreadable


class Round:
    """One poll of a round."""

    def __init__(self, api: Api, cursor: Cursor, now: datetime) -> None:
        self.api, self.cursor, self.now = api, cursor, now
        cursor.start = cursor.start or (now - BACK_FILL).isoformat()
        self.start = instant(cursor.start)
        self.watches = _steps(watching.watches(api.settings.get("watch")))
        self.home = watching.names(api.settings.get("moderates"))
        self.hands = Hands(api, cursor, self.home)

    async def go_on(self) -> Polled:
        """Begin a round if none is under way, and take the next page."""
        cursor = self.cursor
        if not cursor.todo:
            self._plan()
        step = cursor.todo.pop(0)
        try:
            payloads = await self._take(step)
        except Failed as failed:
            if step == "inbox" or failed.error in FOR_ALL:
                raise
            payloads = []
            self._leave_out(step, for_good=failed.error in LEFT_OUT)
        except Unreadable:
            if step == "inbox":
                raise
            payloads = []
            self._leave_out(step, for_good=True)  # until it changes: nothing else shall wait for it
        cursor.asked += self.api.asked
        pace = self.api.pace(cursor.asked)
        cursor.rest = cursor.rest if pace is None else pace.total_seconds()
        more = bool(cursor.todo) and not self.api.exhausted
        if cursor.todo and not more:
            # What is left of the window belongs to replies: the round goes on in the next one, the inbox first.
            cursor.todo = ["inbox", *(left for left in cursor.todo if left != "inbox")]
        return Polled(
            payloads=payloads,
            cursor=msgspec.to_builtins(cursor),
            more=more,
            again_in=timedelta(seconds=cursor.rest) if cursor.rest and not more else None,
        )

    def _leave_out(self, step: str, *, for_good: bool) -> None:
        if sweep := self.cursor.sweeps.get(step):
            sweep.floor = sweep.newest = ""
            sweep.anchors = []
        if for_good:
            self._done(step)

    def _done(self, step: str) -> None:
        """A post or conversation was read as it is now."""
        what, _, which = step.partition(":")
        name, _, state = which.partition("=")
        if what == "post":
            self.cursor.posts[name] = Below(int(state), self.now.isoformat())
        if what == "mail":
            known = {each: at for each, at in self.cursor.mail.items() if each != name} | {name: state}
            self.cursor.mail = dict(sorted(known.items(), key=lambda pair: pair[1])[-KNOWN_CONVERSATIONS:])

    def _plan(self) -> None:
        cursor, settings = self.cursor, self.api.settings
        cursor.asked, cursor.rest = 0, 0.0
        deep = self._due(cursor.deep, DEEP_EVERY)
        cursor.deep = self.now.isoformat() if deep else cursor.deep
        cursor.overlap = (DEEP_OVERLAP if deep else OVERLAP).total_seconds()
        cursor.todo = ["inbox"]
        if self._due(cursor.tended, timedelta(seconds=float(settings["tend_seconds"]))):
            cursor.tended = self.now.isoformat()
            cursor.todo += ["sent", "comments", "posts"] if settings["own_posts"] else ["sent", "comments"]
            cursor.todo += self.watches
            newest = cursor.mentions[::-1][: max(0, int(settings["follow"]))]
            cursor.todo += [f"follow:{mention}" for mention in newest]
            cursor.todo += ["modmail"] if self.home else []
            cursor.todo += ["again"]
        cursor.sweeps = {name: sweep for name, sweep in cursor.sweeps.items() if name in self._lists()}

    def _due(self, last: str, every: timedelta) -> bool:
        return not last or self.now - instant(last) >= every

    def _lists(self) -> dict[str, tuple[str, dict[str, str]]]:
        """Every newest-first list, by step: its path and parameters."""
        found = {
            "inbox": ("message/inbox", {"mark": "false"}),
            "sent": ("message/sent", {}),
            "comments": (f"user/{self.api.name}/comments", {"sort": "new"}),
        }
        for name, watch in self.watches.items():
            if watch.by_search:
                search = {"q": watch.query, "sort": "new", "type": "link", "restrict_sr": "false"}
                found[name] = (f"r/{watch.subreddit}/search", search)
            elif name.startswith(NEW):
                found[name] = (f"r/{watch.subreddit}/new", {})
            else:
                found[name] = (f"r/{watch.subreddit}/comments", {})
        return found

    async def _take(self, step: str) -> list[dict[str, Any]]:
        what, _, which = step.partition(":")
        if step in (lists := self._lists()):
            return await self._listed(step, *lists[step])
        match what:
            case "posts":
                return await self._own_posts()
            case "post":
                return await self._below(which)
            case "follow":
                return await self._answers(which)
            case "modmail":
                return await self._mailbox(which)
            case "mail":
                return await self._mail(which)
            case "again":
                return await self._again()
        return []  # a watch that was taken out of the setting meanwhile

    # Lists

    async def _listed(self, step: str, path: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
        sweep = self.cursor.sweeps.setdefault(step, Sweep())
        overlap = timedelta(seconds=self.cursor.overlap)
        back_filling = not sweep.since
        found = await sweeping.page(self.api, sweep, path, params, self.start, overlap, self.now)
        if sweep.floor:
            self.cursor.todo.insert(0, step)
        if watch := self.watches.get(step):
            found = [child for child in found if watch.wants(child["data"])]
        return await self.hands.over(found, back_filling=back_filling)

    # Our own posts

    async def _own_posts(self) -> list[dict[str, Any]]:
        """Which of our newest posts have other comments than before."""
        found, _ = await self.api.listing(f"user/{self.api.name}/submitted", limit="50", sort="new")
        counts = {
            name: count
            for child in found
            if (name := fullname(part(child, "data", "name"), POST))
            and isinstance(count := part(child, "data", "num_comments"), int)
            and created(child["data"]) >= self.start
        }
        known = {name: below for name, below in self.cursor.posts.items() if name in counts}
        moved = [name for name, count in counts.items() if count and (name not in known or known[name].count != count)]
        self.cursor.posts = known
        self.cursor.todo[:0] = [f"post:{name}={counts[name]}" for name in moved[:POSTS]]
        return []

    async def _below(self, which: str) -> list[dict[str, Any]]:
        """Comments below one of our posts, newest first, at every depth that one answer holds."""
        name = which.partition("=")[0]
        read = self.cursor.posts.get(name)
        payloads = await self._tree(name, instant(read.at) - DEEP_OVERLAP if read else self.start, limit="500")
        self._done(f"post:{which}")
        return payloads

    async def _answers(self, which: str) -> list[dict[str, Any]]:
        """Comments below somebody's mention of us: of those that do not name us the inbox says nothing."""
        post, _, name = which.partition("=")
        return await self._tree(post, self.start, comment=name[3:], context="0", limit="100")

    async def _tree(self, post: str, since: datetime, **params: str) -> list[dict[str, Any]]:
        """Comments of a tree written since, with the others as context."""
        told = await self.api.get(f"comments/{post[3:]}", sort="new", depth="10", **params)
        tree = told[1] if isinstance(told, list) and len(told) > 1 else None
        whole = [data for kind, data in children(part(tree, "data", "children")) if kind == COMMENT]
        beside = {words(data.get("name")): context(data) for data in whole}
        dated = [(created(data), words(data.get("name")), data) for data in whole]
        newest = sorted((each for each in dated if each[0] >= since), key=lambda each: each[:2], reverse=True)
        found = [{"kind": COMMENT, "data": {**data, "replies": ""}} for _, _, data in newest]
        return await self.hands.over(found, beside=beside)

    # Modmail

    async def _mailbox(self, after: str) -> list[dict[str, Any]]:
        """Which conversations have changed since they were read, the newest first."""
        params = {"entity": ",".join(self.home), "state": str(self.api.settings["modmail_state"]), "sort": "recent"}
        params |= {"after": after} if after else {}
        told = await self.api.get("api/mod/conversations", limit=str(PAGE), **params)
        listed = part(told, "conversations")
        ids = part(told, "conversationIds")
        order = [key for key in map(words, ids if isinstance(ids, list) else []) if MODMAIL_ID.fullmatch(key)]
        changed = {key: words(part(listed, key, "lastUpdated")) for key in order}
        fresh = [
            key
            for key, at in changed.items()
            if at
            and instant(at) >= self.start
            and self.cursor.mail.get(key) != at
            and part(listed, key, "isInternal") is not True
        ]
        steps = [f"mail:{key}={changed[key]}" for key in fresh]
        if len(order) >= PAGE and len(fresh) == len(order):
            steps.append(f"modmail:{order[-1]}")
        self.cursor.todo[:0] = steps
        return []

    async def _mail(self, which: str) -> list[dict[str, Any]]:
        key = which.partition("=")[0]
        told = await self.api.get(f"api/mod/conversations/{key}", markRead="false")
        self._done(f"mail:{which}")
        if not isinstance(part(told, "conversation"), dict):
            return []
        # The answer also tells what this person wrote elsewhere on Reddit: that is none of our business.
        kept = {"conversation": part(told, "conversation"), "messages": part(told, "messages")}
        return [{"account": self.api.name, "modmail": kept}]

    # What has been taken away

    async def _again(self) -> list[dict[str, Any]]:
        if not self.cursor.watched:
            return []
        payloads, self.cursor.watched = await rereading.changed(self.api, self.cursor.watched, self.now)
        return payloads


def _steps(watches: Sequence[watching.Watch]) -> dict[str, watching.Watch]:
    """A step for each list that a watch reads: new posts and comments, or what a search finds."""
    found = {}
    for watch in watches:
        for what in ("search ",) if watch.by_search else (NEW, "comments "):
            found[f"{what}{watch.subreddit} {','.join(watch.words)}"] = watch
    return found
