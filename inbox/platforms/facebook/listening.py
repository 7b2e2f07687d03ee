"""Being told what happens on the Page: the app's subscription, and the Page's."""

from inbox.platforms.base import App
from inbox.platforms.facebook.checking import WEBHOOKS
from inbox.platforms.meta.graph import Graph
from inbox.platforms.meta.subscriptions import account_joins, app_listens


async def listen(graph: Graph, app: App, callback: str) -> list[str]:
    """What could not be mended, in sentences. Raises NotHere."""
    missing = await app_listens(graph, app, "page", WEBHOOKS, callback)
    return missing + await account_joins(graph, WEBHOOKS, graph.account.app_id or app.id)
