"""Every simulated network is connected as a person would connect the real one, and says that all is well."""

import pytest

from inbox.demo import stages, workspace
from inbox.ground.bell import Bell
from inbox.ground.crypto import Safe
from inbox.ground.db import Database
from inbox.ground.outbound import Outbound
from inbox.supervisor import simulated_platforms
from tests.demo.conftest import Installation


@pytest.mark.parametrize("name", simulated_platforms())
async def test_a_network_is_connected_and_lacks_nothing(database, owner, installation: Installation, name: str):
    settings = installation.settings
    opened = await Database.open(settings, app=2, intake=1, claim=1)
    outbound, bell = Outbound(settings), Bell(settings)
    try:
        demo = await workspace.prepare(opened)
        stage = stages.build(settings, name)
        async with stages.serving(stage, settings.demo_ports[name]) as url:
            stage.network.bind(url=url)
            line = await workspace.connect(opened, bell, Safe(settings.secret_key), outbound, demo, stage.network)
            again = await workspace.connect(opened, bell, Safe(settings.secret_key), outbound, demo, stage.network)
            assert again.channel_id == line.channel_id
        row = await owner.fetchrow("SELECT * FROM channel WHERE id = $1", line.channel_id)
        assert (row["state"], row["external_id"]) == ("connected", stage.network.connection["external_id"])
        # Nobody answers at our own address in this story, so a network that tries it is not content with that alone.
        assert row["missing"] == [] or row["listening"] is False
        assert len(row["missing"]) <= 1
    finally:
        await outbound.close()
        await opened.close()
