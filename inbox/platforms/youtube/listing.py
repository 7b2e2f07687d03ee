"""Reading the lists: threads, the threads we watch, and the replies below one."""

from datetime import datetime, timedelta

from inbox.platforms.base import NotHere
from inbox.platforms.reading import Json, identity, instant, milliseconds, number, record, records, words
from inbox.platforms.youtube import settling
from inbox.platforms.youtube.api import Api
from inbox.platforms.youtube.comments import UNSEEN
from inbox.platforms.youtube.cursor import PUBLISHED, SPAM, Cursor, Step
from inbox.platforms.youtube.reading import safe_id, stamp

PAGE = 100
OVERLAP = timedelta(days=1)
DEEP_EVERY = timedelta(hours=1)
LIVELY = timedelta(days=2)
LIVELY_MOST = 100
HELD_PAGES = 5

Taken = tuple[list[Json], list[Step]]


async def threads(api: Api, cursor: Cursor, step: Step, now: datetime) -> Taken:
    """One page of the published, of the held for review, or of what may be spam."""
    answer = await api.get(
        "commentThreads",
        part="snippet,replies",
        # `channelId` would leave out everything below the channel's videos.
        allThreadsRelatedToChannelId=api.channel,
        order="time",
        maxResults=PAGE,
        textFormat="plainText",
        moderationStatus=step.of,
        **({"pageToken": step.page} if step.page else {}),
    )
    items = [item for item in records(answer.get("items")) if identity(item.get("id"))]
    page = words(answer.get("nextPageToken"))
    if step.of != PUBLISHED:
        return await _held(api, cursor, step, items, page, now)
    start = stamp(cursor.start)
    times = [_written(item) for item in items]
    met = any(identity(item.get("id")) in cursor.threads for item in items)
    cursor.newest = max([cursor.newest, *times])
    fresh, steps = _changed(cursor, items, start, filling=step.filling)
    moderated = settling.shown(cursor, _public([comment for item in items for comment in _inside(item)]))
    payloads = await _told(api, cursor, answer, fresh, PUBLISHED, now, moderated)
    if step.filling:
        cursor.counted += sum(1 + number(record(item.get("snippet")).get("totalReplyCount")) for item in fresh)
        # New ones are looked for from here on; the rest of the past may take its time.
        cursor.reached, cursor.newest = max(cursor.reached, cursor.newest), 0
        oldest = min(times, default=0)
        return payloads, [*steps, *([_further(step, page, oldest)] if page and oldest >= start else [])]
    cursor.listed += [identity(item.get("id")) for item in items]
    if more := _onward(cursor, step, page, times, met=met, now=now):
        return payloads, [*more, *steps]
    listed, cursor.listed = set(cursor.listed), []
    cursor.reached, cursor.newest = max(cursor.reached, cursor.newest), 0
    return payloads, [*steps, *_watched(api, cursor, listed, now)]


def _next(step: Step, page: str, left: int = -1) -> Step:
    return Step(step.what, step.of, page, step.video, step.since, left, step.filling, step.again)


def _further(step: Step, page: str, oldest: int) -> Step:
    """The next page of the back-fill. It may be begun anew as often as it got further back than before."""
    got = not step.since or oldest < step.since
    since = oldest if got else step.since
    return Step(step.what, step.of, page, since=since, filling=True, again=step.again and not got)


def _onward(cursor: Cursor, step: Step, page: str, times: list[int], *, met: bool, now: datetime) -> list[Step]:
    """The next page of the published, where this one did not reach what is known, or one of overlap."""
    if not page or step.left == 0:
        return []
    # A sweep begun anew meets what it told itself a moment ago, and if all that is known was deleted nothing is met:
    # then only the time says how far is far enough.
    far = min(times, default=0) < max(cursor.reached - milliseconds_of(OVERLAP), stamp(cursor.start))
    if not (far or (met and not step.again)):
        return [_next(step, page)]
    if step.page or cursor.is_due("deep", now):
        cursor.next("deep", now, DEEP_EVERY)
        return [_next(step, page, left=0)]
    return []


