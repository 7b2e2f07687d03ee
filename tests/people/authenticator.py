"""Somebody's telephone: it holds the secret, and a clock that a story may set wrong.

phone = await Authenticator.of(world, world.agent)     # their second step is on
phone.code()                                           # of this very time step, and unused
phone.recovery                                         # what they wrote down
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pyotp

from inbox.ground import clock
from inbox.people import second_step
from inbox.people.access import Agent
from tests.world import World


@dataclass
class Authenticator:
    secret: str
    recovery: list[str] = field(default_factory=list)

    @classmethod
    async def of(cls, world: World, who: Agent) -> Authenticator:
        """Set up as the page does it, with the code of the step before, so that the present one is unused."""
        async with world.database.tenant(world.workspace_id) as connection:
            begun = await second_step.begin(connection, world.safe, who.id, home="Acme")
            phone = cls(begun.secret)
            phone.recovery = await second_step.switch_on(connection, world.safe, who.id, phone.code(-1))
        return phone

    def code(self, steps: int = 0) -> str:
        """What it shows, or showed or will show some steps away."""
        now = int(clock.now().timestamp()) // second_step.STEP
        return pyotp.TOTP(self.secret).generate_otp(now + steps)

    def wrong(self) -> str:
        """Six digits that it shows at no time near now."""
        near = {self.code(steps) for steps in range(-2, 5)}
        return next(digits for number in range(100) if (digits := f"{number:06d}") not in near)
