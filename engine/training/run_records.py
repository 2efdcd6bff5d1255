"""What the events of a run tell of the files it wrote."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

STATE_FILE = "state.pt"


@dataclass(frozen=True)
class Checkpoint:
    """A saved adapter. ``loss`` is the moving average when it was saved; ``held_out_loss`` and
    ``seen_loss`` are measured with the same noise at every checkpoint, None without held-out
    pictures.
    """

    epoch: int
    step: int
    path: Path
    loss: float
    held_out_loss: float | None = None
    seen_loss: float | None = None

    @classmethod
    def read(cls, row: dict[str, Any], run: Path) -> Checkpoint:
        """From an event of the run in the folder ``run``, which may have moved since."""
        return cls(
            epoch=int(row["epoch"]),
            step=int(row["step"]),
            path=run / "checkpoints" / Path(row["path"]).name,
            loss=float(row["loss"]),
            held_out_loss=_number(row.get("held_out_loss")),
            seen_loss=_number(row.get("seen_loss")),
        )


@dataclass(frozen=True)
class SamplePicture:
    """A picture drawn while training; epoch 0 is before the first step."""

    epoch: int
    step: int
    index: int
    prompt: str
    seed: int
    path: Path

    @classmethod
    def read(cls, row: dict[str, Any], run: Path) -> SamplePicture:
        """From an event of the run in the folder ``run``."""
        return cls(
            epoch=int(row["epoch"]),
            step=int(row["step"]),
            index=int(row["index"]),
            prompt=str(row["prompt"]),
            seed=int(row["seed"]),
            path=run / "samples" / Path(row["path"]).name,
        )


@dataclass(frozen=True)
class SavedState:
    """What a run needs to go on from a step; ``path`` is its folder. A ``passing`` one is kept only
    until the run has ended well.
    """

    epoch: int
    step: int
    path: Path
    passing: bool = False

    @classmethod
    def read(cls, row: dict[str, Any], run: Path) -> SavedState:
        """From an event of the run in the folder ``run``."""
        path = run / "states" / Path(row["path"]).name
        return cls(int(row["epoch"]), int(row["step"]), path, row.get("passing") is True)


@dataclass(frozen=True)
class Band:
    """Losses of held-out and of trained pictures at one noise level."""

    timestep: int
    loss: float
    seen_loss: float

    @classmethod
    def read(cls, row: dict[str, Any]) -> Band:
        """From one of the bands of a measurement."""
        return cls(int(row["timestep"]), float(row["loss"]), float(row["seen_loss"]))


@dataclass(frozen=True)
class PictureLosses:
    """The losses of the held-out pictures at one place of a run, on the same noise at every place:
    those of two places are pairs where they have the same ``names``.
    """

    step: int
    names: tuple[str, ...]
    losses: tuple[float, ...]

    @classmethod
    def read(cls, row: dict[str, Any], _: Path) -> PictureLosses:
        """From an event of a measurement; of an older run it has no pictures."""
        found = [(str(one["name"]), float(one["loss"])) for one in row.get("pictures", ())]
        names, losses = tuple(name for name, _ in found), tuple(loss for _, loss in found)
        return cls(int(row["step"]), names, losses)


@dataclass(frozen=True)
class StopSuggestion:
    """At ``step`` the held-out loss had not been better since ``best_step`` for some time."""

    epoch: int
    step: int
    best_epoch: int
    best_step: int
    best_loss: float
    loss: float

    @classmethod
    def read(cls, row: dict[str, Any], run: Path) -> StopSuggestion:
        """From an event of the run in the folder ``run``."""
        return cls(
            epoch=int(row["epoch"]),
            step=int(row["step"]),
            best_epoch=int(row["best_epoch"]),
            best_step=int(row["best_step"]),
            best_loss=float(row["best_loss"]),
            loss=float(row["loss"]),
        )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
