"""The HTTP side of a simulated network of Meta's: admission, mischief, and answers that may get lost."""

import asyncio
from abc import ABC, abstractmethod

from inbox.platforms.meta.simulator_http import Call, Moved, Refusal, answer, read_call
from inbox.platforms.meta.simulator_post import Postman
from inbox.platforms.simulated_http import Json, Receive, Scope, Send, live, spoiled_after, spoiled_before
from inbox.platforms.simulation import Mischief


class GraphServer(ABC):
    """A bare ASGI application. What is asked and done there is in `read` and `act`."""

    def __init__(self, mischief: Mischief, postman: Postman) -> None:
        self.mischief, self.postman = mischief, postman
        self.calls: list[tuple[str, str, Json]] = []  # everything asked, for tests to look at

    @abstractmethod
    def admit(self, call: Call) -> None:
        """Raise Refusal unless this caller may come in."""

    @abstractmethod
    async def read(self, call: Call) -> Json:
        """The answer to a GET."""

    @abstractmethod
    async def act(self, call: Call) -> Json:
        """Do what is asked, and the answer. What is to be told by webhook goes to `call.after`."""

    def is_write(self, call: Call) -> bool:
        """Whether mischief with writes applies: signing in and courtesies are none."""
        return call.method != "GET" and "oauth" not in call.path and "sender_action" not in call.params

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            return await live(receive, send)
        call = await read_call(scope, receive)
        self.calls.append((call.method, call.path, call.params))
        mischief = self.mischief
        if mischief.slow:
            await asyncio.sleep(mischief.slow)
        writes = self.is_write(call)
        if writes and await spoiled_before(mischief, receive, send):
            return None
        try:
            self.admit(call)
            told = await (self.read(call) if call.method == "GET" else self.act(call))
        except Refusal as refusal:
            return await answer(send, refusal.status, refusal.body)
        except Moved as moved:
            return await answer(send, 302, {}, {"location": moved.location})
        if not writes:
            await answer(send, 200, told)
            return self._then(call)
        return await self._answer_write(call, receive, send, told)

    async def _answer_write(self, call: Call, receive: Receive, send: Send, told: Json) -> None:
        mischief = self.mischief
        if mischief.echo_first:
            self._then(call)
            await self.postman.flush()
        if not await spoiled_after(mischief, receive, send, garbled='{"message_id":"m_'):
            await answer(send, 200, told)
        self._then(call)

    def _then(self, call: Call) -> None:
        while call.after:
            call.after.pop(0)()
