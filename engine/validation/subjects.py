"""What places of a grid have in common whatever LoRAs drew them: prompt, seed and the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.validation.request import GridRequest
    from engine.validation.resolve import Position

_OF_THE_LORA = {
    "checkpoint", "weight", "unet_weight", "text_encoder_weight",
    "second_checkpoint", "second_weight",
}  # fmt: skip


class Subjects:
    """What places of a grid have in common, whatever axes it has."""

    def __init__(self, request: GridRequest) -> None:
        names = [axis.setting for axis in request.axes]
        self._subject = [at for at, name in enumerate(names) if name not in _OF_THE_LORA]
        self._no_seed = [at for at in self._subject if names[at] != "seed"]
        self._trigger = names.index("trigger") if "trigger" in names else None

    def subject(self, position: Position) -> tuple[Any, ...]:
        """Alike for places that differ in nothing but the LoRAs and their weights."""
        return tuple(position.place[at] for at in self._subject)

    def group(self, position: Position) -> str:
        """Alike for places that differ in nothing but the seed."""
        return repr([position.place[at] for at in self._no_seed])

    def without_trigger(self, position: Position) -> bool:
        """Whether an axis leaves the trigger word out."""
        return self._trigger is not None and not position.place[self._trigger]
