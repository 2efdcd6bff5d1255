"""The settings of a picture that someone else made, each checked by itself."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError

from engine.sampling.infotext import Infotext, request_values
from engine.sampling.request import ImageRequest


def sound_values(infotext: Infotext) -> dict[str, Any]:
    """The fields of an image request in ``infotext`` that a request can have; others are left out.

    A file from elsewhere may say anything: a million steps, a seed of forty digits.
    """
    return {
        name: value for name, value in request_values(infotext).items() if _is_sound(name, value)
    }


def tells_a_recipe(infotext: Infotext | None) -> bool:
    """Whether ``infotext`` has words or numbers to go by."""
    return infotext is not None and bool(infotext.settings) and bool(sound_values(infotext))


def _is_sound(name: str, value: Any) -> bool:
    field = ImageRequest.model_fields[name]
    try:
        TypeAdapter(field.rebuild_annotation()).validate_python(value)
    except ValidationError:
        return False
    return True
