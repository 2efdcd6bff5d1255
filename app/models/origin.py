"""How a tool has made a model file out of others, as its header tells it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from app.i18n import joined, tr
from engine.models.family import STARTER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.models.inspect import ModelInfo

SOURCES, STRENGTHS = "modelspec.merged_from", "ss_merged_ratios"
"""Where a file keeps the names of those that were added up, and their strengths."""
BAKED_INTO, RESIZED_FROM = "ss_baked_into", "ss_resized_from"
"""Where it keeps the name of the one that they were added to, or of itself before."""
COMMENT = "ss_training_comment"

# How training names what it saves at the end of an epoch.
CHECKPOINT = re.compile(r"(?P<run>.+)-(?P<epoch>\d{6})")
# What the tool that makes ranks smaller writes before the comment of the file.
_RESIZED = re.compile(r"resized to rank (?P<rank>\d+) \(\w+\)(?:; ?(?P<before>.*))?", re.DOTALL)


def is_sum(info: ModelInfo) -> bool:
    """Whether several files were added up: a training of its own it has none."""
    return bool(info.metadata.get(SOURCES))


def sources_of(meta: Mapping[str, str]) -> list[str]:
    """What was added up: each file by its name, with its strength where that is told."""
    said = meta.get(SOURCES, "")
    files, strengths = said.split(", "), _strengths(meta.get(STRENGTHS, ""))
    if len(files) != len(strengths):  # by another program, or a comma in a name
        return [said] if said else []
    return [
        tr("{name} at {strength}", name=_called(file), strength=f"{strength:g}")
        for file, strength in zip(files, strengths, strict=True)
    ]


def made_from(info: ModelInfo) -> str:
    """In few words what the file was made of, or what its training saved it as."""
    if before := _before(info):
        return tr("Resized from {name}", name=before)
    return tr("Merged") if is_sum(info) else trained_as(info.metadata)


def origin_of(info: ModelInfo) -> str:
    """How the file was made of others, in sentences; empty when it was not."""
    meta, told = info.metadata, []
    sources = tr("; ").join(sources_of(meta))  # a name holds a comma
    base, (rank, _) = _called(meta.get(BAKED_INTO, "")), _resized(meta)
    if sources and base:
        told.append(tr("{base} with {sources} baked in.", base=base, sources=sources))
    elif sources:
        told.append(tr("Merged from {sources}.", sources=sources))
    if before := _before(info):
        told.append(tr("Resized from {name} to rank {rank}.", name=before, rank=rank))
    elif rank:
        told.append(tr("Resized to rank {rank}.", rank=rank))
    return joined(told)


def trained_as(meta: Mapping[str, str]) -> str:
    """Run and epoch that the header tells; they are of the first file where several were merged."""
    run, epoch = meta.get("ss_output_name", ""), meta.get("ss_epoch", "")
    if not epoch.isdecimal():
        return ""
    if run in ("", "None"):
        return tr("Epoch {n}", n=epoch)
    return tr("{name}, epoch {n}", name=run, n=epoch)


def comment_of(meta: Mapping[str, str]) -> str:
    """What somebody wrote of the training; kohya's scripts write None where nobody did."""
    _, comment = _resized(meta)
    return "" if comment == "None" else comment


def _resized(meta: Mapping[str, str]) -> tuple[str, str]:
    """The rank that a file was last brought to, or "", and the comment it had before."""
    comment, last = meta.get(COMMENT, ""), ""
    while found := _RESIZED.fullmatch(comment):
        last = last or found["rank"]
        comment = found["before"] or ""
    return last, comment


def _before(info: ModelInfo) -> str:
    """What a file of a smaller rank was before; older ones tell only the training it had."""
    meta = info.metadata
    if not _resized(meta)[0]:
        return ""
    return _called(meta.get(RESIZED_FROM, "")) or ("" if is_sum(info) else trained_as(meta))


def _strengths(said: str) -> list[float]:
    try:
        values: Any = json.loads(said)
    except (ValueError, RecursionError):
        return []
    good = isinstance(values, list) and all(type(one) in (int, float) for one in values)
    return values if good else []


def _called(file: str) -> str:
    """A checkpoint by run and epoch, the starter by its label, another without its ending."""
    if file == STARTER:
        return tr("Starter model")
    stem = file.removesuffix(".safetensors")
    numbered = CHECKPOINT.fullmatch(stem)
    if numbered is None:
        return stem
    return tr("{name}, epoch {n}", name=numbered["run"], n=int(numbered["epoch"]))
