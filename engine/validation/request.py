"""The request for a grid, and the cells it asks for. Light: no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from pydantic import FiniteFloat, field_validator

from engine.runtime.job import Request
from engine.runtime.schema import setting
from engine.sampling.request import ImageRequest, LoraUse
from engine.validation.axes import parse_floats, parse_integers


class GridRequest(Request):
    """Pictures over checkpoints x weights x seeds x prompts.

    ``image`` holds what all cells share: model, negative prompt, size, sampling, batch size, and
    LoRAs beside the one under test; its prompt, seed and count are not used. ``folder`` receives
    ``grid.json`` and ``grid.png``; finished cells are kept in ``cells`` (by default inside
    ``folder``), which several grids may share.

    Events: ``grid.planned`` {folder, cells: [{id, checkpoint, weight, seed, prompt}], cached,
    request}, ``grid.cell`` {id, path, cached, checkpoint, weight, seed, prompt, error} for each,
    ``grid.finished`` {folder, picture, rendered, cached, failed}.
    """

    handler: ClassVar[str] = "engine.validation.grid:run"
    title_key: ClassVar[str] = "Grid {name}"

    folder: str
    cells: str = ""
    image: ImageRequest = ImageRequest()
    checkpoints: tuple[str, ...] = setting(
        ("",),
        label="Checkpoints",
        help="LoRA files to compare; an empty name is the base model alone.",
        group="Axes",
        level="simple",
        min_length=1,
    )
    weights: tuple[FiniteFloat, ...] = setting(
        (1.0,),
        label="LoRA weight",
        help="Weights to try. 0 is the base model, drawn once for all checkpoints.",
        group="Axes",
        level="simple",
        min_length=1,
    )
    seeds: tuple[int, ...] = setting(
        (1,),
        label="Seed",
        help="Each seed is a picture of its own for every checkpoint, weight and prompt.",
        group="Axes",
        level="simple",
        min_length=1,
    )
    prompts: tuple[str, ...] = setting(
        ("",),
        label="Prompts",
        help="One prompt per column group.",
        group="Axes",
        level="simple",
        min_length=1,
    )

    @field_validator("weights", mode="before")
    @classmethod
    def _typed_weights(cls, value: Any) -> Any:
        return parse_floats(value) if isinstance(value, str) else value

    @field_validator("seeds", mode="before")
    @classmethod
    def _typed_seeds(cls, value: Any) -> Any:
        return parse_integers(value) if isinstance(value, str) else value

    @field_validator("checkpoints", "weights", "seeds", "prompts")
    @classmethod
    def _each_once(cls, values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(dict.fromkeys(values))

    @property
    def subject(self) -> str:
        """The name of the grid's folder."""
        return Path(self.folder).name

    @property
    def cells_folder(self) -> Path:
        """Where finished cells are kept."""
        return Path(self.cells) if self.cells else Path(self.folder) / "cells"

    def smaller(self) -> GridRequest | None:
        """Fewer cells at once; None when it is one already."""
        image = self.image.smaller()
        return None if image is None else self.model_copy(update={"image": image})

    def positions(self) -> list[Position]:
        """Every place of the grid, checkpoint by checkpoint, then weight, prompt, seed."""
        return [
            Position(checkpoint, weight, seed, prompt)
            for checkpoint in self.checkpoints
            for weight in self.weights
            for prompt in self.prompts
            for seed in self.seeds
        ]

    def distinct(self) -> int:
        """How many pictures the places need; the base model is drawn once for all of them.

        An upper bound; only the hashes of the files tell whether two checkpoints are the same.
        """
        return len(
            {
                (at.checkpoint, at.weight, at.seed, at.prompt)
                if at.uses_lora
                else ("", 0.0, at.seed, at.prompt)
                for at in self.positions()
            }
        )

    def image_at(self, position: Position) -> ImageRequest:
        """The fully resolved request for one position; weight 0 leaves the LoRA out."""
        loras = self.image.loras
        if position.uses_lora:
            loras = (*loras, LoraUse(path=position.checkpoint, weight=position.weight))
        return self.image.model_copy(
            update={
                "prompt": position.prompt,
                "seed": position.seed,
                "count": 1,
                "loras": loras,
            }
        )


@dataclass(frozen=True)
class Position:
    """One place of a grid. An empty ``checkpoint`` is the base model."""

    checkpoint: str
    weight: float
    seed: int
    prompt: str

    @property
    def uses_lora(self) -> bool:
        """Whether the checkpoint has any effect here."""
        return bool(self.checkpoint) and self.weight != 0.0


@dataclass(frozen=True)
class GridResult:
    """A finished grid: where it is, and how many cells were drawn, reused, or failed."""

    folder: Path
    picture: Path
    rendered: int
    cached: int
    failed: int
