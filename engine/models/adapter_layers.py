"""Which layers of a model a LoRA adapts, and how PEFT's wrappers are put on and taken off them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from diffusers.models.downsampling import Downsample2D
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.transformers.transformer_2d import Transformer2DModel
from diffusers.models.upsampling import Upsample2D
from peft import LoraConfig, inject_adapter_in_model
from peft.tuners.lora import LoraLayer
from torch import nn
from transformers.models.clip.modeling_clip import CLIPMLP, CLIPAttention

from engine.models import lora_keys
from engine.models.block_names import BlockLayout
from engine.models.lora_file import LoraModule

if TYPE_CHECKING:
    from engine.models.loading import LoadedModel

_ATTENTION = (Transformer2DModel, CLIPAttention, CLIPMLP)
_CONVOLUTION = (ResnetBlock2D, Downsample2D, Upsample2D)


class Target(NamedTuple):
    """A layer that can be adapted. ``residual``: it lies in a residual block or a resampler."""

    path: str
    layer: nn.Linear | nn.Conv2d
    residual: bool

    @property
    def wide(self) -> bool:
        """Whether it is a convolution with a kernel larger than 1x1."""
        return isinstance(self.layer, nn.Conv2d) and self.layer.kernel_size != (1, 1)


class Part(NamedTuple):
    """The UNet or a text encoder, with the layers that can be adapted by their LoRA names."""

    module: nn.Module
    is_text: bool
    targets: dict[str, Target]


def parts_of(model: LoadedModel) -> list[Part]:
    """The UNet, then the text encoders."""
    layout = BlockLayout.of(model.unet.config)
    original = model.family.original_lora_names
    unet = {
        lora_keys.unet_lora_name(target.path, layout, original=original): target
        for target in targets_in(model.unet)
    }
    parts = [Part(model.unet, False, unet)]
    for encoder, module in zip(model.family.text_encoders, model.text_encoders, strict=True):
        named = {
            lora_keys.text_lora_name(target.path, encoder.lora_prefix): target
            for target in targets_in(module)
        }
        parts.append(Part(module, True, named))
    return parts


def targets_in(module: nn.Module) -> Iterator[Target]:
    """The layers of ``module`` that kohya's LoRA and LoCon adapt, in order of the model."""
    return _walk(module, "", None)


def _walk(module: nn.Module, path: str, residual: bool | None) -> Iterator[Target]:
    if isinstance(module, _ATTENTION):
        residual = False
    elif isinstance(module, _CONVOLUTION):
        residual = True
    layer = module.get_base_layer() if isinstance(module, LoraLayer) else module
    if isinstance(layer, (nn.Linear, nn.Conv2d)):
        if residual is not None:
            yield Target(path, layer, residual)
        return
    for name, child in module.named_children():
        yield from _walk(child, f"{path}.{name}" if path else name, residual)


def peft_name(name: str) -> str:
    """PEFT's key for adapter ``name``: no dots, and unlike any method of a module dictionary."""
    return "kiln:" + name.replace(".", ":")


def wrap(part: Part, name: str, modules: Mapping[str, LoraModule]) -> None:
    """Put ``modules`` (by LoRA names of ``part``) on their layers as PEFT adapter ``name``.

    The tensors become the adapter's parameters, on the layer's device, in their own dtype; they
    do not need gradients and the adapter is in effect only when activated.
    """
    key_in_peft = peft_name(name)
    by_path = {part.targets[key].path: module for key, module in modules.items()}
    kept = {id(p): p.requires_grad for p in part.module.parameters()}
    # Empty first (no random numbers are drawn), then our own tensors.
    inject_adapter_in_model(_config(by_path), part.module, key_in_peft, low_cpu_mem_usage=True)
    for path, module in by_path.items():
        layer: Any = part.module.get_submodule(path)
        device = layer.get_base_layer().weight.device
        for factors, tensor in ((layer.lora_A, module.down), (layer.lora_B, module.up)):
            factors[key_in_peft].weight = nn.Parameter(tensor.to(device), requires_grad=False)
    # PEFT's record of its configs would only make it warn about the next adapter.
    del part.module.peft_config
    for parameter in part.module.parameters():
        parameter.requires_grad_(kept.get(id(parameter), False))


def _config(modules: Mapping[str, LoraModule]) -> LoraConfig:
    rank = Counter(module.rank for module in modules.values()).most_common(1)[0][0]
    alpha = Counter(module.alpha for module in modules.values()).most_common(1)[0][0]
    return LoraConfig(
        r=rank,
        lora_alpha=alpha,  # type: ignore[arg-type]  # PEFT only divides it by the rank
        target_modules=sorted(modules),
        rank_pattern={re.escape(p): m.rank for p, m in modules.items() if m.rank != rank},
        alpha_pattern={re.escape(p): m.alpha for p, m in modules.items() if m.alpha != alpha},
        init_lora_weights=False,
    )


def lora_layers(module: nn.Module) -> Iterator[tuple[str, Any]]:
    """The wrapped layers of ``module`` with their paths."""
    for path, child in module.named_modules():
        if isinstance(child, LoraLayer):
            yield path, child


def unwrap(module: nn.Module, name: str) -> None:
    """Take adapter ``name`` off; a layer without adapters becomes the plain layer it was."""
    key = peft_name(name)
    for path, layer in list(lora_layers(module)):
        if key in layer.lora_A:
            layer.delete_adapter(key)
        if not layer.lora_A:
            module.set_submodule(path, layer.get_base_layer())


def set_weights(module: nn.Module, weights: Mapping[str, float]) -> None:
    """Let exactly the adapters in ``weights`` act, each times its weight; 0 leaves one out."""
    acting = {peft_name(name): weight for name, weight in weights.items() if weight != 0}
    for _, layer in lora_layers(module):
        kept = [(parameter, parameter.requires_grad) for parameter in layer.parameters()]
        layer.set_adapter([key for key in acting if key in layer.lora_A], inference_mode=True)
        for parameter, needed in kept:
            parameter.requires_grad_(needed)
        for key, weight in acting.items():
            layer.set_scale(key, weight)


class Factors(NamedTuple):
    """The trainable tensors and the alpha of one adapted layer."""

    down: nn.Parameter
    up: nn.Parameter
    alpha: float


def factors_of(part: Part, name: str) -> dict[str, Factors]:
    """What adapter ``name`` has on ``part``, by LoRA names."""
    key = peft_name(name)
    layers = dict(lora_layers(part.module))
    found = {}
    for lora_name, target in part.targets.items():
        layer = layers.get(target.path)
        if layer is not None and key in layer.lora_A:
            down, up = layer.lora_A[key].weight, layer.lora_B[key].weight
            found[lora_name] = Factors(down, up, float(layer.lora_alpha[key]))
    return found
