"""The adapter files that a run starts from, told from their headers before anything is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.models.adapter_names import AdapterLook, look_of
from engine.models.family import FAMILIES
from engine.models.headers import read_header
from engine.models.inspect import inspect
from engine.models.lora_keys import parse_module, split_key
from engine.runtime.errors import StylekilnError
from engine.runtime.files import require_file
from engine.runtime.refusals import Refusal
from engine.training.config import TrainRequest

if TYPE_CHECKING:
    from engine.training.traits import Traits

_OF_BLOCKS = ("attn", "_ff_", "_mlp_", "self_attn")  # layers that have the common rank
_KINDS = {"LoHa": "loha", "LoKr": "lokr"}


@dataclass(frozen=True)
class Layer:
    """A module of a LoRA. ``encoder`` is that of the text (0 or 1), None for the UNet; ``wide`` a
    convolution that looks at more than one pixel.
    """

    key: str
    rank: int
    encoder: int | None
    wide: bool


@dataclass(frozen=True)
class StartFile:
    """What the header of an adapter says, or in ``error`` why it cannot be used at all.

    ``layers`` has one of each rank, part and shape.
    """

    name: str
    family: str = ""
    width: int | None = None
    look: AdapterLook | None = None
    layers: tuple[Layer, ...] = ()
    error: StylekilnError | None = None


def files_of(request: TrainRequest) -> list[tuple[str, str]]:
    """Setting and path of every adapter that ``request`` starts from."""
    found = [("base_weights", path) for path in request.base_weights]
    if request.network_weights:
        found.append(("network_weights", request.network_weights))
    return found


def look_at(path: str) -> StartFile:
    """Read the header of ``path``; never raises for what a file can be."""
    name = Path(path).name
    try:
        info = inspect(require_file(Path(path)))
        shapes = {}
        if info.kind == "lora" and info.path.suffix.lower() == ".safetensors":
            shapes = {key: one.shape for key, one in read_header(info.path).tensors.items()}
    except StylekilnError as error:
        return StartFile(name, error=error)
    if info.kind != "lora":
        return StartFile(name)
    look = look_of(shapes) if shapes else info.look
    return StartFile(name, info.family, info.context_width, look, tuple(_layers(shapes)))


def _layers(shapes: Mapping[str, tuple[int, ...]]) -> Iterator[Layer]:
    seen = set()
    for key, shape in sorted(shapes.items()):
        found, parsed = split_key(key), None
        if found is not None and found[1] == "down" and len(shape) in (2, 4):
            parsed = parse_module(found[0])
        if found is None or parsed is None:
            continue
        wide = len(shape) == 4 and shape[2:] != (1, 1)
        if wide or any(part in found[0] for part in _OF_BLOCKS):
            layer = Layer(found[0], shape[0], parsed.encoder, wide)
            if (layer.rank, layer.encoder, wide) not in seen:
                seen.add((layer.rank, layer.encoder, wide))
                yield layer


def misfits(
    request: TrainRequest, model: Traits, files: Mapping[str, StartFile]
) -> Iterator[Refusal]:
    """What is wrong with the ``files`` that are known, by path, for a run on ``model``."""
    for setting, path in files_of(request):
        file = files.get(path)
        if file is None:
            continue
        wrong = _misfit(file, model)
        if wrong is None and setting == "network_weights" and not request.dim_from_weights:
            wrong = _other_shape(request, file)
        if wrong is not None:
            yield Refusal(setting, wrong[0], {name: str(fact) for name, fact in wrong[1].items()})


_Wrong = tuple[str, Mapping[str, object]]


def _misfit(file: StartFile, model: Traits) -> _Wrong | None:
    if file.error is not None:
        return file.error.sentence, file.error.facts
    if not file.family:
        return "{name} is a base model, not a LoRA.", {"name": file.name}
    if file.family != model.family.id:
        facts = {"name": file.name, "family": FAMILIES[file.family].label, "model": model.name,
                 "other": model.family.label}  # fmt: skip
        return "{name} is a LoRA for {family}; {model} is {other}.", facts
    if model.width and file.width not in (None, model.width):
        facts = {"name": file.name, "model": model.name}
        return "{name} was made for a model of another size than {model}.", facts
    return None


def _other_shape(request: TrainRequest, file: StartFile) -> _Wrong | None:
    """A new adapter takes only what has its own kind and ranks."""
    if file.look is None:
        return None
    kind = file.look.kind
    fits = request.dora_wd if kind == "DoRA" else _KINDS.get(kind, "lora") == request.network_type
    if not fits or (request.dora_wd and kind != "DoRA"):
        return "{name} is a {kind}, the new adapter is not.", {"name": file.name, "kind": kind}
    for layer in file.layers:
        if _differs(request, layer):
            facts = {"name": file.name, "kind": kind, "rank": layer.rank, "key": layer.key}
            return "{name} is a {kind} of rank {rank} in {key}, the new adapter is not.", facts
    return None


def _differs(request: TrainRequest, layer: Layer) -> bool:
    """Whether the new adapter has ``layer`` for sure, and in another rank."""
    part = "unet" if layer.encoder is None else f"te{layer.encoder + 1}"
    own = request.conv_dim if layer.wide else request.network_dim
    by_block = request.block_dims or request.conv_block_dims
    chosen = request.included_layers or request.excluded_layers or by_block
    return bool(own and request.rate_of(part) and not chosen and own != layer.rank)
