"""How fast this computer draws, from what it has drawn: one number for each device and model.

Kept in ``pace.json`` in the user's data folder. The unit is seconds for one evaluation of the model
on a million pixels, so that other sizes and step counts can be estimated.
"""

from __future__ import annotations

import contextlib
import json
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.project.settings import data_dir
from engine.runtime.errors import StorageError
from engine.runtime.files import write_json
from engine.sampling.request import ImageRequest

NAME = "pace.json"
KEPT = 6
"""Measurements of a device and model that the median is taken of: few, so that the newest tell."""


def work_of(image: ImageRequest, pixels: int) -> float:
    """What a picture of ``pixels`` costs, in evaluations of a million pixels."""
    evaluations = image.steps * (1 if image.guidance_scale == 1 else 2)
    share = 1.0 if image.init_image is None else image.strength
    return evaluations * share * pixels / 1e6


@dataclass
class Pace:
    """Measurements of one run of drawing, by the base model they were made with."""

    measured: dict[str, list[float]] = field(default_factory=dict)

    def note(self, model: str, work: float, seconds: float) -> None:
        """``seconds`` were needed for ``work``."""
        if work > 0 and seconds > 0:
            self.measured.setdefault(_name(model), []).append(seconds / work)

    def keep(self, device: str) -> None:
        """Add what was measured to what is known of ``device``. An estimate is worth no error: a
        disk without room keeps the old one.
        """
        if not self.measured:
            return
        record = _read()
        known = record["paces"].setdefault(device, {})
        for name, values in self.measured.items():
            known[name] = [*_numbers(known.get(name)), *values][-KEPT:]
        record["device"] = device
        try:
            write_json(_path(), record)
        except StorageError:
            return


def seconds_for(model: str, work: float) -> float | None:
    """How long ``work`` takes on the device that was drawn with last; None when ``model`` was never
    drawn with there.
    """
    record = _read()
    known = record["paces"].get(record["device"])
    values = _numbers(known.get(_name(model)) if isinstance(known, dict) else None)
    return work * statistics.median(values) if values else None


def _name(model: str) -> str:
    return Path(model).name


def _path() -> Path:
    return data_dir() / NAME


def _read() -> dict[str, Any]:
    # Where nothing was measured yet, or the file is damaged, nothing is known.
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError, RecursionError):
        record = json.loads(_path().read_text("utf-8"))
        if isinstance(record["paces"], dict) and isinstance(record["device"], str):
            return {"device": record["device"], "paces": record["paces"]}
    return {"device": "", "paces": {}}


def _numbers(values: Any) -> list[float]:
    found = values if isinstance(values, list) else []
    return [float(value) for value in found if isinstance(value, (int, float)) and value > 0]
