"""Formats that list pictures and captions in one file: metadata JSON, JSON lines, imagefolder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from engine.dataset.formats.layout import Layout
from engine.dataset.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from engine.dataset.formats.layout import Row
    from engine.dataset.picture import Picture
    from engine.dataset.requests import ExportRequest
    from engine.dataset.samples import Sample
    from engine.project.project import Project

METADATA = "metadata.json"
LINES = "captions.jsonl"
IMAGEFOLDER = "metadata.jsonl"
TRAIN, VALIDATION = "train", "validation"


class MetadataJson(Layout):
    """Kohya's fine-tuning file: ``{path: {"tags" or "caption", "image_size"}}``."""

    def index(
        self, target: Path, rows: Sequence[Row], project: Project, request: ExportRequest
    ) -> dict[str, str]:
        table = {row.file: _spoken(row) for row in rows}
        return {METADATA: json.dumps(table, indent=1, ensure_ascii=False) + "\n"}

    def notes(
        self, rows: Sequence[Row], left_out: Sequence[Picture], request: ExportRequest
    ) -> list[Problem]:
        told = super().notes(rows, left_out, request)
        if len({row.item.sample.repeats for row in rows}) > 1:
            told.append(
                Problem(
                    "Repeats differ, and a metadata JSON has no place for them.",
                    remedy="Export kohya folders to keep them.",
                )
            )
        return told


class JsonLines(Layout):
    """One JSON object per line, with the keys kohya's scripts read and ours beside them."""

    def index(
        self, target: Path, rows: Sequence[Row], project: Project, request: ExportRequest
    ) -> dict[str, str]:
        return {
            LINES: _lines(
                {
                    "image_path": row.file,
                    "caption": row.caption,
                    "image_size": list(row.size),
                    **_ours(row),
                    **({"mask_path": row.mask} if row.mask else {}),
                }
                for row in rows
            )
        }


class ImageFolder(Layout):
    """Hugging Face's imagefolder: ``train/`` and ``validation/``, each with ``metadata.jsonl``."""

    splits: ClassVar[bool] = True

    def folder(self, picture: Picture, sample: Sample, project: Project) -> str:
        part = VALIDATION if picture.held_out else TRAIN
        return f"{part}/{super().folder(picture, sample, project)}"

    def index(
        self, target: Path, rows: Sequence[Row], project: Project, request: ExportRequest
    ) -> dict[str, str]:
        parts: dict[str, list[Row]] = {}
        for row in rows:
            parts.setdefault(row.file.partition("/")[0], []).append(row)
        return {
            f"{part}/{IMAGEFOLDER}": _lines(_columns(part, members))
            for part, members in parts.items()
        }


def _columns(part: str, rows: Sequence[Row]) -> Iterable[dict[str, Any]]:
    """Rows with the same columns each: readers of tables infer them from the first rows."""
    masked = any(row.mask for row in rows)
    for row in rows:
        values = {"file_name": row.file.removeprefix(f"{part}/"), "text": row.caption, **_ours(row)}
        if masked:
            values["mask_file_name"] = row.mask.removeprefix(f"{part}/") or None
        yield values


def _ours(row: Row) -> dict[str, Any]:
    return {"category": row.item.sample.category, "repeats": row.item.sample.repeats}


def _spoken(row: Row) -> dict[str, Any]:
    return {
        "tags" if is_tags(row.caption) else "caption": row.caption,
        "image_size": list(row.size),
    }


def is_tags(caption: str) -> bool:
    """Whether a caption is a list of tags, not prose: commas, one line, no full stop at the end."""
    text = caption.strip()
    return "," in text and "\n" not in text and not text.endswith((".", "!", "?"))


def _lines(values: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)
