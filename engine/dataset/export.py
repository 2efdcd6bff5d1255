"""The job behind ExportRequest: a training folder with every edit baked in.

Layout: ``<repeats>_<category>/<name>.png`` and ``.txt``, regularization pictures in the same layout
under ``reg/``, and ``manifest.json`` that lists what was written and where it came from.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from contextlib import closing
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.dataset.edits import bake
from engine.dataset.library import Library
from engine.dataset.problem import missing_folder
from engine.dataset.requests import ExportRequest, ExportResult
from engine.dataset.samples import Sample, sample_of
from engine.imaging.decode import encode_png, load_rgba
from engine.project.project import Project
from engine.runtime.errors import BadInputError, MissingFileError, PictureError
from engine.runtime.files import storage_errors, write_bytes, write_json, write_text

if TYPE_CHECKING:
    from engine.dataset.picture import Picture
    from engine.runtime.job import Job

MANIFEST = "manifest.json"


def run(request: ExportRequest, job: Job) -> ExportResult:
    """Write the training folder. Emits ``export.done``.

    Only an empty folder or an earlier export is written into; pictures of an earlier export that
    no longer belong are removed. Raises BadInputError when nothing is left to export.
    """
    project = Project.open(Path(request.project))
    target = Path(os.path.abspath(request.destination or project.exports / "training"))
    notes, pictures = _read(project, job)
    chosen = [picture for picture in pictures if picture.usable]
    if not chosen:
        raise BadInputError(
            "No picture is left to export.",
            remedy="Add pictures, or take back some that were rejected.",
        )
    _check_target(target, project)
    old = _old_files(target)
    plan = _plan(chosen, project)
    # While it runs the manifest names all files that may be ours, so that an export that was
    # interrupted can be cleaned up by the next.
    planned = {f"{name}{suffix}" for name, _ in plan for suffix in (".png", ".txt")}
    _write_manifest(target, project, [{"files": sorted(old | planned)}], complete=False)
    trigger = project.file.trigger_word if request.trigger_word is None else request.trigger_word
    entries, skipped = _write_all(target, plan, trigger.strip(), job)
    _remove_stale(target, old - {name for entry in entries for name in entry["files"]})
    _write_manifest(target, project, entries, complete=True)
    skipped = [*[p.problem for p in pictures if p.problem and p.flag != "rejected"], *skipped]
    job.emit("export.done", folder=str(target), count=len(entries))
    held_out = sum(p.held_out and p.flag != "rejected" for p in pictures)
    notes += _caption_notes(chosen)
    return ExportResult(str(target), len(entries), held_out, tuple(skipped), tuple(notes))


def with_trigger(caption: str, trigger: str) -> str:
    """``caption`` with ``trigger`` as its first tag, unless it is that already."""
    if not trigger or caption.split(",")[0].strip() == trigger:
        return caption
    return f"{trigger}, {caption}" if caption.strip() else trigger


def _read(project: Project, job: Job) -> tuple[list[str], list[Picture]]:
    """All pictures, after what is to be said of their index and their folders."""
    with closing(Library(project.database, job)) as library:
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
        if picture.caption_problem
    ]


def _plan(pictures: list[Picture], project: Project) -> list[tuple[str, Sample]]:
    """Each picture's path in the export, without suffix."""
    taken: set[str] = set()
    samples = [sample_of(picture, project.file.fill) for picture in pictures]
    return [
        (_free_name(_folder(sample, project.file.name), sample.path.stem, taken), sample)
        for sample in samples
    ]


