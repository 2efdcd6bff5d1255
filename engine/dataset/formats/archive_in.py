"""A zip becomes a new project: everything is checked first, and nothing is left when it fails."""

from __future__ import annotations

import os
import shutil
import uuid
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.dataset.edits import Recipe
from engine.dataset.folders import kohya_name
from engine.dataset.formats.archive import (
    CONTENTS,
    FORMAT,
    LARGEST_CONTENTS,
    MASKS,
    PICTURES,
    Archive,
    damaged,
    inside,
    opened,
)
from engine.dataset.formats.kohya import REGULARIZATION
from engine.dataset.formats.records_in import parse
from engine.dataset.library import FLAGS, Library
from engine.dataset.masks import KEY, MaskStore
from engine.dataset.masks import PICTURES as BEHIND
from engine.dataset.problem import Problem
from engine.dataset.requests import ImportDatasetResult
from engine.imaging.decode import PICTURE_SUFFIXES, load_rgba
from engine.project.project import Project, ProjectFile, SourceFolder
from engine.runtime.errors import BadInputError, PictureError
from engine.runtime.files import storage_errors
from engine.runtime.schema import validated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.dataset.picture import Picture
    from engine.runtime.job import Job

TEXTS = (".txt", ".caption", ".json", ".jsonl", ".csv")
"""What else is unpacked of a zip that another program has made."""
_ROOM, _ROOM_EACH = 1 << 20, 16 << 10
"""Bytes that the list of contents may have, and as many more for each member of the zip."""
_LISTS, _LISTS_EACH = 10_000, 100
"""The same for lists and tables in it."""


def unpack(archive: Path, root: Path, job: Job) -> ImportDatasetResult:
    """Make a project at ``root``, a new or empty folder, of a zip that :func:`pack` has written.

    Raises BadInputError for a hostile, damaged or foreign zip, StorageError when it does not fit.
    """
    with opened(archive) as zipped:
        contents = read_contents(zipped)
        made: list[Problem] = []
        project = into_new(
            root,
            zipped,
            lambda place: _unpack(zipped, contents, place, job, made),
            lambda project: _mark(project, contents, job, made),
        )
    with closing(Library(project.database)) as library:
        pictures = library.pictures()
    captions = sum(bool(picture.caption) for picture in pictures)
    folders = tuple(source.path for source in project.file.folders)
    return ImportDatasetResult(
        str(project.root), "zip", len(pictures), captions, folders, tuple(made), ()
    )


def into_new(
    root: Path,
    zipped: Archive,
    fill: Callable[[Path], Project],
    finish: Callable[[Project], None],
) -> Project:
    """Have ``fill`` make a project in a hidden folder, move it to ``root``, and ``finish`` it.

    Nothing of it stays when either fails.
    """
    if root.exists() and (not root.is_dir() or os.listdir(root)):
        raise BadInputError(
            "{path} is not empty.", path=root, remedy="Choose a new folder for the project."
        )
    place = root.parent / f".new-{uuid.uuid4().hex[:12]}"
    with storage_errors(root):
        place.mkdir(parents=True)
    try:
        zipped.require_space(place)
        fill(place)
        with storage_errors(root):
            if root.exists():
                root.rmdir()
            os.rename(place, root)
        place = root
        project = Project.open(root)
        finish(project)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return project


def read_contents(zipped: Archive) -> dict[str, Any]:
    """The list of what a zip of ours holds. Raises BadInputError."""
    try:
        count = len(zipped.members)
        largest = min(LARGEST_CONTENTS, _ROOM + count * _ROOM_EACH)
        text = zipped.read(CONTENTS, largest).decode("utf-8")
        contents = parse(text, _LISTS + count * _LISTS_EACH)
        if contents["format"] != FORMAT:
            raise BadInputError(
                "{path} was written by a newer version of the application.",
                path=zipped.path,
                remedy="Update the application.",
            )
        shapes = [contents["project"]["name"], *(f["path"] for f in contents["folders"])]
        shapes += [entry["file"] for entry in contents["pictures"]]
        if not all(isinstance(text, str) for text in shapes) or len(contents["pictures"]) > count:
            raise ValueError(CONTENTS)
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(zipped.path, CONTENTS) from error
    return dict(contents)


def unpack_plain(zipped: Archive, folder: Path, job: Job) -> None:
    """Unpack pictures and texts of any other zip, the folders around all of them left out."""
    endings = (*PICTURE_SUFFIXES, *TEXTS)
    names = [
        name
        for name in zipped.members
        if name.lower().endswith(endings) and not name.startswith("__MACOSX")
    ]
    top = _around(names)
    taken: set[str] = set()
    for number, name in enumerate(names):
        job.breathe()
        job.progress(number, len(names), "{name}", name=os.path.basename(name))
        target = inside(folder, name[len(top) :].lstrip("/\\"))
        if str(target).casefold() not in taken:
            taken.add(str(target).casefold())
            zipped.extract(name, target)


