"""The next run as plain values: what the few simple fields mean, and what will happen."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from engine.dataset.buckets import usual_step
from engine.models.family import STARTER
from engine.runtime.schema import validated
from engine.training.config import TrainRequest
from engine.training.schedules import length
from engine.training.settings.names import MOST_LETTERS, fitting
from engine.training.traits import Traits, starter_traits, traits_of_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from app.dataset.outlook import Outlook
    from engine.dataset.library import Picture
    from engine.models.inspect import ModelInfo
    from engine.project.project import ProjectFile

Quality = Literal["draft", "good", "best"]
ranks = (4, 16, 32, 48, 64)
"""Ticks under the strength slider; Advanced takes any rank."""
most_detail = 2.0
_COUNTED = re.compile(r"(.*\D)(\d{1,3})", re.DOTALL)  # more digits are a date or an id
_ROOM = len("-v9999")
most_told = 12
"""So many captions are enough to find sample prompts among."""


@dataclass(frozen=True)
class BaseModel:
    """A model that can learn. ``size`` is its own picture size in pixels, ``rate`` the usual
    learning rate of its UNet, ``batch`` the pictures learned from together, ``detail`` what it
    usually is taught first, from 0, light and large shapes, to 2. ``traits`` is what settings must
    fit to, as far as its file tells.
    """

    ref: str
    label: str
    size: int
    rate: float
    batch: int
    convolutions: bool = False
    detail: float = 1.0
    traits: Traits | None = None

    @property
    def step(self) -> int:
        """Multiples that bucket sides have."""
        return usual_step(self.size)

    @property
    def two_encoders(self) -> bool:
        """Whether it has two text encoders; one that is not known is held to have."""
        return self.traits is None or len(self.traits.family.text_encoders) > 1


# The starter is small and far from its limits: it learns a style in a minute at ten times the
# usual rate, only with its convolutions, and with every noise level weighed alike.
starter = BaseModel(
    STARTER, "Starter model", 128, 1e-3, 8, convolutions=True, detail=2.0, traits=starter_traits()
)


def base_model(info: ModelInfo) -> BaseModel:
    """A model of the user's, with the usual values of its family."""
    traits = traits_of_file(info)
    size = traits.native_size
    return BaseModel(info.ref, info.name, size, 1e-4, 1 if size > 512 else 2, traits=traits)


def resolution(base: BaseModel, quality: Quality) -> int:
    """The training size in pixels; a draft has three quarters of the side."""
    return base.size * 3 // 4 if quality == "draft" else base.size


def quality_values(base: BaseModel, quality: Quality) -> dict[str, Any]:
    """The settings that ``quality`` stands for."""
    return {
        "resolution": str(resolution(base, quality)),
        "text_encoder_lr": base.rate / 2 if quality == "best" else 0.0,
    }


def quality_of(base: BaseModel, values: dict[str, Any]) -> Quality | None:
    """The quality whose settings ``values`` has, None when Advanced made something else."""
    options: tuple[Quality, ...] = ("draft", "good", "best")
    for quality in options:
        wanted = quality_values(base, quality)
        if all(values.get(key) == value for key, value in wanted.items()):
            return quality
    return None


def strength_values(base: BaseModel, rank: int) -> dict[str, Any]:
    """The settings of a style strength: alpha equals rank, so that only the room changes."""
    conv = {"conv_dim": rank, "conv_alpha": float(rank)} if base.convolutions else {"conv_dim": 0}
    return {"network_dim": rank, "network_alpha": float(rank), **conv}


def detail_values(detail: float) -> dict[str, Any]:
    """The settings of a detail from 0, light and large shapes, to 2, where every noise level weighs
    alike and nothing helps the large ones.
    """
    if detail >= most_detail:
        return {"noise_offset": 0.0, "min_snr_gamma": 0.0}
    return {
        "noise_offset": round(0.04 * (most_detail - detail), 3),
        "min_snr_gamma": round(5.0**detail, 1),
    }


def detail_of(values: dict[str, Any]) -> float:
    """The detail nearest to the settings: Advanced may have made what no detail stands for."""
    gamma = float(values["min_snr_gamma"])
    if gamma <= 0:
        return most_detail
    return min(most_detail - 0.1, max(0.0, round(math.log(gamma, 5), 1)))


def rhythm(epochs: int) -> dict[str, int]:
    """How often a run of ``epochs`` saves and draws samples: six times, or every epoch."""
    every = max(1, round(epochs / 6))
    return {"save_every_n_epochs": every, "sample_every_n_epochs": every}