def milliseconds_of(duration: timedelta) -> int:
    """A duration in ms."""
    return duration // timedelta(milliseconds=1)


def _watched(api: Api, cursor: Cursor, listed: set[str], now: datetime) -> list[Step]:
    """The threads whose number of replies is due to be looked at: the lively often, all of them now and then."""
    quiet_since = milliseconds(now - LIVELY)
    unlisted = [(known.mark, thread) for thread, known in cursor.threads.items() if thread not in listed]
    unlisted.sort(reverse=True)
    if cursor.is_due("watch", now):
        cursor.next("watch", now, timedelta(seconds=float(api.settings["watch_seconds"])))
        chosen = [thread for _, thread in unlisted]
    elif cursor.is_due("lively", now):
        chosen = [thread for mark, thread in unlisted if mark >= quiet_since][:LIVELY_MOST]
    else:
        return []
    cursor.next("lively", now, timedelta(seconds=float(api.settings["held_seconds"])))
    most = int(api.settings["ids_per_request"])
    ids = [thread for thread in chosen if safe_id(thread)]
    return [Step("watch", ",".join(ids[place : place + most])) for place in range(0, len(ids), most)]


async def watch(api: Api, cursor: Cursor, step: Step, now: datetime) -> Taken:
    """Threads by their ids: how many replies each has now, and which of them are missing."""
    answer = await api.get("commentThreads", part="snippet,replies", id=step.of, textFormat="plainText")
    items = [item for item in records(answer.get("items")) if identity(item.get("id"))]
    found = {identity(item.get("id")) for item in items}
    fresh, steps = _changed(cursor, items, 0, filling=False)
    payloads = await _told(api, cursor, answer, fresh, PUBLISHED, now, [])
    missing = [thread for thread in step.of.split(",") if thread not in found]
    return payloads, [*steps, *settling.doubted(cursor, missing)]


async def replies(api: Api, cursor: Cursor, step: Step, now: datetime) -> Taken:
    """One page of what stands below a thread. In what order is not promised, so all pages are read."""
    answer = await api.get(
        "comments",
        part="snippet",
        parentId=step.of,
        maxResults=PAGE,
        textFormat="plainText",
        **({"pageToken": step.page} if step.page else {}),
    )
    items = [item for item in records(answer.get("items")) if identity(item.get("id"))]
    fresh = [item for item in items if _touched(item) >= step.since]
    if known := cursor.threads.get(step.of):
        known.mark = max([known.mark, *(_touched(item) for item in items)])
    moderated = settling.shown(cursor, _public(items))
    payloads = await _told(api, cursor, answer, fresh, PUBLISHED, now, moderated, video=step.video)
    page = words(answer.get("nextPageToken"))
    return payloads, [_next(step, page)] if page and page != step.page else []


def _changed(cursor: Cursor, items: list[Json], start: int, *, filling: bool) -> tuple[list[Json], list[Step]]:
    """The threads in which something is new, and the replies to be read because the thread shows only some."""
    fresh: list[Json] = []
    steps: list[Step] = []
    for item in items:
        thread, snippet = identity(item.get("id")), record(item.get("snippet"))
        count, shown = number(snippet.get("totalReplyCount")), _shown(item)
        known, mark = cursor.threads.get(thread), max(map(_touched, _inside(item)), default=0)
        cursor.know(thread, count, mark)
        if known is None and mark < start:
            continue  # from before our time; remembered, so that a new reply below it is noticed
        if known is not None and known.replies == count and mark <= known.mark:
            continue
        fresh.append(item)
        if count > shown and safe_id(thread):
            since = known.mark - milliseconds_of(OVERLAP) if known is not None and known.replies else start
            video = identity(snippet.get("videoId"))
            steps.append(Step("replies", thread, "", video, max(since, 0), filling=filling))
    return fresh, steps