def _around(names: list[str]) -> str:
    """The folders around all of ``names``, but for those whose own names say something."""
    top = os.path.commonpath([f"{os.path.dirname(name)}/" for name in names]) if names else ""
    while top and (os.path.basename(top) == REGULARIZATION or kohya_name(os.path.basename(top))):
        top = os.path.dirname(top)
    return top


def _unpack(
    zipped: Archive, contents: dict[str, Any], root: Path, job: Job, told: list[Problem]
) -> Project:
    sources = tuple(
        validated(SourceFolder, {**folder, "path": str(inside(root, folder["path"]))}, CONTENTS)
        for folder in contents["folders"]
    )
    file = validated(ProjectFile, {**contents["project"], "folders": sources}, CONTENTS)
    entries = contents["pictures"]
    for number, entry in enumerate(entries):
        job.breathe()
        job.progress(number, len(entries), "{name}", name=os.path.basename(entry["file"]))
        for name in (entry["file"], entry.get("caption")):
            _extract(zipped, name, root, told)
    _unpack_masks(zipped, root, told)
    project = Project.create(root, file.name)
    for source in sources:
        with storage_errors(root):
            Path(source.path).mkdir(parents=True, exist_ok=True)
    project.save(file)
    return project


def _extract(zipped: Archive, name: Any, root: Path, told: list[Problem]) -> None:
    if not isinstance(name, str):
        return
    right = name.startswith(f"{PICTURES}/") and name.lower().endswith((*PICTURE_SUFFIXES, ".txt"))
    if not right or name not in zipped.members:
        told.append(Problem("{name} is missing in the zip.", name=name))
        return
    target = inside(root, name)
    if not target.exists():  # two pictures of one stem share a caption
        zipped.extract(name, target)


def _unpack_masks(zipped: Archive, root: Path, told: list[Problem]) -> None:
    """Masks, and the pictures of fills, pass through the store: they are decoded, and their key is
    that of their pixels.
    """
    store = MaskStore(root / MASKS)
    for name in zipped.members:
        folder, _, key = name.removesuffix(".png").rpartition("/")
        if folder not in (MASKS, f"{MASKS}/{BEHIND}") or not KEY.fullmatch(key):
            continue
        raw = root / MASKS / f"{key}.raw"
        try:
            zipped.extract(name, raw)
            pixels = load_rgba(raw)
        except PictureError as error:
            told.append(Problem.of(error))
            continue
        finally:
            raw.unlink(missing_ok=True)
        is_mask = folder == MASKS
        made = store.add(pixels[..., 0].copy()) if is_mask else store.add_picture(pixels[..., :3])
        if made != key:
            told.append(Problem("{name} is not the mask it says it is.", name=name))


def _mark(project: Project, contents: dict[str, Any], job: Job, told: list[Problem]) -> None:
    """Give the pictures back what was decided about them."""
    entries = {str(inside(project.root, e["file"])): e for e in contents["pictures"]}
    store = MaskStore(project.masks)
    with (
        closing(Library(project.database)) as library,
        library.one_step("Import a dataset"),
    ):
        library.scan(project.file.folders, job)
        pairs = [(p, entries[str(p.path)]) for p in library.pictures() if str(p.path) in entries]
        for flag, ids in _by(pairs, "flag", FLAGS[1:]).items():
            library.set_flag(ids, flag)
        for stars, ids in _by(pairs, "stars", range(1, 6)).items():
            library.set_stars(ids, stars)
        own = [(p, e) for p, e in pairs if e.get("category", p.category) != p.category]
        names = {e["category"] for _, e in own if isinstance(e["category"], str)}
        for category, ids in _by(own, "category", names).items():
            library.set_category(ids, category)
        held_out = _by(pairs, "held_out", (True,)).get(True)
        if held_out:
            library.set_held_out(held_out, True)
        recipes = {p.id: _recipe(e, store, told) for p, e in pairs if e.get("recipe")}
        edited = {key: recipe for key, recipe in recipes.items() if recipe.steps}
        if edited:
            library.set_recipes(edited)


def _by(
    pairs: list[tuple[Picture, dict[str, Any]]], key: str, values: Iterable[Any]
) -> dict[Any, list[int]]:
    """Ids of the pictures whose entry has each of ``values`` under ``key``."""
    found = {value: [p.id for p, entry in pairs if entry.get(key) == value] for value in values}
    return {value: ids for value, ids in found.items() if ids}


def _recipe(entry: dict[str, Any], store: MaskStore, told: list[Problem]) -> Recipe:
    try:
        recipe = Recipe.model_validate(entry["recipe"])
    except ValueError:
        told.append(Problem("The edits of {name} cannot be read.", name=entry["file"]))
        return Recipe()
    try:
        lost = [key for key in recipe.masks if not store.path(key).is_file()]
        bare = [key for key in recipe.pictures if not store.picture_path(key).is_file()]
    except BadInputError:
        lost, bare = ["?"], []
    if bare:
        told.append(Problem("The fill of {name} is missing in the zip.", name=entry["file"]))
        recipe = recipe.with_fill(None)
    if lost:
        told.append(Problem("A mask of {name} is missing in the zip.", name=entry["file"]))
        return Recipe(steps=tuple(step for step in recipe.steps if not step.needs))
    return recipe
