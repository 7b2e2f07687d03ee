"""`inbox doctor` finds what is wrong, and finds nothing where all is well."""

import dataclasses
import re

from inbox import doctor
from inbox.ground.processes import free_port


async def findings(settings) -> list[tuple[bool | None, str]]:
    return [(finding.fine, finding.text) async for finding in doctor.examine(settings)]


async def test_a_sound_house_has_nothing_to_mend(database, settings):
    found = await findings(settings)
    assert [text for fine, text in found if fine is False and "The page is not built" not in text] == []
    assert (True, "Its shape is the newest.") in found
    assert (True, "inbox_app, inbox_intake, inbox_claim can sign in, and none is mighty.") in found


async def test_deliveries_that_nobody_works_on_are_found(database, settings, owner):
    await owner.execute(
        """INSERT INTO inbound_delivery (id, received_at, platform, headers, body, state) VALUES
           (gen_random_uuid(), now() - interval '1 hour', 'a', '', '', 'new'),
           (gen_random_uuid(), now(), 'a', '', '', 'quarantined')"""
    )
    found = await findings(settings)
    waits = re.compile(r"1 deliveries wait, the oldest for 36\d\d s\. Is a worker running\?")
    assert any(fine is False and waits.fullmatch(text) for fine, text in found)
    assert (False, "1 deliveries could not be read and are kept in quarantine.") in found


async def test_an_old_shape_is_found(database, settings, owner):
    newest = await owner.fetchval("SELECT version_num FROM alembic_version")
    try:
        await owner.execute("UPDATE alembic_version SET version_num = 'older'")
        assert (False, "Its shape is old: `inbox migrate`.") in await findings(settings)
    finally:
        await owner.execute("UPDATE alembic_version SET version_num = $1", newest)


async def test_another_secret_key_is_found(database, settings):
    """The roles' passwords come from it, as do the seals on every credential."""
    other = dataclasses.replace(settings, secret_key="another secret of more than 32 letters")
    (found,) = [text for fine, text in await findings(other) if fine is False and "Each of our roles" in text]
    assert "InvalidPasswordError" in found


async def test_one_server_that_is_away_hides_no_other_finding(database, settings):
    away = dataclasses.replace(settings, redis_url=f"redis://127.0.0.1:{free_port()}/0")
    found = await findings(away)
    assert any(fine is False and text.startswith("Valkey answers: ConnectionError") for fine, text in found)
    assert (True, "Its shape is the newest.") in found
    assert any("can be written" in text for _, text in found)


async def test_an_open_address_without_tls_is_found(database, settings):
    found = await findings(dataclasses.replace(settings, base_url="http://care.example"))
    assert any(fine is False and "is not https" in text for fine, text in found)
