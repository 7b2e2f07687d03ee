"""The words of a template: which was chosen, what stands in its gaps, what a person will read."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from inbox.ground import errors
from inbox.platforms.base import Template, clean

GAP = re.compile(r"\{\{\s*(\d+)\s*\}\}")
Value = Annotated[str, msgspec.Meta(max_length=1000)]


class Chosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A message the platform has approved beforehand, and what is to stand in its gaps, in order."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=600)]
    language: Annotated[str, msgspec.Meta(max_length=50)]
    parameters: Annotated[list[Value], msgspec.Meta(max_length=100)] = []


def of(filled: Template) -> str:
    """What a person will read of a template whose `parameters` stand for {{1}}, {{2}} and so on."""
    values = {str(place): value for place, value in enumerate(filled.parameters, 1)}
    return GAP.sub(lambda gap: values.get(gap[1], gap[0]), filled.body) or filled.name


def filled(chosen: Chosen | None, template: Template | None, *, visibility: str, beside: str) -> Template | None:
    """The template, as the platform has it, with its gaps filled. Raises Invalid, NotPossibleHere.

    `beside`: words of one's own, which cannot go with it.
    """
    if chosen is None:
        return None
    if visibility != "private":
        raise errors.Invalid("A template goes to one person: send it privately.", field="template")
    if beside.strip():
        raise errors.Invalid("Send either words of your own or a template.", field="template")
    if template is None:
        raise errors.NotPossibleHere("There is no such template any more. Choose another.", field="template")
    values = [clean(value).strip() for value in chosen.parameters]
    if len(values) != len(template.parameters) or not all(values):
        raise errors.Invalid("Something in the template is not filled in.", field="template.parameters")
    return msgspec.structs.replace(template, parameters=values)
