"""How one web process serves: the same server for people, for platforms, for the tests and for the bench."""

from __future__ import annotations

import uvicorn

from inbox.app import create_app
from inbox.ground.settings import Settings

LARGEST_FRAME = 64 * 1024  # bytes of one message from a page; the largest a page sends is a draft of a few words
DRAIN = 15  # seconds for requests in flight when we are told to stop


def server(settings: Settings) -> uvicorn.Server:
    """Our application on the settings' host and port, not yet started."""
    return uvicorn.Server(
        uvicorn.Config(
            create_app(settings),
            host=settings.host,
            port=settings.port,
            loop="uvloop",
            http="httptools",
            ws="websockets-sansio",
            ws_max_size=LARGEST_FRAME,
            ws_per_message_deflate=False,  # frames are small and many: squeezing them costs more than it saves
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=DRAIN,
        )
    )
