"""The part of the simulated LinkedIn's API that tells who is who."""

from typing import TYPE_CHECKING

from inbox.platforms.linkedin import urns
from inbox.platforms.linkedin.simulator_http import Call, Refusal, entries, fields, gone, page, plain
from inbox.platforms.simulated_http import Json

if TYPE_CHECKING:
    from inbox.platforms.linkedin.simulator import LinkedIn


def read_people(network: "LinkedIn", call: Call) -> Json:
    """Who has which role on the page, and what people and companies are called."""
    memory = network.memory
    match call.path[1:]:
        case ["organizationAcls"]:
            role = {"roleAssignee": network.member, "role": network.role, "state": "APPROVED"}
            return page([role | {"organization": network.page}] if network.role else [], call.query)
        case ["organizations", number]:
            if plain(number) != urns.last(network.page):
                raise Refusal(403, "ACCESS_DENIED", "The member is not an administrator of the organization")
            names = {"localizedName": network.title, "vanityName": network.handle}
            return {"id": int(number), "primaryOrganizationType": "NONE", **names}
        case ["organizationsLookup"]:
            known = {urns.last(network.page): {"localizedName": network.title, "vanityName": network.handle}}
            known |= network.companies
            return {"results": {one: known[one] for one in entries(call.query["ids"]) if one in known}}
        case ["people", key]:
            who = memory.people.get(fields(key)["id"])
            if who is None or network.private_people:
                raise Refusal(403, "ACCESS_DENIED", "Not enough permissions to access: GET /people")
            first, _, rest = who.name.partition(" ")
            return {"id": who.external_id, "localizedFirstName": first, "localizedLastName": rest}
    raise gone("/".join(call.path))
