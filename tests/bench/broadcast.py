"""The limit beside the live page: the same server, and an application that only writes one frame to every socket."""

from collections.abc import Awaitable, Callable
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

sockets: set[Send] = set()


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Whoever POSTs has its body written to all who listen."""
    match scope["type"]:
        case "lifespan":
            while True:
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        case "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            sockets.add(send)
            try:
                await send({"type": "websocket.send", "text": '{"type":"started"}'})
                while (await receive())["type"] != "websocket.disconnect":
                    pass
            finally:
                sockets.discard(send)
        case _:
            frame = (await receive())["body"].decode()
            for socket in list(sockets) if frame else ():
                await socket({"type": "websocket.send", "text": frame})
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
