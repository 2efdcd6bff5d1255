"""The kinds of adapters as tensors: what each adds to a layer's weight, and how a new one starts.

Tensors have the endings that LyCORIS and kohya's scripts give them in files. The change of a
weight [out, in(, k, k)], flattened to [out, in·k·k], is

- ``lora`` (LoRA, LoCon): up · down
- ``loha`` (arXiv:2108.06098): (w1_a · w1_b) ⊙ (w2_a · w2_b)
- ``lokr`` (arXiv:2212.10650): w1 ⊗ w2, each of them whole or itself a product of two

times alpha / rank. With a magnitude (``dora_scale``, arXiv:2402.09353) the changed weight is then
stretched so that each of its rows (or columns, in some files) has the learned length.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from peft.tuners.loha.layer import make_weight
from peft.tuners.lokr.layer import factorization
from torch import Tensor

Kind = Literal["lora", "loha", "lokr"]
DOWN, UP, MAGNITUDE = "lora_down.weight", "lora_up.weight", "dora_scale"
# The tensor of a fresh adapter that is zero; what LoRA+ lets learn faster.
STARTS_AT_ZERO = (UP, "hada_w2_a", "lokr_w2", "lokr_w2_b")


@dataclass(frozen=True)
class Room:
    """How much one layer's adapter may learn: its rank, and the alpha its strength is told by."""

    rank: int
    alpha: float


@dataclass(frozen=True)
class LokrForm:
    """How a LoKr divides a layer: ``factor`` is the size of the first factor, -1 for about the
    square root; ``both`` lets that factor have a rank too.
    """

    factor: int = -1
    both: bool = False


@dataclass(frozen=True)
class AdapterModule:
    """The adapter of one layer. ``tensors`` by their endings in files, without the alpha."""

    kind: Kind
    tensors: Mapping[str, Tensor]
    alpha: float

    @property
    def rank(self) -> int:
        """The inner width; of a LoKr of two whole factors, 0."""
        return rank_of(self.tensors)

    @property
    def scale(self) -> float:
        """What the product of the tensors is multiplied by."""
        return scale_of(self.tensors, self.alpha)

    @property
    def size(self) -> tuple[int, int]:
        """The (out, in·k·k) of the layer it is made for."""
        return size_of(self.kind, self.tensors)

    @property
    def bytes(self) -> int:
        """What it takes in memory."""
        return sum(tensor.numel() * tensor.element_size() for tensor in self.tensors.values())

    def change(self, weight: Tensor) -> Tensor:
        """What it adds to ``weight``, in float32 and the shape of ``weight``."""
        tensors = {name: tensor.float() for name, tensor in self.tensors.items()}
        change = self.scale * flat_change(self.kind, tensors).reshape(weight.shape)
        if MAGNITUDE not in tensors:
            return change
        changed = weight.float() + change
        return changed * gain(changed, tensors[MAGNITUDE]) - weight.float()


def kind_of(endings: Mapping[str, Tensor]) -> Kind | None:
    """The kind that tensors of these endings make up; None when some are missing."""
    names = endings.keys()
    if {DOWN, UP} <= names:
        return "lora"
    if {"hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"} <= names:
        return "loha"
    factors = [n in names or {f"{n}_a", f"{n}_b"} <= names for n in ("lokr_w1", "lokr_w2")]
    return "lokr" if all(factors) else None


def rank_of(tensors: Mapping[str, Tensor]) -> int:
    """The inner width of an adapter's tensors; 0 when nothing of them is a product."""
    for name in (DOWN, "hada_w1_b", "lokr_w2_b", "lokr_w1_b"):
        if name in tensors and tensors[name].ndim:
            return int(tensors[name].shape[0])
    return 0


def belong_together(kind: Kind, tensors: Mapping[str, Tensor]) -> bool:
    """Whether the sizes of ``tensors`` let them be multiplied, and none of them is empty."""
    if any(tensor.ndim < 2 or not tensor.numel() for name, tensor in tensors.items()
           if name != MAGNITUDE):  # fmt: skip
        return False
    if kind == "lora":
        return _multiply(tensors[UP], tensors[DOWN])
    if kind == "loha":
        w1a, w1b, w2a, w2b = (tensors[f"hada_{name}"] for name in ("w1_a", "w1_b", "w2_a", "w2_b"))
        same = w1a.shape[0] == w2a.shape[0] and w1b[0].numel() == w2b[0].numel()
        return same and _multiply(w1a, w1b) and _multiply(w2a, w2b)
    halves = [(f"{name}_a", f"{name}_b") for name in ("lokr_w1", "lokr_w2") if name not in tensors]
    return all(_multiply(tensors[left], tensors[right]) for left, right in halves)


def _multiply(left: Tensor, right: Tensor) -> bool:
    return left.shape[1:].numel() == right.shape[0]


def scale_of(tensors: Mapping[str, Tensor], alpha: float) -> float:
    """alpha / rank; 1 where there is no rank, as all readers of such files do."""
    rank = rank_of(tensors)
    return alpha / rank if rank else 1.0


def size_of(kind: Kind, tensors: Mapping[str, Tensor]) -> tuple[int, int]:
    """The (out, in·k·k) of the change that ``tensors`` make."""
    if kind == "lora":
        return tensors[UP].shape[0], tensors[DOWN][0].numel()
    if kind == "loha":
        return tensors["hada_w1_a"].shape[0], tensors["hada_w1_b"][0].numel()
    (out1, in1), (out2, in2) = (_factor_size(tensors, name) for name in ("lokr_w1", "lokr_w2"))
    return out1 * out2, in1 * in2


