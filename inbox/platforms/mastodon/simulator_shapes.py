"""What the simulated network holds, in the shapes of its API."""

import html
import re
from datetime import datetime
from typing import Any

from inbox.platforms.mastodon import counting, names
from inbox.platforms.mastodon.simulator_network import DOMAIN, Acct, Network, Notice, Post

Json = dict[str, Any]
MARKUP = re.compile(rf"(?P<link>{counting.LINK.pattern})|(?P<name>{names.MENTION.pattern})|(?<!\w)#(?P<tag>\w+)")
SCHEME = re.compile(r"https?://(?:www\.)?")


def stamp(at: datetime | None) -> str | None:
    """A time as the network writes it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None


def account(network: Network, acct: Acct) -> Json:
    """An account as others see it."""
    home = f"https://{acct.domain or DOMAIN}"
    picture = f"{home}/avatars/{acct.id}.png"
    return {
        "id": acct.id,
        "username": acct.username,
        "acct": acct.acct,
        "display_name": acct.who.name,
        "locked": False,
        "bot": False,
        "group": False,
        "discoverable": True,
        "indexable": True,
        "created_at": "2022-11-05T00:00:00.000Z",
        "note": "",
        "url": f"{home}/@{acct.username}",
        "uri": f"{home}/users/{acct.username}",
        "avatar": picture,
        "avatar_static": picture,
        "header": picture,
        "header_static": picture,
        "followers_count": 0,
        "following_count": 0,
        "statuses_count": network.written_by[acct.id],
        "last_status_at": None,
        "emojis": [],
        "fields": [],
    }


def credentials(network: Network, acct: Acct) -> Json:
    """Our account, as it sees itself."""
    source = {"privacy": "public", "sensitive": False, "language": None, "note": "", "fields": [], "indexable": True}
    role = {"id": "-99", "name": "", "permissions": "65536", "color": "", "highlighted": False}
    return account(network, acct) | {"source": source | {"follow_requests_count": 0}, "role": role}


def status(network: Network, post: Post, viewer: str, *, inside: bool = True) -> Json:
    """A post as this account sees it."""
    author = network.accounts[post.author]
    home = f"https://{author.domain or DOMAIN}"
    named = [network.accounts[each] for each in post.named]
    quoted = network.posts.get(post.quoted)
    parent = network.posts.get(post.parent)
    return {
        "id": post.id,
        "uri": f"{home}/users/{author.username}/statuses/{post.id}",
        "url": f"{home}/@{author.username}/{post.id}",
        "created_at": stamp(post.at),
        "edited_at": stamp(post.edited),
        "in_reply_to_id": parent.id if parent else None,
        "in_reply_to_account_id": post.answered or None,
        "sensitive": bool(post.spoiler),
        "spoiler_text": post.spoiler,
        "visibility": post.visibility,
        "language": post.language,
        "content": markup(network, post.text),
        "account": account(network, author),
        "mentions": [
            {"id": each.id, "username": each.username, "acct": each.acct, "url": account(network, each)["url"]}
            for each in named
        ],
        "media_attachments": [_picture(post)] if post.image else [],
        "tags": [],
        "emojis": [],
        "replies_count": network.answers[post.id],
        "reblogs_count": 0,
        "favourites_count": len(post.liked),
        "favourited": viewer in post.liked,
        "reblogged": False,
        "muted": False,
        "bookmarked": False,
        "reblog": None,
        "card": None,
        "poll": None,
        "quote": {"state": "accepted", "quoted_status": status(network, quoted, viewer, inside=False)}
        if quoted and inside
        else None,
        "application": {"name": post.app, "website": None} if post.app and viewer == post.author else None,
    }


def notification(network: Network, notice: Notice) -> Json:
    """A line of our notifications."""
    return {
        "id": notice.id,
        "type": notice.type,
        "created_at": stamp(notice.at),
        "group_key": f"ungrouped-{notice.id}",
        "account": account(network, network.accounts[notice.account]),
        "status": status(network, network.posts[notice.post], network.us),
    }


def markup(network: Network, text: str) -> str:
    """A text as HTML, as the network writes it."""
    paragraphs = (MARKUP.sub(lambda found: _marked(network, found), html.escape(each)) for each in text.split("\n\n"))
    return "".join(f"<p>{each}</p>".replace("\n", "<br />") for each in paragraphs if each)


def _marked(network: Network, found: "re.Match[str]") -> str:
    if link := found["link"]:
        begins = SCHEME.match(link)
        scheme = begins[0] if begins else ""
        seen, rest = link[len(scheme) :][:30], link[len(scheme) :][30:]
        dots = " ellipsis" if rest else ""
        return (
            f'<a href="{link}" target="_blank" rel="nofollow noopener" translate="no"><span class="invisible">{scheme}'
            f'</span><span class="{dots.strip()}">{seen}</span><span class="invisible">{rest}</span></a>'
        )
    if tag := found["tag"]:
        return f'<a href="https://{DOMAIN}/tags/{tag}" class="mention hashtag" rel="tag">#<span>{tag}</span></a>'
    whom = network.called(found["name"])
    if whom is None:
        return found["name"]
    url = f"https://{whom.domain or DOMAIN}/@{whom.username}"
    inner = f'<a href="{url}" class="u-url mention">@<span>{whom.username}</span></a>'
    return f'<span class="h-card" translate="no">{inner}</span>'


def _picture(post: Post) -> Json:
    whole: Json = {"id": f"9{post.id}", "type": "image", "url": post.image, "preview_url": post.image}
    return whole | {"remote_url": None, "meta": {}, "description": None, "blurhash": None}


def instance(url: str) -> Json:
    """What the server says of itself."""
    return {
        "domain": DOMAIN,
        "title": "A server",
        "version": "4.6.0",
        "source_url": "https://github.com/mastodon/mastodon",
        "description": "",
        "usage": {"users": {"active_month": 1}},
        "thumbnail": {"url": f"https://{DOMAIN}/thumbnail.png"},
        "icon": [],
        "languages": ["en"],
        "configuration": {
            "urls": {"streaming": url.replace("http", "ws", 1), "about": None},
            "accounts": {"max_featured_tags": 10, "max_pinned_statuses": 5},
            "statuses": {
                "max_characters": counting.LIMIT,
                "max_media_attachments": 4,
                "characters_reserved_per_url": counting.PER_LINK,
            },
            "media_attachments": {
                "supported_mime_types": ["image/png"],
                "image_size_limit": 16777216,
                "image_matrix_limit": 33177600,
                "video_size_limit": 103809024,
                "video_frame_rate_limit": 120,
                "video_matrix_limit": 8294400,
            },
            "polls": {
                "max_options": 4,
                "max_characters_per_option": 50,
                "min_expiration": 300,
                "max_expiration": 2629746,
            },
            "translation": {"enabled": False},
        },
        "registrations": {"enabled": False, "approval_required": False, "message": None, "url": None},
        "api_versions": {"mastodon": 7},
        "contact": {"email": "", "account": None},
        "rules": [],
    }
