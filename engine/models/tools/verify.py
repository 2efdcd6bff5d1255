"""A look at every tensor of a LoRA file: sizes, zeros, what is no number, what lacks its half."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.models import lora_keys
from engine.models.adapter_file import own_parts, plain
from engine.models.adapter_kinds import STARTS_AT_ZERO, belong_together, kind_of
from engine.models.hashes import data_sha256
from engine.models.headers import read_header
from engine.models.tools.files import no_lora
from engine.models.tools.requests import ToolResult, VerifyRequest
from engine.models.weights import read_tensors
from engine.runtime.files import write_text
from engine.runtime.job import Job
from engine.runtime.sources import keep_sources

COLUMNS = ("name", "shape", "dtype", "mean", "smallest", "largest", "zeros", "not_numbers")


def run(request: VerifyRequest, job: Job) -> ToolResult:
    """Check the file. Notes: ``tensors`` (rows of :data:`COLUMNS`), ``not_numbers``, ``untrained``
    (modules that change nothing), ``incomplete`` (modules that lack a half), ``mismatched``
    (modules whose halves do not belong together), ``unknown`` keys,
    ``hash`` ("right", "wrong", or "" when the file has none), and ``good``.

    With ``out`` the rows are also written as CSV. ModelFileError for a file that cannot be read or
    holds no LoRA.
    """
    path = Path(request.file)
    if request.out:
        keep_sources(Path(request.out), [path])
    tensors = read_tensors(path)
    if not any(map(_module_of, tensors)):
        raise no_lora(path)
    rows = []
    for number, (name, tensor) in enumerate(tensors.items()):
        job.breathe()
        job.progress(number, len(tensors), "Checking weights")
        rows.append(_row(name, tensor))
    notes = {"tensors": rows, **_judged(tensors, rows), "hash": _hash(path)}
    notes["good"] = notes["hash"] != "wrong" and not any(
        notes[name] for name in ("not_numbers", "untrained", "incomplete", "mismatched")
    )
    if request.out:
        write_text(Path(request.out), _as_csv(rows))
    return ToolResult(request.out, notes)


def _row(name: str, tensor: Tensor) -> dict[str, Any]:
    values = tensor.float()
    lengths = values.abs()
    finite = torch.isfinite(values)
    some = values.numel() > 0
    return {
        "name": name,
        "shape": list(tensor.shape),
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "mean": float(lengths[finite].mean()) if finite.any() else 0.0,
        "smallest": float(lengths[finite].min()) if finite.any() else 0.0,
        "largest": float(lengths[finite].max()) if finite.any() else 0.0,
        "zeros": float((values == 0).float().mean()) if some else 0.0,
        "not_numbers": int((~finite).sum()),
    }


def _judged(tensors: dict[str, Tensor], rows: list[dict[str, Any]]) -> dict[str, Any]:
    endings: dict[str, dict[str, str]] = {}
    unknown = []
    for key in tensors:
        found = _module_of(key)
        if found is None:
            unknown.append(key)
        else:
            endings.setdefault(found[0], {})[found[1]] = key
    untrained, incomplete, mismatched = [], [], []
    for module, keys in endings.items():
        parts = plain({ending: tensors[key] for ending, key in keys.items()})
        kind = kind_of(parts)
        if kind is None:
            incomplete.append(module)
        elif not belong_together(kind, own_parts(kind, parts)):
            mismatched.append(module)
        starts = [tensors[keys[ending]] for ending in STARTS_AT_ZERO if ending in keys]
        if starts and not any(bool(tensor.float().any()) for tensor in starts):
            untrained.append(module)
    return {
        "not_numbers": [row["name"] for row in rows if row["not_numbers"]],
        "untrained": untrained,
        "incomplete": incomplete,
        "mismatched": mismatched,
        "unknown": unknown,
    }


def _module_of(key: str) -> tuple[str, str] | None:
    """The module and the ending of a key; None where it is not of a LoRA."""
    found = lora_keys.split_adapter_key(key)
    return found if found is not None and lora_keys.parse_module(found[0]) is not None else None


def _hash(path: Path) -> str:
    if path.suffix.lower() != ".safetensors":
        return ""
    said = read_header(path).metadata.get("sshs_model_hash", "")
    if not said:
        return ""
    return "right" if said == data_sha256(path) else "wrong"


def _as_csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        values = {**row, "shape": "x".join(map(str, row["shape"]))}
        writer.writerow([values[name] for name in COLUMNS])
    return text.getvalue()
