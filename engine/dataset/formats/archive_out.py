"""A zip for a colleague: pictures, captions, masks, and what was decided about each of them."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from engine.dataset.captions import caption_path
from engine.dataset.edits import Recipe
from engine.dataset.formats.archive import CONTENTS, FORMAT, MASKS, PICTURES, is_ours
from engine.dataset.formats.names import FreeNames, plain
from engine.dataset.formats.target import check_place
from engine.dataset.masks import PICTURES as BEHIND
from engine.dataset.masks import MaskStore
from engine.dataset.paths import clean
from engine.dataset.requests import ExportRequest, ExportResult
from engine.dataset.samples import sample_of
from engine.dataset.steps import Mask
from engine.imaging.decode import encode_png, load_rgba
from engine.runtime.errors import BadInputError, MissingFileError, PictureError
from engine.runtime.files import atomic_file, reason_of

if TYPE_CHECKING:
    from engine.dataset.picture import Picture
    from engine.project.project import Project
    from engine.runtime.job import Job


def pack(
    project: Project, pictures: list[Picture], request: ExportRequest, job: Job
) -> ExportResult:
    """Write the zip; the earlier one stays until the new one is whole.

    Holds all readable pictures, rejected and held-out ones too: the marks say which they are.
    """
    path = _place(project, request)
    chosen = [picture for picture in pictures if takes(picture)]
    if not chosen:
        raise BadInputError(
            "No picture is left to export.",
            remedy="Add pictures, or take back some that were rejected.",
        )
    with atomic_file(path) as stream, tempfile.TemporaryDirectory() as scratch:
        packer = _Packer(project, request, stream, MaskStore(Path(scratch)))
        packer.write(chosen, job)
    problems = [p.problem for p in pictures if p.problem and p.flag != "rejected"]
    held_out = sum(p.held_out and p.flag != "rejected" for p in chosen)
    return ExportResult(str(path), len(packer.entries), held_out, (*problems, *packer.skipped))


def takes(picture: Picture) -> bool:
    """Whether ``picture`` goes into a zip."""
    return not picture.problem


def _place(project: Project, request: ExportRequest) -> Path:
    usual = project.exports / f"{plain(project.file.name) or 'dataset'}.zip"
    path = Path(os.path.abspath(request.destination or usual))
    if path.suffix.lower() != ".zip":
        path = path.with_name(f"{path.name}.zip")
    check_place(path, project)
    if path.exists() and not is_ours(path):
        raise BadInputError(
            "{path} is there already.", path=path, remedy="Choose another destination."
        )
    return path


@dataclass
class _Packer:
    project: Project
    request: ExportRequest
    stream: BinaryIO
    scratch: MaskStore
    entries: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._names = FreeNames()
        self._stems: dict[str, str] = {}
        self._folders: dict[str, str] = {}
        self._written: set[str] = set()
        self._zip = zipfile.ZipFile(self.stream, "w", zipfile.ZIP_STORED)

    def write(self, pictures: list[Picture], job: Job) -> None:
        file = self.project.file
        with self._zip:
            self._add_behind({one.image for one in (file.fill, *file.category_fills.values())})
            for number, picture in enumerate(pictures):
                job.breathe()
                job.progress(number, len(pictures), "{name}", name=picture.path.name)
                try:
                    self._add_picture(picture)
                except (PictureError, MissingFileError) as error:
                    self.skipped.append(str(error))
            self._add(CONTENTS, json.dumps(self._contents(), indent=1, ensure_ascii=False).encode())
        job.progress(len(pictures), len(pictures))

    def _add_picture(self, picture: Picture) -> None:
        recipe = picture.recipe
        if self.request.originals:
            data, suffix = _read(picture.path), clean(picture.path.suffix)
            self._add_behind(recipe.pictures)
            for key in sorted(recipe.masks):
                self._add(f"{MASKS}/{key}.png", _mask_bytes(MaskStore(self.project.masks), key))
        else:
            data, recipe = self._bake(picture)
            suffix = ".png"
        stem = self._stem(picture)
        self._add(stem + suffix, data)
        entry = {
            "file": stem + suffix,
            "category": picture.category,
            "stars": picture.stars,
            "flag": picture.flag,
            "held_out": picture.held_out,
            "recipe": recipe.model_dump(mode="json"),
        }
        beside = caption_path(picture.path)
        if beside.is_file():
            entry["caption"] = f"{stem}.txt"
            self._add(f"{stem}.txt", _read(beside))
        self.entries.append(entry)

    def _add_behind(self, keys: set[str]) -> None:
        """Add the stored pictures that fills name; one that is lost is told on its own."""
        store = MaskStore(self.project.masks)
        for key in sorted(keys - {""}):
            try:
                self._add(f"{MASKS}/{BEHIND}/{key}.png", encode_png(store.picture(key)))
            except PictureError as error:
                self.skipped.append(str(error))

    def _bake(self, picture: Picture) -> tuple[bytes, Recipe]:
        """The baked picture; of its recipe only the training mask is left to do."""
        baked = sample_of(picture, self.project).bake()
        if baked.mask is None or self.request.masks == "none":
            return encode_png(baked.rgb), Recipe()
        key = self.scratch.add(baked.mask)
        self._add(f"{MASKS}/{key}.png", _mask_bytes(self.scratch, key))
        return encode_png(baked.rgb), Recipe(steps=(Mask(mask=key),))

    def _stem(self, picture: Picture) -> str:
        """The member of a picture without suffix. Pictures that share a caption share it, unless
        they are baked, and so get one suffix.
        """
        whole = picture.path if not self.request.originals else picture.path.with_suffix("")
        if str(whole) not in self._stems:
            inner = picture.path.relative_to(picture.folder).with_suffix("")
            parts = [plain(part) or "_" for part in inner.parts]
            name = "/".join([self._folder(picture.folder), *parts])
            self._stems[str(whole)] = self._names.take(name)
        return self._stems[str(whole)]

    def _folder(self, source: str) -> str:
        """Where a source folder goes. It keeps its name, which may hold repeats and category."""
        if source not in self._folders:
            name = plain(os.path.basename(source)) or PICTURES
            chosen, number = f"{PICTURES}/{name}", 2
            while any(_overlap(chosen, other) for other in self._folders.values()):
                chosen, number = f"{PICTURES}/{number}/{name}", number + 1
            self._folders[source] = chosen
        return self._folders[source]

    def _add(self, name: str, data: bytes) -> None:
        """Write a member once. Only text is compressed: pictures are already."""
        if name not in self._written:
            self._written.add(name)
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o644 << 16
            if name.endswith((".txt", ".json")):
                info.compress_type = zipfile.ZIP_DEFLATED
            self._zip.writestr(info, data)

    def _contents(self) -> dict[str, Any]:
        # The model may be a path of this computer, and folders have other names in the zip.
        file = self.project.file.model_dump(mode="json", exclude={"folders", "base_model"})
        sources = {os.path.abspath(s.path): s for s in self.project.file.folders}
        folders = [
            {**sources[path].model_dump(mode="json"), "path": name}
            for path, name in self._folders.items()
            if path in sources
        ]
        return {"format": FORMAT, "project": file, "folders": folders, "pictures": self.entries}


def _overlap(one: str, other: str) -> bool:
    first, second = f"{one}/".casefold(), f"{other}/".casefold()
    return first.startswith(second) or second.startswith(first)


def _mask_bytes(store: MaskStore, key: str) -> bytes:
    return encode_png(load_rgba(store.path(key))[..., 0])


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MissingFileError(
            "{path} cannot be read: {reason}.",
            path=path,
            reason=reason_of(error),
            remedy="Check its permissions.",
        ) from error
