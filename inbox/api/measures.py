"""What /metrics says: requests as they are answered, and queues counted when somebody asks."""

from __future__ import annotations

import asyncio
import time

from prometheus_client import REGISTRY as PROCESS
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from inbox.ground.db import Connection, Database

MOST = 10_000  # a queue longer than this is only said to be so: counting must stay cheap
FRESH = 5.0  # seconds for which a count is good enough

requests = Counter("earshot_requests", "Requests by door and answer", ["method", "route", "status"])
durations = Histogram(
    "earshot_request_seconds",
    "Time from request to answer",
    ["route"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)

queues = CollectorRegistry()
waiting = Gauge("earshot_queue", f"Rows that wait, up to {MOST}", ["queue"], registry=queues)

INTAKE = ("deliveries_new", "deliveries_quarantined")
COUNT_INTAKE = " UNION ALL ".join(
    f"SELECT '{name}' AS queue, (SELECT count(*) FROM (SELECT 1 FROM inbound_delivery WHERE state = '{state}'"
    f" LIMIT {MOST}) x) AS n"
    for name, state in zip(INTAKE, ("new", "quarantined"), strict=True)
)
COUNT_DUE = f"""
SELECT 'events' AS queue, (SELECT count(*) FROM (SELECT 1 FROM inbound_event WHERE state = 'new' LIMIT {MOST}) x) AS n
UNION ALL SELECT 'outbox_due', (SELECT count(*) FROM (
    SELECT 1 FROM outbound_message WHERE state = 'queued' AND due_at <= now() LIMIT {MOST}) x)
UNION ALL SELECT 'outbox_sending', (SELECT count(*) FROM (
    SELECT 1 FROM outbound_message WHERE state = 'sending' LIMIT {MOST}) x)
UNION ALL SELECT 'outbox_unknown', (SELECT count(*) FROM (
    SELECT 1 FROM outbound_message WHERE state = 'unknown' LIMIT {MOST}) x)
"""


def count(method: str, route: str, status: int, seconds: float) -> None:
    """One answered request."""
    requests.labels(method if method in KNOWN else "other", route, status).inc()
    durations.labels(route).observe(seconds)


KNOWN = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Measures:
    """Counts queues at most every few seconds, however often it is asked."""

    def __init__(self, database: Database) -> None:
        self._database, self._counted = database, 0.0
        self._one_at_a_time = asyncio.Lock()

    async def text(self) -> bytes:
        """In Prometheus' own format. Queues are left out while the database is away."""
        async with self._one_at_a_time:
            if time.monotonic() - self._counted > FRESH:
                try:
                    async with asyncio.timeout(3):
                        await self._count()
                    self._counted = time.monotonic()
                except Exception:
                    return generate_latest(PROCESS)
        return generate_latest(PROCESS) + generate_latest(queues)

    async def _count(self) -> None:
        async with self._database.intake.acquire() as connection:
            await _set(connection, COUNT_INTAKE)
        async with self._database.claim.acquire() as connection:
            await _set(connection, COUNT_DUE)


async def _set(connection: Connection, counting: str) -> None:
    for row in await connection.fetch(counting):
        waiting.labels(row["queue"]).set(row["n"])