def _write_all(
    target: Path, plan: list[tuple[str, Sample]], trigger: str, job: Job
) -> tuple[list[dict[str, Any]], list[str]]:
    entries: list[dict[str, Any]] = []
    skipped: list[str] = []
    # A picture takes as long as it has pixels.
    pixels_before = [0, *accumulate(sample.size[0] * sample.size[1] for _, sample in plan)]
    for number, (name, sample) in enumerate(plan):
        job.breathe()
        share = pixels_before[number] / max(1, pixels_before[-1])
        job.progress(number, len(plan), "{name}", share=share, name=sample.path.name)
        try:
            pixels = bake(load_rgba(sample.path), sample.recipe, sample.fill)
        except (PictureError, MissingFileError) as error:
            skipped.append(str(error))
            continue
        files = _write_pair(target, name, encode_png(pixels), with_trigger(sample.caption, trigger))
        entries.append(
            {
                "source": str(sample.path),
                "files": files,
                "size": [pixels.shape[1], pixels.shape[0]],
                "repeats": sample.repeats,
            }
        )
    job.progress(len(plan), len(plan))
    return entries, skipped


def _write_pair(target: Path, name: str, png: bytes, caption: str) -> list[str]:
    write_bytes(target / f"{name}.png", png)
    if not caption.strip():
        return [f"{name}.png"]  # kohya's trainer stops at a caption file without text
    write_text(target / f"{name}.txt", caption)
    return [f"{name}.png", f"{name}.txt"]


def _folder(sample: Sample, project_name: str) -> str:
    name = _plain(sample.category) or _plain(project_name) or "pictures"
    return f"{'reg/' if sample.is_reg else ''}{sample.repeats}_{name}"


def _plain(text: str) -> str:
    """``text`` as a folder name on every system."""
    return re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", text).strip(". ")


def _free_name(folder: str, stem: str, taken: set[str]) -> str:
    """A path without suffix that no other picture has, on any system (see :func:`_one_file`)."""
    name, number = f"{folder}/{stem}", 2
    while _one_file(name) in taken:
        name, number = f"{folder}/{stem}_{number}", number + 1
    taken.add(_one_file(name))
    return name


def _one_file(name: str) -> str:
    """The same for names that are one file on some system: case, and how accents are put."""
    return unicodedata.normalize("NFC", name).casefold()


def _check_target(target: Path, project: Project) -> None:
    """Refuse folders in which an export could overwrite or be mistaken for the user's own files."""
    for source in project.file.folders:
        art = Path(os.path.abspath(source.path))
        if target == art or art in target.parents:
            raise BadInputError(
                "{path} lies inside the art folder {art}.",
                path=target,
                art=art,
                remedy="Choose a folder beside it.",
            )
    if target.exists() and not target.is_dir():
        raise BadInputError(
            "{path} is a file, not a folder.", path=target, remedy="Choose another destination."
        )
    if target.is_dir() and not (target / MANIFEST).is_file() and _has_files(target):
        raise BadInputError(
            "{path} is not empty.",
            path=target,
            remedy="Choose an empty folder, or an earlier export to replace.",
        )


def _has_files(folder: Path) -> bool:
    """Whether anything lies in ``folder`` but hidden files, which systems make by themselves."""
    return any(not name.startswith(".") for name in os.listdir(folder))


def _old_files(target: Path) -> set[str]:
    """What an earlier export, finished or not, says it has written."""
    try:
        manifest = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
        names = [name for entry in manifest["pictures"] for name in entry["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {name for name in names if isinstance(name, str) and _is_inside(name)}


def _is_inside(name: str) -> bool:
    return not os.path.isabs(name) and ".." not in Path(name).parts


def _remove_stale(target: Path, names: set[str]) -> None:
    for name in sorted(names):
        path = target / name
        with storage_errors(path):
            path.unlink(missing_ok=True)
            if path.parent != target and path.parent.is_dir() and not any(path.parent.iterdir()):
                path.parent.rmdir()


def _write_manifest(target: Path, project: Project, entries: list[Any], *, complete: bool) -> None:
    write_json(
        target / MANIFEST,
        {
            "format": "stylekiln training folder 1",
            "project": project.file.name,
            "complete": complete,
            "pictures": entries,
        },
    )