def _factor_size(tensors: Mapping[str, Tensor], name: str) -> tuple[int, int]:
    whole = tensors.get(name)
    left, right = (tensors[f"{name}_a"], tensors[f"{name}_b"]) if whole is None else (whole, whole)
    return left.shape[0], right[0].numel()


def flat_change(kind: Kind, tensors: Mapping[str, Tensor]) -> Tensor:
    """The change [out, in·k·k] before it is scaled, without the magnitude."""
    if kind == "lora":
        return tensors[UP].flatten(1) @ tensors[DOWN].flatten(1)
    if kind == "loha":
        w1a, w1b, w2a, w2b = (tensors[f"hada_{name}"] for name in ("w1_a", "w1_b", "w2_a", "w2_b"))
        one = torch.ones((), dtype=w1a.dtype, device=w1a.device)
        # PEFT's product computes its halves again in the backward pass instead of keeping them.
        return make_weight(w1a, w1b.flatten(1), w2a, w2b.flatten(1), one)
    return torch.kron(factor(tensors, "lokr_w1"), factor(tensors, "lokr_w2"))


def factor(tensors: Mapping[str, Tensor], name: str) -> Tensor:
    """The factor ``name`` of a LoKr, [out, in], whole or from its two halves."""
    if name in tensors:
        return tensors[name].flatten(1)
    return tensors[f"{name}_a"] @ tensors[f"{name}_b"].flatten(1)


def gain(changed: Tensor, magnitude: Tensor) -> Tensor:
    """What stretches ``changed`` [out, in(, k, k)] to ``magnitude``, ready to be multiplied.

    Rows when the magnitude has one number per output, else columns. The length is a constant for
    the gradient (section 4.3 of the DoRA paper).
    """
    if by_rows(magnitude, changed):
        length = changed.detach().flatten(1).norm(dim=1).view(-1, *[1] * (changed.ndim - 1))
    else:
        columns = changed.detach().transpose(0, 1).flatten(1).norm(dim=1)
        length = columns.view(1, -1, *[1] * (changed.ndim - 2))
    return magnitude.reshape(length.shape) / length.clamp_min(torch.finfo(length.dtype).tiny)


def by_rows(magnitude: Tensor, weight: Tensor) -> bool:
    """Whether ``magnitude`` has one number per row of ``weight``."""
    return magnitude.numel() == weight.shape[0] and magnitude.shape[0] == weight.shape[0]


def fresh(
    kind: Kind,
    weight: Tensor,
    room: Room,
    generator: torch.Generator,
    form: LokrForm = LokrForm(),
) -> AdapterModule:
    """A new adapter for a layer with this weight: random, in float32, and changing nothing yet.

    Alpha 0 means alpha = rank. Draws from ``generator`` (on the CPU).
    """
    if kind == "lokr":
        tensors = _fresh_lokr(weight, room.rank, generator, form)
    else:
        tensors = (_fresh_lora if kind == "lora" else _fresh_loha)(weight, room.rank, generator)
    return AdapterModule(kind, tensors, room.alpha or float(room.rank))


def magnitude_of(weight: Tensor) -> Tensor:
    """The lengths of the rows of ``weight``, [out, 1(, 1, 1)] in float32."""
    lengths = weight.float().flatten(1).norm(dim=1)
    return lengths.view(-1, *[1] * (weight.ndim - 1))


def _fresh_lora(weight: Tensor, rank: int, generator: torch.Generator) -> dict[str, Tensor]:
    down = _uniform((rank, *weight.shape[1:]), generator)
    return {DOWN: down, UP: torch.zeros((weight.shape[0], rank, *[1] * (weight.ndim - 2)))}


def _fresh_loha(weight: Tensor, rank: int, generator: torch.Generator) -> dict[str, Tensor]:
    out, fan_in = weight.shape[0], weight[0].numel()
    return {
        "hada_w1_a": 0.1 * torch.randn(out, rank, generator=generator),
        "hada_w1_b": torch.randn(rank, fan_in, generator=generator),
        "hada_w2_a": torch.zeros(out, rank),
        "hada_w2_b": torch.randn(rank, fan_in, generator=generator),
    }


def _fresh_lokr(
    weight: Tensor, rank: int, generator: torch.Generator, form: LokrForm
) -> dict[str, Tensor]:
    """A rank that saves nothing leaves a factor whole, as LyCORIS decides it."""
    (out1, out2), (in1, in2) = (factorization(side, form.factor) for side in weight.shape[:2])
    kernel = tuple(weight.shape[2:])
    if form.both and rank < max(out1, in1) / 2:
        first = {
            "lokr_w1_a": _uniform((out1, rank), generator),
            "lokr_w1_b": _uniform((rank, in1), generator),
        }
    else:
        first = {"lokr_w1": _uniform((out1, in1), generator)}
    if rank >= max(out2, in2) / 2:
        return first | {"lokr_w2": torch.zeros((out2, in2, *kernel))}
    return first | {
        "lokr_w2_a": _uniform((out2, rank), generator),
        "lokr_w2_b": torch.zeros((rank, in2 * math.prod(kernel))),
    }


def _uniform(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Within 1/sqrt(fan in): Kaiming's uniform start with a = sqrt(5), as torch's layers have."""
    limit = 1 / math.sqrt(math.prod(shape[1:]))
    return torch.empty(shape, dtype=torch.float32).uniform_(-limit, limit, generator=generator)
