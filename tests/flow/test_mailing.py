"""Notifications by e-mail, through a server that really listens: only to whoever is away, once, and tried again."""

from __future__ import annotations

import asyncio
import dataclasses
import email
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from email.message import Message
from uuid import UUID

import pytest
from time_machine import travel

from inbox.desk import assignment, notification_settings, notifications
from inbox.desk.notification_settings import Wanted
from inbox.flow import mailing, readers
from inbox.flow.notifying import Notifications
from inbox.ground.bell import Bell
from inbox.ground.db import Database
from inbox.ground.mail import Mail
from inbox.ground.outbound import Outbound
from inbox.ground.settings import Settings
from tests.desk.story import Desk
from tests.waiting import until
from workers import loops
from workers.house import House

MEDIA = ["in_app", "email"]


@dataclass
class PostOffice:
    """A mail server of a few words."""

    letters: list[tuple[str, Message]] = field(default_factory=list)
    answer: str = "250 Taken."
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to = ""

        async def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())
            await writer.drain()

        await say("220 post office")
        while line := (await reader.readline()).decode().strip():
            match line.split(" ")[0].upper():
                case "RCPT":
                    to = line.partition("<")[2].partition(">")[0]
                    await say("250 OK")
                case "DATA":
                    await say("354 Go on.")
                    body = await reader.readuntil(b"\r\n.\r\n")
                    if self.answer.startswith("250"):
                        self.letters.append((to, email.message_from_bytes(body)))
                    await say(self.answer)
                case "QUIT":
                    await say("221 Bye")
                    break
                case _:
                    await say("250 OK")
        writer.close()


@pytest.fixture
async def post() -> AsyncIterator[PostOffice]:
    office = PostOffice()
    async with await asyncio.start_server(office.serve, "127.0.0.1", 0) as server:
        office.port = server.sockets[0].getsockname()[1]
        yield office


@pytest.fixture
async def desk(database: Database) -> Desk:
    return await Desk.make(database)


class Round:
    """One desk whose Ana wants mail, and a postman."""

    def __init__(self, desk: Desk, post: PostOffice, settings: Settings) -> None:
        self.desk, self.post = desk, post
        self.settings = dataclasses.replace(
            settings, smtp_url=f"smtp://127.0.0.1:{post.port}", mail_from="earshot@example.com"
        )
        self.mail = Mail(self.settings)

    async def ana_wants_mail(self, **more: object) -> None:
        wanted = Wanted(choices={"assigned": MEDIA}, **more)  # type: ignore[arg-type]
        await self.desk.does(notification_settings.change, wanted, by=self.desk.ana, mails=True)

    async def ana_is_given(self, *who: str) -> list[UUID]:
        given = []
        for one in who:
            given.append(await self.desk.hears(one, f"Secret words of {one}", ago=60))
            await self.desk.does(assignment.assign, given[-1], self.desk.ana.id, by=self.desk.sam)
        while self.desk.workspace_id in await readers.behind(self.desk.database, Notifications()):
            await readers.turn(self.desk.database, Notifications(), self.desk.workspace_id)
        return given

    async def minutes_pass(self, minutes: int) -> None:
        async with self.desk.database.tenant(self.desk.workspace_id) as connection:
            await connection.execute(
                "UPDATE notification SET mail_due_at = mail_due_at - $1::interval", timedelta(minutes=minutes)
            )
            await connection.execute("UPDATE session SET seen_at = seen_at - $1::interval", timedelta(minutes=minutes))

    async def comes_round(self) -> None:
        for workspace_id, user_id in await mailing.due(self.desk.database):
            await mailing.deliver(self.desk.database, self.mail, "https://inbox.example.com", workspace_id, user_id)


@pytest.fixture
async def postman(desk: Desk, post: PostOffice, settings: Settings) -> Round:
    return Round(desk, post, settings)


async def test_whoever_is_away_gets_one_letter_with_everything_and_no_customers_word_in_it(postman: Round) -> None:
    await postman.ana_wants_mail()
    first, second = await postman.ana_is_given("7001", "7002")
    await postman.minutes_pass(9)
    await postman.comes_round()
    assert postman.post.letters == []
    await postman.minutes_pass(2)
    await postman.comes_round()
    await postman.comes_round()
    ((to, letter),) = postman.post.letters
    assert to == await postman.desk.world.email(postman.desk.ana)
    assert letter["Subject"] == "2 conversations were assigned to you (Acme)"
    assert letter["From"] == "Earshot <earshot@example.com>"
    text = bytes(letter.get_payload(decode=True)).decode()
    assert f"https://inbox.example.com/inbox/mine/{first}" in text
    assert f"https://inbox.example.com/inbox/mine/{second}" in text
    assert "Secret" not in text


async def test_whoever_is_here_or_has_read_it_gets_none(postman: Round) -> None:
    await postman.ana_wants_mail()
    await postman.desk.world.sign_in(postman.desk.ana)
    await postman.ana_is_given("7001")
    await postman.minutes_pass(11)
    await postman.comes_round()  # the session was seen eleven minutes ago, give or take five
    assert postman.post.letters == []
    await postman.minutes_pass(6)
    await postman.comes_round()
    assert len(postman.post.letters) == 1
    await postman.ana_is_given("7002")
    soon = datetime.now(UTC) + timedelta(minutes=1)
    await postman.desk.does(notifications.read_all, soon, by=postman.desk.ana)
    await postman.minutes_pass(30)
    await postman.comes_round()
    assert len(postman.post.letters) == 1


async def test_mail_that_is_not_taken_is_tried_again_and_given_up_when_it_never_will_be(postman: Round) -> None:
    await postman.ana_wants_mail()
    await postman.ana_is_given("7001")
    await postman.minutes_pass(11)
    postman.post.answer = "451 Not now."
    await postman.comes_round()
    await postman.comes_round()
    assert postman.post.letters == []
    postman.post.answer = "250 Taken."
    await postman.minutes_pass(3)
    await postman.comes_round()
    assert len(postman.post.letters) == 1
    await postman.ana_is_given("7002")
    postman.post.answer = "550 Never."
    await postman.minutes_pass(11)
    await postman.comes_round()
    (row,) = await postman.desk.rows(
        "SELECT count(*) AS due FROM notification WHERE workspace_id = $1 AND mail_due_at IS NOT NULL"
    )
    assert row["due"] == 0


async def test_at_night_it_waits_for_the_morning(postman: Round) -> None:
    await postman.ana_wants_mail()
    await postman.ana_is_given("7001")
    await postman.ana_wants_mail(quiet=(time(22), time(7)), time_zone="UTC")
    await postman.minutes_pass(11)
    with travel(datetime.now(UTC).replace(hour=23, minute=0), tick=True):
        await postman.comes_round()
        assert postman.post.letters == []
    (row,) = await postman.desk.rows("SELECT mail_due_at, mail_tries FROM notification WHERE workspace_id = $1")
    assert (row["mail_due_at"].hour, row["mail_due_at"].minute, row["mail_tries"]) == (7, 0, 0)


async def test_the_loop_brings_it(postman: Round) -> None:
    await postman.ana_wants_mail()
    await postman.ana_is_given("7001")
    await postman.minutes_pass(11)
    bell, outbound, stop = Bell(postman.settings), Outbound(postman.settings), asyncio.Event()
    house = House(postman.settings, postman.desk.database, bell, postman.desk.world.safe, outbound, {})
    running = asyncio.create_task(loops.send_mail(house, stop))
    try:
        await until(lambda: postman.post.letters, "the letter came")
    finally:
        stop.set()
        await running
        await outbound.close()