async def _held(api: Api, cursor: Cursor, step: Step, items: list[Json], page: str, now: datetime) -> Taken:
    """What nobody else can read yet. A thread stands in this list also where only a reply of it is held back."""
    held = {
        identity(comment.get("id")): (identity(item.get("id")), _touched(comment))
        for item in items
        for comment in _inside(item)
        if _status(comment, step.of) in UNSEEN
    }
    cursor.sighted += [comment for comment in held if comment not in cursor.sighted]
    new = {thread for comment, (thread, mark) in held.items() if cursor.held.get(comment) != mark}
    # One that we knew as published has been taken off by somebody; of one that is new we say so as we tell of it.
    public = {*cursor.threads, *cursor.doubt, *cursor.suspects}
    hidden = [comment for comment in held if comment in public and comment not in cursor.held]
    for comment in hidden:
        cursor.threads.pop(comment, None)
    moderated = [{"id": comment, "status": step.of} for comment in hidden]
    cursor.held |= {comment: mark for comment, (_, mark) in held.items()}
    fresh = [item for item in items if identity(item.get("id")) in new]
    payloads = await _told(api, cursor, {"kind": "youtube#commentThreadListResponse"}, fresh, step.of, now, moderated)
    left = HELD_PAGES - 1 if step.left < 0 else step.left
    if page and left:
        return payloads, [_next(step, page, left - 1)]
    cursor.partial = cursor.partial or bool(page)
    return payloads, settling.after_sweep(cursor) if step.of == SPAM else []


async def _told(
    api: Api,
    cursor: Cursor,
    answer: Json,
    items: list[Json],
    status: str,
    now: datetime,
    moderated: list[Json],
    *,
    video: str = "",
) -> list[Json]:
    """What is handed over: the changed items of an answer as they came, the videos they stand under, and our words."""
    payloads: list[Json] = []
    if items:
        named = await _videos(api, cursor, items, video)
        envelope = {"account": api.channel, "at": now.isoformat(), "kind": words(answer.get("kind")), "status": status}
        payloads.append({**envelope, "items": items, "videos": named, **({"video": video} if video else {})})
    if moderated:
        payloads.append({"account": api.channel, "at": now.isoformat(), "moderated": moderated})
    return payloads


async def _videos(api: Api, cursor: Cursor, items: list[Json], video: str) -> Json:
    """Title and picture of the videos these stand under; what we do not know yet costs one unit for fifty."""
    ids = dict.fromkeys(
        filter(safe_id, [video, *(identity(record(item.get("snippet")).get("videoId")) for item in items)])
    )
    unknown = [one for one in ids if one not in cursor.videos][: int(api.settings["ids_per_request"])]
    if unknown:
        try:
            answer = await api.get("videos", part="snippet", id=",".join(unknown))
        except NotHere:
            answer = {}  # a title is no reason to lose a page; it is asked for again with the next
        for item in records(answer.get("items")):
            snippet = record(item.get("snippet"))
            pictures = record(snippet.get("thumbnails"))
            picture = record(pictures.get("medium") or pictures.get("default"))
            told = {"title": words(snippet.get("title")), "publishedAt": words(snippet.get("publishedAt"))}
            cursor.videos[identity(item.get("id"))] = told | {"picture": words(picture.get("url"))}
    return {one: cursor.videos[one] for one in ids if one in cursor.videos}


def _inside(item: Json) -> list[Json]:
    """The comments a thread shows: the first, and some of the replies."""
    top = record(record(item.get("snippet")).get("topLevelComment"))
    return [top, *records(record(item.get("replies")).get("comments"))]


def _shown(item: Json) -> int:
    return len(_inside(item)) - 1


def _written(item: Json) -> int:
    return stamp(record(_inside(item)[0].get("snippet")).get("publishedAt"))


def _touched(comment: Json) -> int:
    """When it was written or last changed."""
    snippet = record(comment.get("snippet"))
    times = [at for at in (instant(snippet.get("publishedAt")), instant(snippet.get("updatedAt"))) if at]
    return milliseconds(max(times)) if times else 0


def _public(comments: list[Json]) -> list[str]:
    return [identity(comment.get("id")) for comment in comments if _status(comment, PUBLISHED) not in UNSEEN]


def _status(comment: Json, otherwise: str) -> str:
    return words(record(comment.get("snippet")).get("moderationStatus")) or otherwise
