"""Which layers of a model a new adapter is put on, and how much room each of them gets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.models.adapter_blocks import block_of, number_at
from engine.models.adapter_kinds import Kind, Room

if TYPE_CHECKING:
    from engine.models.adapter_layers import Part, Target
    from engine.models.adapter_modules import Dropout


@dataclass(frozen=True)
class Blocks:
    """Numbers by kohya's block of the UNet; an empty list leaves it to the whole adapter's.

    A rank of 0 or a weight of 0 keeps the block plain. ``weights`` scale its learning rate.
    """

    ranks: tuple[float, ...] = ()
    alphas: tuple[float, ...] = ()
    conv_ranks: tuple[float, ...] = ()
    conv_alphas: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()


@dataclass(frozen=True)
class Filter:
    """Chooses layers by name. Each entry is a text that the name holds, or ``/…/`` for a regular
    expression that is found in it. Names are kohya's and diffusers'.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def passes(self, *names: str) -> bool:
        """Whether a layer with these names is adapted."""
        if self.include and not any(_holds(entry, names) for entry in self.include):
            return False
        return not any(_holds(entry, names) for entry in self.exclude)


@dataclass(frozen=True)
class AdapterSpec:
    """A new adapter. Alpha 0 means alpha = rank; ``conv_rank`` 0 leaves residual blocks alone.

    With ``conv_rank`` the 3x3 convolutions of residual blocks and resamplers get that rank and
    ``conv_alpha``; their linear layers and 1x1 convolutions get ``rank`` and ``alpha``.
    ``without`` are parts that stay plain (``te1``, ``te2``). ``rank_stabilized`` divides by the
    root of the rank (arXiv:2312.03732).
    """

    rank: int = 8
    alpha: float = 1.0
    train_unet: bool = True
    train_text: bool = True
    conv_rank: int = 0
    conv_alpha: float = 1.0
    without: frozenset[str] = frozenset()
    kind: Kind = "lora"
    magnitude: bool = False
    rank_stabilized: bool = False
    lokr_factor: int = -1
    decompose_both: bool = False
    blocks: Blocks = Blocks()
    layers: Filter = Filter()
    dropout: Dropout | None = None


def learns(part: Part, spec: AdapterSpec) -> bool:
    """Whether ``part`` gets an adapter at all."""
    wanted = spec.train_text if part.is_text else spec.train_unet
    return wanted and part.name not in spec.without


def room_of(part: Part, key: str, target: Target, spec: AdapterSpec) -> Room | None:
    """The room of the layer called ``key`` in ``part``; None when it stays plain."""
    if not (learns(part, spec) and spec.layers.passes(key, target.path)):
        return None
    rank, alpha = (spec.rank, spec.alpha) if part.is_text else _in_unet(key, target, spec)
    if not rank:
        return None
    alpha = alpha or float(rank)
    return Room(rank, alpha * rank**0.5 if spec.rank_stabilized else alpha)


def _in_unet(key: str, target: Target, spec: AdapterSpec) -> tuple[int, float]:
    """The rank and alpha of a layer of the UNet; rank 0 leaves it plain."""
    blocks, block = spec.blocks, block_of(key)
    plain = target.residual and not (spec.conv_rank or any(blocks.conv_ranks))
    if plain or number_at(blocks.weights, block, 1.0) == 0:
        return 0, 0.0
    if target.residual and target.wide:
        rank = number_at(blocks.conv_ranks, block, spec.conv_rank)
        return int(rank), number_at(blocks.conv_alphas, block, spec.conv_alpha)
    rank = number_at(blocks.ranks, block, spec.rank)
    return int(rank), number_at(blocks.alphas, block, spec.alpha)


def is_expression(entry: str) -> bool:
    """Whether an entry of a filter is a regular expression."""
    return len(entry) > 2 and entry.startswith("/") and entry.endswith("/")


def _holds(entry: str, names: tuple[str, ...]) -> bool:
    if is_expression(entry):
        return any(re.search(entry[1:-1], name) for name in names)
    return any(entry in name for name in names)
