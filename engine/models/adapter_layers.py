"""Which layers of a model can be adapted, and how adapters are put on and taken off them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from diffusers.models.downsampling import Downsample2D
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.transformers.transformer_2d import Transformer2DModel
from diffusers.models.upsampling import Upsample2D
from torch import nn
from transformers.models.clip.modeling_clip import CLIPMLP, CLIPAttention

from engine.models import lora_keys
from engine.models.adapter_kinds import AdapterModule
from engine.models.adapter_modules import AdaptedLayer, Adapter, Dropout, Host
from engine.models.block_names import BlockLayout

if TYPE_CHECKING:
    from engine.models.loading import LoadedModel

_ATTENTION = (Transformer2DModel, CLIPAttention, CLIPMLP)
_CONVOLUTION = (ResnetBlock2D, Downsample2D, Upsample2D)


class Target(NamedTuple):
    """A layer that can be adapted. ``residual``: it lies in a residual block or a resampler."""

    path: str
    layer: Host
    residual: bool

    @property
    def wide(self) -> bool:
        """Whether it is a convolution with a kernel larger than 1x1."""
        return isinstance(self.layer, nn.Conv2d) and self.layer.kernel_size != (1, 1)


class Part(NamedTuple):
    """The UNet (``unet``) or a text encoder (``te1``, ``te2``), with the layers that can be
    adapted by their LoRA names.
    """

    module: nn.Module
    name: str
    targets: dict[str, Target]

    @property
    def is_text(self) -> bool:
        """Whether it is a text encoder."""
        return self.name != "unet"


def parts_of(model: LoadedModel) -> list[Part]:
    """The UNet, then the text encoders."""
    layout = BlockLayout.of(model.unet.config)
    original = model.family.original_lora_names
    unet = {
        lora_keys.unet_lora_name(target.path, layout, original=original): target
        for target in targets_in(model.unet)
    }
    parts = [Part(model.unet, "unet", unet)]
    encoders = zip(model.family.text_encoders, model.text_encoders, strict=True)
    for number, (encoder, module) in enumerate(encoders, 1):
        named = {
            lora_keys.text_lora_name(target.path, encoder.lora_prefix): target
            for target in targets_in(module)
        }
        parts.append(Part(module, f"te{number}", named))
    return parts


def targets_in(module: nn.Module) -> Iterator[Target]:
    """The layers of ``module`` that kohya's LoRA and LoCon adapt, in order of the model."""
    return _walk(module, "", None)


def _walk(module: nn.Module, path: str, residual: bool | None) -> Iterator[Target]:
    if isinstance(module, _ATTENTION):
        residual = False
    elif isinstance(module, _CONVOLUTION):
        residual = True
    layer = module.host if isinstance(module, AdaptedLayer) else module
    if isinstance(layer, (nn.Linear, nn.Conv2d)):
        if residual is not None:
            yield Target(path, layer, residual)
        return
    for name, child in module.named_children():
        yield from _walk(child, f"{path}.{name}" if path else name, residual)


def wrap(
    part: Part, name: str, modules: Mapping[str, AdapterModule], dropout: Dropout | None = None
) -> None:
    """Put ``modules`` (by LoRA names of ``part``) on their layers as adapter ``name``.

    The tensors become the adapter's parameters, on the layer's device, in their own dtype; they
    do not need gradients and the adapter is in effect only when activated.
    """
    for key, module in modules.items():
        path = part.targets[key].path
        layer = part.module.get_submodule(path)
        if not isinstance(layer, AdaptedLayer):
            layer = AdaptedLayer(part.targets[key].layer)
            part.module.set_submodule(path, layer)
        layer.hold(name, Adapter(module, layer.weight.device, dropout))


def adapted_layers(module: nn.Module) -> Iterator[tuple[str, AdaptedLayer]]:
    """The wrapped layers of ``module`` with their paths."""
    for path, child in module.named_modules():
        if isinstance(child, AdaptedLayer):
            yield path, child


def unwrap(module: nn.Module, name: str) -> None:
    """Take adapter ``name`` off; a layer without adapters becomes the plain layer it was."""
    for path, layer in list(adapted_layers(module)):
        layer.drop(name)
        if not layer.held:
            module.set_submodule(path, layer.host)


def set_weights(module: nn.Module, weights: Mapping[str, float]) -> None:
    """Let exactly the adapters in ``weights`` act, each times its weight; 0 leaves one out."""
    for _, layer in adapted_layers(module):
        layer.act(weights.items())


def adapters_of(part: Part, name: str) -> dict[str, Adapter]:
    """What adapter ``name`` has on ``part``, by LoRA names."""
    layers = dict(adapted_layers(part.module))
    found = {}
    for lora_name, target in part.targets.items():
        layer = layers.get(target.path)
        adapter = layer.get(name) if layer is not None else None
        if adapter is not None:
            found[lora_name] = adapter
    return found
