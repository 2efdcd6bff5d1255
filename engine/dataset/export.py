"""The job behind ExportRequest: a training folder with every edit baked in, or a zip.

The default layout is kohya's: ``<repeats>_<category>/<name>.png`` and ``.txt``; what the other
formats look like is in :mod:`engine.dataset.formats`. All of them keep ``manifest.json``, which
lists what was written and where it came from.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.dataset.formats.kohya import KohyaFolders, KohyaToml
from engine.dataset.formats.layout import Item, Layout, Row
from engine.dataset.formats.names import FreeNames
from engine.dataset.formats.records import ImageFolder, JsonLines, MetadataJson
from engine.dataset.formats.target import Target
from engine.dataset.library import Library
from engine.dataset.paths import clean
from engine.dataset.problem import missing_folder
from engine.dataset.requests import ExportRequest, ExportResult
from engine.dataset.samples import sample_of
from engine.imaging.decode import encode_png, read_size
from engine.project.project import Project
from engine.runtime.errors import BadInputError, MissingFileError, PictureError
from engine.runtime.files import write_bytes, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.dataset.picture import Picture
    from engine.runtime.job import Job

LAYOUTS: dict[str, type[Layout]] = {
    "kohya": KohyaFolders,
    "kohya-toml": KohyaToml,
    "metadata-json": MetadataJson,
    "jsonl": JsonLines,
    "imagefolder": ImageFolder,
}


def run(request: ExportRequest, job: Job) -> ExportResult:
    """Write the training folder or the zip. Emits ``export.done``.

    Only an empty folder or an earlier export is written into; pictures of an earlier export that
    no longer belong are removed, and what is there and still right is kept. Raises BadInputError
    when nothing is left to export.
    """
    project = Project.open(Path(request.project))
    said, pictures = _read(project, job)
    if request.format == "zip":
        from engine.dataset.formats.archive_out import pack

        result = pack(project, pictures, request, job)
    else:
        result = _write_folder(project, pictures, request, job)
    job.emit("export.done", folder=result.folder, count=result.count)
    return replace(result, notes=(*said, *result.notes, *_caption_notes(pictures)))


def count_of(pictures: Iterable[Picture], form: str) -> int:
    """How many of ``pictures`` an export in the format ``form`` writes, when all can be read."""
    if form == "zip":
        from engine.dataset.formats.archive_out import takes
    else:
        takes = LAYOUTS[form]().takes
    return sum(takes(picture) for picture in pictures)


def with_trigger(caption: str, trigger: str) -> str:
    """``caption`` with ``trigger`` as its first tag, unless it is that already."""
    if not trigger or caption.split(",")[0].strip() == trigger:
        return caption
    return f"{trigger}, {caption}" if caption.strip() else trigger


def _read(project: Project, job: Job) -> tuple[list[str], list[Picture]]:
    """All pictures, after what is to be said of their index and their folders."""
    with closing(Library(project.database, job=job)) as library:
        changes = library.scan(project.file.folders, job)
        notes = [str(missing_folder(folder)) for folder in changes.missing_folders]
        if library.set_aside is not None:
            notes.append(f"The index was damaged and read anew; it is kept as {library.set_aside}.")
        return notes, library.pictures()


def _caption_notes(pictures: list[Picture]) -> list[str]:
    """Captions that cannot be read, and what was written in their place."""
    instead = "The category {category} is written instead."
    return [
        f"{picture.caption_problem} "
        + (instead.format(category=picture.category) if picture.category else "It has none now.")
        for picture in pictures
        if picture.caption_problem and picture.usable
    ]


def _write_folder(
    project: Project, pictures: list[Picture], request: ExportRequest, job: Job
) -> ExportResult:
    layout = LAYOUTS[request.format]()
    chosen = [picture for picture in pictures if layout.takes(picture)]
    if not chosen:
        raise BadInputError(
            "No picture is left to export.",
            remedy="Add pictures, or take back some that were rejected.",
        )
    folder = os.path.abspath(request.destination or project.exports / "training")
    target = Target(Path(folder), project)
    items = _plan(chosen, project, layout)
    target.begin(f"{item.name}{end}" for item in items for end in (".png", ".txt", _MASK))
    writer = _Writer(target, layout, request, _trigger(project, request))
    entries, rows = writer.write_all(items, job)
    index = layout.index(target.folder, rows, project, request)
    for name, text in index.items():
        write_text(target.folder / name, text)
    target.finish(entries, sorted(index))
    problems = [p.problem for p in pictures if p.problem and p.flag != "rejected"]
    left_out = [picture for picture in pictures if not layout.takes(picture)]
    return ExportResult(
        str(target.folder),
        len(rows),
        sum(p.held_out and p.flag != "rejected" for p in pictures),
        (*problems, *writer.skipped),
        tuple(layout.notes(rows, left_out, request)),
    )


def _trigger(project: Project, request: ExportRequest) -> str:
    given = request.trigger_word
    return (project.file.trigger_word if given is None else given).strip()


def _plan(pictures: list[Picture], project: Project, layout: Layout) -> list[Item]:
    names = FreeNames()
    items = []
    for picture in pictures:
        sample = sample_of(picture, project)
        folder = layout.folder(picture, sample, project)
        name = names.take(f"{folder}/{clean(sample.path.stem)}")
        items.append(Item(picture, sample, name))
    return items


_MASK = "-masklabel.png"


@dataclass
class _Writer:
    target: Target
    layout: Layout
    request: ExportRequest
    trigger: str

    def __post_init__(self) -> None:
        self.skipped: list[str] = []

    def write_all(self, items: list[Item], job: Job) -> tuple[list[dict[str, Any]], list[Row]]:
        entries, rows = [], []
        # A picture takes as long as it has pixels.
        pixels = [0, *accumulate(item.sample.size[0] * item.sample.size[1] for item in items)]
        for number, item in enumerate(items):
            job.breathe()
            share = pixels[number] / max(1, pixels[-1])
            name = item.sample.path.name
            job.progress(number, len(items), "{name}", share=share, name=name)
            try:
                entry, row = self._write(item)
            except (PictureError, MissingFileError) as error:
                self.skipped.append(str(error))
                continue
            entries.append(entry)
            rows.append(row)
        job.progress(len(items), len(items))
        return entries, rows

    def _write(self, item: Item) -> tuple[dict[str, Any], Row]:
        """One picture with its mask and caption; its line of the manifest, and its row."""
        name, sample = f"{item.name}.png", item.sample
        of = _made_of(item, self.request)
        mask = self._mask_name(item)
        kept = self.target.is_made(name, of) and (not mask or self._is_there(mask))
        if not kept:
            mask = self._bake(item, name)
        caption = with_trigger(sample.caption, self.trigger)
        size = read_size(self.target.folder / name)
        files = [name, *self._write_caption(item, caption), *([mask] if mask else [])]
        entry = {
            "source": clean(str(sample.path)),
            "files": files,
            "size": list(size),
            "repeats": sample.repeats,
            **self.target.note(name, of),
        }
        return entry, Row(item, size, caption, mask)

    def _mask_name(self, item: Item) -> str:
        """The mask file a picture will have beside it, empty for none."""
        masked = any(step.kind == "mask" and step.on for step in item.sample.recipe.steps)
        return item.name + _MASK if masked and self.request.masks == "beside" else ""

    def _bake(self, item: Item, name: str) -> str:
        """Write the picture and its mask; the mask's file name, empty for none."""
        baked = item.sample.bake()
        pixels, mask = baked.rgb, ""
        if baked.mask is not None and self.request.masks == "alpha":
            pixels = np.dstack([pixels, baked.mask])
        if baked.mask is not None and self.request.masks == "beside":
            mask = item.name + _MASK
            write_bytes(self.target.folder / mask, encode_png(baked.mask))
        write_bytes(self.target.folder / name, encode_png(pixels))
        return mask

    def _write_caption(self, item: Item, caption: str) -> list[str]:
        if not self.layout.side_captions or not caption.strip():
            return []  # kohya's trainer stops at a caption file without text
        path = self.target.folder / f"{item.name}.txt"
        if not _holds(path, caption):
            write_text(path, caption)
        return [f"{item.name}.txt"]

    def _is_there(self, name: str) -> bool:
        return (self.target.folder / name).is_file()


def _made_of(item: Item, request: ExportRequest) -> str:
    """Changes whenever the exported pixels would."""
    facts = [
        str(item.sample.path),
        item.picture.modified,
        item.picture.bytes,
        item.sample.recipe.model_dump_json(),
        item.sample.fill.model_dump_json(),
        request.masks,
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode("utf-8")
    except OSError:
        return False
