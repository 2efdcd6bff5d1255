"""The weight that a LoRA is first used with, as its user has set it: kept for the file's content,
so that it outlives a move and a new name, and never written into the file.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from pathlib import Path

from engine.models.inspect import ModelInfo
from engine.project.settings import data_dir
from engine.runtime.files import write_json

USUAL = 1.0
log = logging.getLogger(__name__)


def weights_path() -> Path:
    """Where the weights are kept."""
    return data_dir() / "lora_weights.json"


def weight_key(info: ModelInfo) -> str:
    """What tells the content of a LoRA file: the hash it was saved with, else name and size."""
    return info.metadata.get("sshs_model_hash", "") or f"{info.path.name} {info.bytes}"


def read_weights() -> dict[str, float]:
    """All that were set; those that cannot be read are left out. Never raises."""
    try:
        values = json.loads(weights_path().read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        log.warning("%s cannot be read: %s", weights_path(), error)
        return {}
    known = values.items() if isinstance(values, dict) else ()
    return {key: float(value) for key, value in known if _is_number(value)}


def write_weights(weights: Mapping[str, float]) -> None:
    """Keep them all: a team may have approved another than the usual one. Raises StorageError."""
    write_json(weights_path(), dict(sorted(weights.items())))


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]
