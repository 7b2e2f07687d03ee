"""Reading again what we hold, by id and many at once."""

from collections.abc import Sequence
from typing import Any

from inbox.platforms.base import ErrorClass, NotHere
from inbox.platforms.meta.graph import Graph, safe_id
from inbox.platforms.reading import record

AT_ONCE = 50
MOST = 60  # requests for one reading again; what is left then is read another time
LOCAL = frozenset({ErrorClass.PERMISSION_MISSING, ErrorClass.PARENT_GONE, ErrorClass.INVALID})


async def read_many(graph: Graph, ids: Sequence[str], fields: str) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """What stands there by id, and which ids are gone (or not ours to see any more). Raises NotHere.

    One that is gone spoils the answer for all that were asked with it, so a refused request is halved until the
    culprits are found: with one among a hundred that is seven more requests.
    """
    found: dict[str, dict[str, Any]] = {}
    gone: list[str] = []
    asked = list(dict.fromkeys(one for one in ids if safe_id(one)))
    waiting = [asked[start : start + AT_ONCE] for start in range(0, len(asked), AT_ONCE)]
    for _ in range(MOST):
        if not waiting:
            break
        batch = waiting.pop(0)
        try:
            answer = await graph.get("", ids=",".join(batch), fields=fields)
        except NotHere as refusal:
            if refusal.error not in LOCAL:
                raise
            half = len(batch) // 2
            if half:
                waiting = [batch[:half], batch[half:], *waiting]
            elif refusal.error is ErrorClass.PARENT_GONE:
                gone += batch
            continue
        found |= {one: item for one in batch if (item := record(answer.get(one)))}
    return found, gone