def base_values(base: BaseModel, quality: Quality, rank: int, detail: float) -> dict[str, Any]:
    """The settings that follow from the choice of the base model."""
    return {
        "base_model": base.ref,
        "unet_lr": base.rate,
        "train_batch_size": base.batch,
        "bucket_reso_steps": base.step,
        **quality_values(base, quality),
        **strength_values(base, rank),
        **detail_values(detail),
    }


def first_values(project: Path, name: str, trigger_word: str, base: BaseModel) -> dict[str, Any]:
    """The settings a new run starts from."""
    return {
        **_defaults(),
        "project": str(project),
        "output_name": name,
        "trigger_word": trigger_word,
        **base_values(base, "good", 16, base.detail),
    }


def project_values(file: ProjectFile, base: BaseModel) -> dict[str, Any]:
    """What was chosen for a project of the settings that a new run on ``base`` begins with."""
    return {"resolution": str(file.resolution)} if base == starter else {}


@cache
def _defaults() -> Mapping[str, Any]:
    return TrainRequest.model_construct().model_dump()


def next_name(names: Sequence[str], project: str) -> str:
    """The newest of ``names``, which come first, counted up to what is free: ``cozy_v5`` after
    ``cozy_v4``, ``cozy-v2`` after ``cozy``. Without any, ``project-v1``.
    """
    newest, taken = next(iter(names), ""), {name.casefold() for name in names}
    counted = _COUNTED.fullmatch(newest)
    if counted is not None:
        stem, digits = counted.groups()
        stem = stem if len(stem) + len(digits) < MOST_LETTERS else fitting(stem, room=_ROOM)
    else:
        stem, digits = newest or "-".join(project.lower().split()), "1" if newest else "0"
        stem = f"{fitting(stem, room=_ROOM) or 'style'}-v"
    number = int(digits) + 1
    while f"{stem}{number:0{len(digits)}}".casefold() in taken:
        number += 1
    return f"{stem}{number:0{len(digits)}}"


def told(pictures: Sequence[Picture]) -> list[str]:
    """The captions to choose sample prompts from: those of held-out pictures first, because they
    show what was understood and not what was copied.
    """
    ordered = sorted(pictures, key=lambda item: (not item.held_out, -item.stars, item.name))
    captions = (item.caption.strip() for item in ordered if item.flag != "rejected")
    return list(islice(dict.fromkeys(filter(None, captions)), most_told))


def sample_prompts(captions: Sequence[str], trigger_word: str, count: int = 3) -> list[str]:
    """What to draw while training: ``captions`` that begin with the trigger word."""
    called = (
        caption if caption.startswith(trigger_word) else f"{trigger_word}, {caption}"
        for caption in captions
    )
    return list(dict.fromkeys(called))[:count]


def request_of(values: dict[str, Any]) -> TrainRequest:
    """The frozen request. Raises BadInputError with one sentence about the first wrong setting."""
    return validated(TrainRequest, values)


@dataclass(frozen=True)
class Plan:
    """What a run will do. ``draws`` is how often each picture is seen, on average; ``done`` of the
    steps were made before it goes on.
    """

    outlook: Outlook
    steps_per_epoch: int
    epochs: int
    steps: int
    draws: float
    done: int = 0

    @property
    def left(self) -> int:
        """The steps that will be made."""
        return max(0, self.steps - self.done)


def plan(request: TrainRequest, outlook: Outlook, done: int = 0) -> Plan:
    """Count the steps of a run that reads what ``outlook`` says and goes on after ``done``."""
    if not outlook.steps:
        return Plan(outlook, 0, 0, 0, 0.0)
    run = length(request, outlook.steps)
    times = run.updates / run.updates_per_epoch * outlook.draws / outlook.train
    return Plan(outlook, run.updates_per_epoch, run.epochs, run.updates, times, done)


def checkpoints(values: dict[str, Any], plan: Plan) -> int:
    """How many checkpoints are there when the run has ended."""
    every = int(values["save_every_n_epochs"])
    if wanted := int(values["save_n_epoch_ratio"]):
        every = max(1, plan.epochs // wanted)
    of_epochs = (plan.epochs - 1) // every if every else 0
    steps = int(values["save_every_n_steps"])
    of_steps = plan.steps // steps if steps else 0
    return (
        _kept(of_epochs, values["save_last_n_epochs"])
        + _kept(of_steps, values["save_last_n_steps"])
        + 1
    )


def _kept(count: int, last: int) -> int:
    """How many of ``count`` stay where only the ``last`` are kept; 0 keeps all."""
    return min(count, last) if last else count
