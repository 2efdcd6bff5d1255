"""Adapters on a loaded model: attach files, choose what acts how much.

Names, ranks, alphas and files are kohya's and LyCORIS's. Nothing acts unless it was made active,
and where nothing acts the model computes exactly what it computed without adapters.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from engine.models import adapter_layers
from engine.models.adapter_file import AdapterFile, read_adapter
from engine.models.adapter_fit import fitting
from engine.models.adapter_layers import Part, adapters_of, parts_of
from engine.models.adapter_modules import Adapter
from engine.runtime.file_state import FileState, file_state
from engine.runtime.files import require_file

if TYPE_CHECKING:
    from engine.models.loading import LoadedModel

Weights = Mapping[str, tuple[float, float]]  # name -> (weight on the UNet, on the text encoders)
KEPT_BYTES = 1 << 30
"""Of attached files that stay in memory while they are not in use: tens of checkpoints."""


@dataclass(frozen=True)
class AdapterInfo:
    """An attached file. ``unknown`` are the keys that fit no layer of the model, ``bytes`` what it
    takes in memory; ``on_text`` is whether it changes a text encoder.
    """

    name: str
    path: Path
    rank: int
    alpha: float
    modules: int
    unknown: tuple[str, ...]
    trigger_word: str
    bytes: int = 0
    on_text: bool = True


@dataclass
class AdapterState:
    """The adapters of one model. ``attached`` (files) is in order of last use."""

    created: set[str] = field(default_factory=set)
    attached: dict[str, tuple[tuple[str, FileState], AdapterInfo]] = field(default_factory=dict)
    active: dict[str, tuple[float, float]] = field(default_factory=dict)


def modules_of(model: LoadedModel, name: str) -> Iterator[tuple[Part, str, Adapter]]:
    """The modules of adapter ``name`` with their parts and kohya's names, in order of the model."""
    for part in parts_of(model):
        for key, adapter in adapters_of(part, name).items():
            yield part, key, adapter


def attach(model: LoadedModel, path: str | Path, name: str = "") -> AdapterInfo:
    """Put the file ``path`` on ``model`` as adapter ``name`` (its path when empty), inactive.

    A file that is attached already and has not changed is not read again. ModelFileError when the
    file is damaged, of another family or of another size.
    """
    path = require_file(Path(path))
    name = name or str(path.resolve())
    key = (str(path.resolve()), file_state(path.stat()))
    held = model.adapters.attached.pop(name, None)
    if held is not None and held[0] == key:
        model.adapters.attached[name] = held
        return held[1]
    if held is not None:
        detach(model, name)
    info = _put_on(model, read_adapter(path), name)
    model.adapters.attached[name] = (key, info)
    activate(model, model.adapters.active)
    return info


def _put_on(model: LoadedModel, lora: AdapterFile, name: str) -> AdapterInfo:
    known: set[str] = set()
    size, on_text = 0, False
    for part, modules in fitting(model, lora, model.dtype):
        if modules:
            adapter_layers.wrap(part, name, modules)
            known |= modules.keys()
            size += sum(module.bytes for module in modules.values())
            on_text |= part.is_text
    unknown = (*lora.unknown, *(key for key in lora.modules if key not in known))
    return AdapterInfo(
        name,
        lora.path,
        lora.rank,
        lora.alpha,
        len(known),
        unknown,
        lora.trigger_word,
        size,
        on_text,
    )


def detach(model: LoadedModel, name: str) -> None:
    """Take adapter ``name`` off ``model``; nothing of it stays."""
    model.adapters.attached.pop(name, None)
    model.adapters.created.discard(name)
    activate(model, {key: pair for key, pair in model.adapters.active.items() if key != name})
    for part in parts_of(model):
        adapter_layers.unwrap(part.module, name)


@contextlib.contextmanager
def active(model: LoadedModel, weights: Weights) -> Iterator[None]:
    """Let exactly the adapters ``weights`` act inside the block; afterwards what acted before.

    Each acts with its (UNet, text encoder) weight; weight 0 is as if the adapter were not there.
    Which parameters need gradients does not change. Afterwards the attached files that were not
    used for longest are taken off while they take more than :data:`KEPT_BYTES`. KeyError for a name
    that is neither created nor attached.
    """
    state = model.adapters
    missing = weights.keys() - state.created - state.attached.keys()
    if missing:
        raise KeyError(f"adapters that are not on the model: {sorted(missing)}")
    before = state.active
    try:
        activate(model, weights)
        yield
    finally:
        activate(model, before)
        _evict(model)


def without(model: LoadedModel, name: str) -> AbstractContextManager[None]:
    """As :func:`active`, with all that acts now but ``name``."""
    return active(model, {key: two for key, two in model.adapters.active.items() if key != name})


def _evict(model: LoadedModel) -> None:
    state = model.adapters
    idle = {name: info for name, (_, info) in state.attached.items() if name not in state.active}
    held = sum(info.bytes for info in idle.values())
    for name, info in idle.items():
        if held <= KEPT_BYTES:
            return
        detach(model, name)
        held -= info.bytes


def take_off_idle(model: LoadedModel) -> None:
    """Take off every attached file that is not in use: when memory ran out, none is kept."""
    for name in [name for name in model.adapters.attached if name not in model.adapters.active]:
        detach(model, name)


def acts_on_text(model: LoadedModel, path: Path) -> bool:
    """Whether the attached file ``path`` changes a text encoder; of one that is not attached
    nothing is known, so it may.
    """
    held = model.adapters.attached.get(str(path.resolve()))
    return held is None or held[1].on_text


def activate(model: LoadedModel, weights: Weights) -> None:
    """Let exactly the adapters ``weights`` act from now on; see :func:`active`."""
    model.adapters.active = dict(weights)
    unet = {name: unet for name, (unet, _) in weights.items()}
    text = {name: text for name, (_, text) in weights.items()}
    adapter_layers.set_weights(model.unet, unet)
    for encoder in model.text_encoders:
        adapter_layers.set_weights(encoder, text)
