"""What an adapter file is, told by the names and shapes of its tensors alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.models import lora_keys
from engine.models.lora_keys import Shapes

_KINDS = (("hada_", "LoHa"), ("lokr_", "LoKr"))
_MAGNITUDES = (".dora_scale", ".lora_magnitude_vector", ".lora_magnitude_vector.weight")
# How each naming begins the names of UNet and text encoders.
_NAMINGS = (
    ("kohya", ("lora_unet_", "lora_te")),
    ("ComfyUI", ("diffusion_model.", "text_encoders.")),
    ("diffusers", ("unet.", "text_encoder", "base_model.model.")),
)


@dataclass(frozen=True)
class AdapterLook:
    """``kind`` is what people call it: LoRA, LoCon, LoHa, LoKr, or DoRA. ``naming`` is kohya,
    diffusers or ComfyUI, "" for another; ``tensors`` is how many it holds.
    """

    kind: str
    naming: str
    tensors: int

    @property
    def adds_up(self) -> bool:
        """Whether sums and smaller ranks of it are defined."""
        return self.kind in ("LoRA", "LoCon")


def look_of(shapes: Shapes) -> AdapterLook:
    """The look of an adapter with these tensors."""
    return AdapterLook(_kind(shapes), _naming(shapes), len(shapes))


def _kind(shapes: Shapes) -> str:
    if any(key.endswith(_MAGNITUDES) for key in shapes):
        return "DoRA"
    for start, kind in _KINDS:
        if any(f".{start}" in key for key in shapes):
            return kind
    return "LoCon" if any(_is_wide(shape) for shape in _downs(shapes)) else "LoRA"


def _downs(shapes: Shapes) -> Iterator[tuple[int, ...]]:
    for key, shape in shapes.items():
        found = lora_keys.split_key(key)
        if found is not None and found[1] == "down":
            yield shape


def _is_wide(shape: tuple[int, ...]) -> bool:
    """Whether it is for a convolution that looks at more than one pixel."""
    return len(shape) == 4 and shape[2:] != (1, 1)


def _naming(shapes: Shapes) -> str:
    for naming, starts in _NAMINGS:
        if any(key.startswith(starts) for key in shapes):
            return naming
    return ""
