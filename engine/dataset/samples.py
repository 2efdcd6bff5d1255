"""What training reads: one sample per picture, from a project or from kohya folders."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.dataset.captions import caption_path, read_caption
from engine.dataset.edits import Baked, Fill, Recipe, bake_with_mask, baked_size
from engine.dataset.folders import find_pictures, kohya_name
from engine.dataset.masks import MaskStore
from engine.dataset.problem import missing_folder
from engine.imaging.decode import load_rgba, read_size
from engine.project.project import Project, SourceFolder
from engine.runtime.errors import BadInputError, MissingFileError, PictureError
from engine.runtime.files import require_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.dataset.library import Library
    from engine.dataset.picture import Picture


@dataclass(frozen=True)
class Sample:
    """One picture as training reads it.

    ``size`` is (width, height) after ``recipe``; :meth:`bake` gives the pixels. ``caption`` falls
    back to the category or the class words of the folder. ``source_dir`` is the folder the file
    lies in.
    """

    path: Path
    caption: str
    repeats: int
    size: tuple[int, int]
    recipe: Recipe
    fill: Fill
    is_reg: bool
    source_dir: str
    category: str = ""
    masks: MaskStore | None = None

    def bake(self) -> Baked:
        """The picture with every edit, and its training mask. Raises PictureError or
        MissingFileError.
        """
        return bake_with_mask(load_rgba(self.path), self.recipe, self.fill, self.masks)


def training_samples(
    source: Project | Path | str,
    *,
    library: Library | None = None,
    is_reg: bool = False,
    on_problem: Callable[[str], None] | None = None,
) -> list[Sample]:
    """All usable samples of a project (or its folder), or of a folder of ``30_name`` folders.

    A project's folders are read again first; pass ``library`` when it is open already. Rejected
    and held-out pictures are left out. What cannot be read is left out too, and ``on_problem``
    hears one sentence about each. ``is_reg`` marks all pictures of a kohya folder as
    regularization. Raises MissingFileError for a missing folder, BadInputError for one without
    usable pictures.
    """
    tell = on_problem or (lambda sentence: None)
    if isinstance(source, Project):
        samples = _of_project(source, library, tell)
        place = source.root
    else:
        place = require_folder(Path(source).absolute())
        if (place / "project.toml").is_file():
            return training_samples(Project.open(place), library=library, on_problem=on_problem)
        samples = list(_of_kohya(place, is_reg, tell))
    if not any(is_reg or not sample.is_reg for sample in samples):
        raise BadInputError(
            "There are no pictures to train on in {path}.",
            path=place,
            remedy="Add pictures, or name folders like 10_name.",
        )
    return samples


def sample_of(picture: Picture, project: Project) -> Sample:
    """The sample of one picture of a project's library."""
    return Sample(
        path=picture.path,
        caption=picture.caption if picture.caption.strip() else picture.category,
        repeats=picture.repeats,
        size=baked_size((picture.width, picture.height), picture.recipe),
        recipe=picture.recipe,
        fill=picture.recipe.fill or project.file.fill_of(picture.category),
        is_reg=picture.is_reg,
        source_dir=str(picture.path.parent),
        category=picture.category,
        masks=MaskStore(project.masks),
    )


def _of_project(
    project: Project, library: Library | None, tell: Callable[[str], None]
) -> list[Sample]:
    from engine.dataset.library import Library

    opened = library or Library(project.database)
    try:
        changes = opened.scan(project.file.folders)
        pictures = opened.pictures()
    finally:
        if library is None:
            opened.close()
    for folder in changes.missing_folders:
        tell(str(missing_folder(folder)))
    for picture in pictures:
        if picture.flag != "rejected" and (picture.problem or picture.caption_problem):
            tell(picture.problem or picture.caption_problem)
    return [sample_of(picture, project) for picture in pictures if picture.usable]


def _of_kohya(root: Path, is_reg: bool, tell: Callable[[str], None]) -> Iterator[Sample]:
    """Samples of the ``30_name`` folders in ``root``; of ``root`` itself when it has none."""
    names = sorted(name for name in os.listdir(root) if (root / name).is_dir())
    named = [name for name in names if (parsed := kohya_name(name)) and parsed[0] >= 1]
    for folder in [root / name for name in named] or [root]:
        source = SourceFolder(path=str(folder), regularization=is_reg)
        for found in find_pictures(source):
            if os.path.dirname(found.path) != str(folder):
                continue  # kohya does not look into deeper folders
            sample = _sample_of_file(
                Path(found.path), found.subset.repeats, found.subset.category, is_reg, tell
            )
            if sample is not None:
                yield sample


def _sample_of_file(
    path: Path, repeats: int, category: str, is_reg: bool, tell: Callable[[str], None]
) -> Sample | None:
    caption = read_caption(caption_path(path))
    if caption.problem:
        tell(caption.problem)
    try:
        size = read_size(path)
    except (PictureError, MissingFileError) as error:
        tell(str(error))
        return None
    text = caption.text if caption.text.strip() else category
    return Sample(path, text, repeats, size, Recipe(), Fill(), is_reg, str(path.parent), category)
