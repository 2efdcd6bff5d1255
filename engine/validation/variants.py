"""What tells the models of a grid apart beside checkpoint and weight, and what does not.

Another base model, a second LoRA and a weight of its own on the text encoder make another model:
its pictures are a row of their own. Other axes only change how one model is asked: their values
are taken together, and that is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.validation.axes import axis_setting
from engine.validation.labels import value_labels
from engine.validation.sentences import Sentence

if TYPE_CHECKING:
    from engine.validation.request import GridRequest
    from engine.validation.resolve import Position

_IDENTITY = ("model", "second_checkpoint", "second_weight")
_TEXT = ("weight", "text_encoder_weight")
_TOLD_ELSEWHERE = {
    *_IDENTITY, *_TEXT, "checkpoint", "unet_weight", "prompt", "seed", "trigger",
}  # fmt: skip
_MOST_NAMED = 8


@dataclass(frozen=True, order=True)
class Variant:
    """``text_weight`` is the weight on the text encoder where it is apart from that on the UNet,
    ``others`` what further axes say of the model, as headers show it.
    """

    text_weight: float | None = None
    others: tuple[str, ...] = ()


PLAIN = Variant()
"""Where nothing but checkpoint and weight makes the model."""


class Variants:
    """Reads the variant of each place of a grid."""

    def __init__(self, request: GridRequest) -> None:
        names = [axis.setting for axis in request.axes]
        self._text = next((names.index(name) for name in reversed(_TEXT) if name in names), None)
        self._apart = not {"unet_weight", "text_encoder_weight"}.isdisjoint(names)
        self._model = names.index("model") if "model" in names else None
        self._labels = [
            (at, dict(zip(axis.values, value_labels(axis), strict=True)))
            for name in _IDENTITY
            for at, axis in enumerate(request.axes)
            if axis.setting == name and len(axis.values) > 1
        ]

    def of(self, position: Position) -> Variant:
        """What the model at ``position`` is beside its checkpoint and weight on the UNet."""
        others = tuple(labels[position.place[at]] for at, labels in self._labels)
        return Variant(self._text_weight(position), others)

    def base_model(self, position: Position) -> str:
        """The base model where it is an axis, else empty."""
        return "" if self._model is None else str(position.place[self._model])

    def _text_weight(self, position: Position) -> float | None:
        if not self._apart:
            return None
        return 1.0 if self._text is None else float(position.place[self._text])  # type: ignore[arg-type]


def pooled(request: GridRequest) -> Iterator[Sentence]:
    """Which settings a row takes together, with their values."""
    for axis in request.axes:
        if axis.setting in _TOLD_ELSEWHERE or len(axis.values) < 2:
            continue
        labels = value_labels(axis)
        more = ("…",) if len(labels) > _MOST_NAMED else ()
        facts = {
            "axis": axis_setting(axis.setting).label,
            "values": ", ".join((*labels[:_MOST_NAMED], *more)),
        }
        yield Sentence("Each row takes all values of {axis} together: {values}.", facts)
