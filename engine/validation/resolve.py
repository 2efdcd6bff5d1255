"""From a place of a grid to the whole request of its picture: nothing is left to be filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from engine.prompt.wildcards import has_chance
from engine.sampling.request import ImageRequest, LoraUse
from engine.validation.axes import AxisError, Value
from engine.validation.replace import Pair, replaced
from engine.validation.trigger import with_trigger, without_trigger

if TYPE_CHECKING:
    from engine.validation.request import GridRequest

_REPLACING = ("replace", "second_replace")
_TRIGGER = "trigger"
_OPTIONAL_FILES = ("init_image", "mask")


@dataclass(frozen=True, slots=True)
class Position:
    """One place of a grid: the value along each of its axes. It is the key of a cell.

    The rest says what the place means, for who knows the four usual axes: ``uses_lora`` is whether
    any LoRA of the axes has an effect here; an empty ``checkpoint`` is the base model, ``weight``
    acts on the UNet, ``prompt`` is the one of the table.
    """

    place: tuple[Value, ...]
    uses_lora: bool = field(default=False, compare=False)
    checkpoint: str = field(default="", compare=False)
    weight: float = field(default=1.0, compare=False)
    seed: int = field(default=1, compare=False)
    prompt: str = field(default="", compare=False)


class Resolver:
    """Resolves the places of one request; what places have in common is worked out once."""

    def __init__(self, request: GridRequest) -> None:
        self._image = request.image
        self._trigger = request.trigger
        self._names = [axis.setting for axis in request.axes]
        self._fields = [
            (number, name)
            for number, name in enumerate(self._names)
            if name in ImageRequest.model_fields
        ]
        self._texts = lru_cache(maxsize=4096)(self._resolved_texts)
        self._uses = lru_cache(maxsize=4096)(self._resolved_uses)

    def position(self, place: Sequence[Any]) -> Position:
        """The position at ``place``, which may come from JSON, with lists for tuples."""
        values = tuple(tuple(value) if isinstance(value, list) else value for value in place)
        known = dict(zip(self._names, values, strict=True))
        uses = self._own_uses(known)
        return Position(
            place=values,
            uses_lora=bool(uses),
            checkpoint=str(known.get("checkpoint", "")),
            weight=_unet_weight(known),
            seed=cast("int", known.get("seed", self._image.seed)),
            prompt=str(known.get("prompt", self._image.prompt)),
        )

    def image(self, position: Position) -> ImageRequest:
        """The request of the picture at ``position``; a LoRA of weight 0 is left out."""
        known = dict(zip(self._names, position.place, strict=True))
        changes: dict[str, Any] = {name: position.place[number] for number, name in self._fields}
        for name in _OPTIONAL_FILES:
            if name in changes:
                changes[name] = changes[name] or None
        if "size" in known:
            width, height = str(known["size"]).split("x")
            changes |= {"width": int(width), "height": int(height)}
        prompt, negative = self._texts_at(known)
        changes |= {"prompt": prompt, "negative_prompt": negative, "count": 1}
        others = tuple(use for use in self._image.loras if use.weight or use.text)
        changes["loras"] = (*others, *self._own_uses(known))
        image = self._image.model_copy(update=changes)
        if has_chance(prompt) or has_chance(negative):
            return image.drawing(image.shots()[0])
        return image

    def key(self, place: tuple[Value, ...]) -> tuple[Any, ...]:
        """Alike for places that show the same picture; cheaper than the request itself."""
        known = dict(zip(self._names, place, strict=True))
        settings = tuple(place[number] for number, _ in self._fields)
        return (*settings, known.get("size"), self._texts_at(known), self._own_uses(known))

    def _texts_at(self, known: dict[str, Value]) -> tuple[str, str]:
        prompt = str(known.get("prompt", self._image.prompt))
        negative = str(known.get("negative_prompt", self._image.negative_prompt))
        pairs = tuple(cast("Pair", known[name]) for name in _REPLACING if name in known)
        return self._texts(prompt, negative, known.get(_TRIGGER), pairs)

    def _resolved_texts(
        self, prompt: str, negative: str, trigger: Value | None, pairs: tuple[Pair, ...]
    ) -> tuple[str, str]:
        if trigger is not None:
            change = with_trigger if trigger else without_trigger
            prompt = change(prompt, self._trigger)
        return replaced(prompt, pairs), replaced(negative, pairs)

    def _own_uses(self, known: dict[str, Value]) -> tuple[LoraUse, ...]:
        weight = _weight(known, "weight", 1.0)
        return self._uses(
            str(known.get("checkpoint", "")),
            _unet_weight(known),
            _weight(known, "text_encoder_weight", weight),
            str(known.get("second_checkpoint", "")),
            _weight(known, "second_weight", 1.0),
        )

    @staticmethod
    def _resolved_uses(
        first: str, unet: float, text: float, second: str, second_weight: float
    ) -> tuple[LoraUse, ...]:
        apart = None if text == unet else text
        uses = (
            LoraUse(path=first, weight=unet, text_weight=apart),
            LoraUse(path=second, weight=second_weight),
        )
        return tuple(use for use in uses if use.path and (use.weight or use.text))


def _weight(known: dict[str, Value], name: str, otherwise: float) -> float:
    return float(cast("float", known.get(name, otherwise)))


def _unet_weight(known: dict[str, Value]) -> float:
    return _weight(known, "unet_weight", _weight(known, "weight", 1.0))


def check_texts(request: GridRequest) -> None:
    """AxisError when a text is to be replaced that is in no prompt, no trigger word is known, or
    a prompt cannot be written down.
    """
    names = {axis.setting: axis for axis in request.axes}
    for name in ("prompt", "negative_prompt"):
        for text in map(str, request.values(name)):
            if any("\ud800" <= letter <= "\udfff" for letter in text):
                raise AxisError(
                    name,
                    sentence="It has half a character in it, which no file can hold.",
                    remedy="Write it again.",
                )
    if _TRIGGER in names and not request.trigger:
        raise AxisError(
            _TRIGGER,
            sentence="No trigger word is known.",
            remedy="Name it, or leave this axis out.",
        )
    texts = [*request.prompts, *(str(text) for text in request.values("negative_prompt"))]
    if _TRIGGER in names and True in names[_TRIGGER].values:
        texts = [with_trigger(text, request.trigger) for text in texts]
    for name in _REPLACING:
        for search, _ in cast("tuple[Pair, ...]", names[name].values if name in names else ()):
            if not any(search in text for text in texts):
                raise AxisError(
                    name,
                    sentence="{text} is in no prompt and in no negative prompt.",
                    text=search,
                    remedy="Correct the text that is searched for.",
                )
