"""Posts as the old account activity API delivers them (version 1.1), dressed up as those of today."""

from typing import Any

from inbox.platforms.base import Incoming
from inbox.platforms.reading import identity, record, records, words
from inbox.platforms.x.posts import Around, read_post
from inbox.platforms.x.reading import either, named, people


def read_tweet(account: str, tweet: dict[str, Any]) -> list[Incoming]:
    """What an old post is to us."""
    quoted = record(tweet.get("quoted_status"))
    described = [tweet, quoted] if quoted else [tweet]
    around = Around(
        account,
        people=people([record(one.get("user")) for one in described]),
        posts={post["id"]: post for post in map(modern, described) if post["id"]},
        media={key: one for post in described for key, one in _media(post).items()},
    )
    return read_post(modern(tweet), around)


def modern(tweet: dict[str, Any]) -> dict[str, Any]:
    """The same post in today's fields."""
    whole = record(tweet.get("extended_tweet")) or tweet
    references = {
        "replied_to": named(tweet, "in_reply_to_status_id"),
        "quoted": named(tweet, "quoted_status_id") if tweet.get("is_quote_status") is not False else "",
        "retweeted": named(record(tweet.get("retweeted_status")), "id"),
    }
    post: dict[str, Any] = {
        "id": named(tweet, "id"),
        "author_id": named(record(tweet.get("user")), "id"),
        "text": words(either(whole, "full_text", "text")),
        "created_at": tweet.get("created_at"),
        "lang": tweet.get("lang"),
        "in_reply_to_user_id": named(tweet, "in_reply_to_user_id"),
        "conversation_id": named(tweet, "conversation_id"),
        "referenced_posts": [{"type": kind, "id": one} for kind, one in references.items() if one],
        "entities": _entities(record(whole.get("entities"))),
        "attachments": {"media_keys": list(_media(tweet))},
    }
    if isinstance(whole.get("display_text_range"), list):
        post["display_text_range"] = whole["display_text_range"]
    return post


def _entities(entities: dict[str, Any]) -> dict[str, Any]:
    mentions = [
        {"id": named(one, "id"), "username": words(one.get("screen_name")), **_place(one)}
        for one in records(entities.get("user_mentions"))
    ]
    # The link to a picture is among `media`, and no part of the text.
    pictures = [{"url": one.get("url"), "display_url": "pic."} for one in records(entities.get("media"))]
    return {"mentions": mentions, "urls": [*records(entities.get("urls")), *pictures]}


def _place(entity: dict[str, Any]) -> dict[str, Any]:
    indices = entity.get("indices")
    return {"start": indices[0], "end": indices[1]} if isinstance(indices, list) and len(indices) == 2 else {}


def _media(tweet: dict[str, Any]) -> dict[str, dict[str, Any]]:
    whole = record(tweet.get("extended_tweet")) or tweet
    found = records(record(whole.get("extended_entities")).get("media"))
    found = found or records(record(whole.get("entities")).get("media"))
    return {key: _medium(one) for one in found if (key := named(one, "id"))}


def _medium(media: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": media.get("type"),
        "url": either(media, "media_url_https", "media_url"),
        "alt_text": media.get("ext_alt_text"),
        "variants": [
            {**one, "bit_rate": one.get("bitrate")} for one in records(record(media.get("video_info")).get("variants"))
        ],
    }


def removed(event: dict[str, Any]) -> tuple[str, str]:
    """Of a deleted post: its id and its author's."""
    status = record(event.get("status"))
    return named(status, "id"), identity(either(status, "user_id_str", "user_id"))
