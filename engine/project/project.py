"""A project: a folder with ``project.toml`` and beside it everything that is made from the art.

Art folders are only named here; nothing is ever written into them except captions.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tomli_w
from pydantic import BaseModel, ConfigDict, Field

from engine.imaging.alpha import Fill
from engine.runtime.errors import BadInputError, MissingFileError
from engine.runtime.files import reason_of, require_folder, write_text
from engine.runtime.parsing import not_valid
from engine.runtime.schema import validated

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMAT_VERSION = 1
FILE_NAME = "project.toml"
MOST_REPEATS = 9_999
"""How often an epoch may draw a picture: more is a slip of the hand."""


class SourceFolder(BaseModel):
    """A folder of art. Folders inside it named ``30_name`` bring their own repeats and category.

    ``path`` is absolute; in ``project.toml`` a folder inside the project is named from there, so
    that the project can be moved.
    """

    model_config = ConfigDict(frozen=True)
    path: str
    repeats: int = Field(1, ge=1, le=MOST_REPEATS)
    category: str = ""
    regularization: bool = False


class PaintingLora(BaseModel):
    """A LoRA that new canvases of the project are painted with."""

    model_config = ConfigDict(frozen=True)
    path: str
    weight: float = Field(1.0, allow_inf_nan=False)


class ProjectFile(BaseModel):
    """What ``project.toml`` holds. ``resolution`` is the training size to preview, in pixels.

    ``category_repeats`` stand above those of the folders. ``categories`` are the columns of the
    board, also empty ones, in order; ``filters`` are saved filters by name. ``thresholds``
    are those of culling that were moved from their defaults. ``painting_loras`` are what new
    canvases begin with.
    """

    model_config = ConfigDict(frozen=True)
    format_version: int = FORMAT_VERSION
    name: str
    base_model: str = "starter"
    trigger_word: str = ""
    resolution: int = Field(128, ge=64, le=8192)
    fill: Fill = Fill()
    category_fills: dict[str, Fill] = {}
    category_repeats: dict[str, Annotated[int, Field(ge=1, le=MOST_REPEATS)]] = {}
    categories: tuple[str, ...] = ()
    filters: dict[str, str] = {}
    thresholds: dict[str, bool | int | float] = {}
    folders: tuple[SourceFolder, ...] = ()
    painting_loras: tuple[PaintingLora, ...] = ()

    def fill_of(self, category: str) -> Fill:
        """What goes behind transparent pictures of ``category`` that have no fill of their own."""
        return self.category_fills.get(category, self.fill)


class Project:
    """An open project. ``file`` is replaced as a whole by :meth:`save`."""

    def __init__(self, root: Path, file: ProjectFile) -> None:
        self.root = root
        self.file = file
        self._stamp = _stamp(root / FILE_NAME)

    @classmethod
    def create(
        cls,
        root: Path,
        name: str,
        folders: Iterable[SourceFolder] = (),
        base_model: str = "starter",
    ) -> Project:
        """Make a project at ``root``. Raises BadInputError if one is there, StorageError."""
        root = _absolute(root)
        if is_project(root):
            raise BadInputError(
                "There is a project in {path} already.",
                path=root,
                remedy="Open it, or choose another folder.",
            )
        project = cls(root, ProjectFile(name=name, base_model=base_model, folders=tuple(folders)))
        project.save(project.file)
        return project

    @classmethod
    def open(cls, root: Path) -> Project:
        """Read the project at ``root``. Raises MissingFileError or BadInputError."""
        root = require_folder(_absolute(root))
        return cls(root, _read(root / FILE_NAME))

    def save(self, file: ProjectFile) -> None:
        """Make ``file`` the project's and write it atomically. Raises StorageError."""
        values = file.model_dump(mode="json")
        for folder in (*values["folders"], *values["painting_loras"]):
            folder["path"] = _seen_from(self.root, folder["path"])
        write_text(self.root / FILE_NAME, tomli_w.dumps(values))
        self.file = file
        self._stamp = _stamp(self.root / FILE_NAME)

    def refresh(self) -> None:
        """Read the file again where another program has changed it: an edit must not bring back
        what it held before. Raises BadInputError.
        """
        now = _stamp(self.root / FILE_NAME)
        if now is not None and now != self._stamp:
            self.file = _read(self.root / FILE_NAME)
            self._stamp = now

    @property
    def database(self) -> Path:
        """The index of pictures; rebuilt from the folders when lost."""
        return self.root / "dataset.sqlite"

    @property
    def runs(self) -> Path:
        """Training runs, one folder each."""
        return self.root / "runs"

    @property
    def grids(self) -> Path:
        """Validation grids, one folder each."""
        return self.root / "grids"

    @property
    def canvas(self) -> Path:
        """Canvas documents."""
        return self.root / "canvas"

    @property
    def exports(self) -> Path:
        """What was handed out: training folders, pictures."""
        return self.root / "exports"

    @property
    def masks(self) -> Path:
        """Masks that edits of pictures refer to, named by their content."""
        return self.root / "masks"

    @property
    def cache(self) -> Path:
        """Things that can be made again."""
        return self.root / ".cache"


def _stamp(path: Path) -> tuple[int, int] | None:
    """What tells an unchanged file; None where there is none."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size


def is_project(path: Path) -> bool:
    """Whether ``path`` is a project folder."""
    return (Path(path) / FILE_NAME).is_file()


def project_for(folder: Path, home: Path) -> Project:
    """The project at ``folder``, or the one in ``home`` about that art folder, made if needed.

    Raises MissingFileError when ``folder`` is no readable folder.
    """
    folder = require_folder(_absolute(folder))
    if is_project(folder):
        return Project.open(folder)
    return _known_project(folder, home) or Project.create(
        _free_root(Path(home), folder.name),
        folder.name or "Pictures",
        [SourceFolder(path=str(folder))],
    )


def _known_project(folder: Path, home: Path) -> Project | None:
    """A project in ``home`` whose only source is ``folder``."""
    if not Path(home).is_dir():
        return None
    for root in sorted(Path(home).iterdir()):
        if not is_project(root):
            continue
        try:
            project = Project.open(root)
        except (BadInputError, MissingFileError):
            continue  # a broken neighbor is told about when the user opens it
        if [_key(source.path) for source in project.file.folders] == [_key(folder)]:
            return project
    return None


def _free_root(home: Path, name: str) -> Path:
    plain = re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", name).strip(". ") or "Pictures"
    root, number = home / plain, 2
    while root.exists():
        root, number = home / f"{plain} {number}", number + 1
    return root


def _read(path: Path) -> ProjectFile:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise MissingFileError(
            "There is no project in {path}.",
            path=path.parent,
            remedy="Open the folder that holds project.toml.",
        ) from error
    except OSError as error:
        raise MissingFileError(
            "{path} cannot be read: {reason}.",
            path=path,
            reason=reason_of(error),
            remedy="Check its permissions.",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        remedy = "Correct it, or delete it and open the art folder again."
        raise not_valid(str(path), "TOML", error, remedy=remedy) from error
    if _version(values) > FORMAT_VERSION:
        raise BadInputError(
            "{path} was written by a newer version of the application.",
            path=path,
            remedy="Update the application.",
        )
    file = validated(ProjectFile, values, str(path))
    below = {
        name: tuple(
            item.model_copy(update={"path": os.path.join(path.parent, item.path)})
            for item in getattr(file, name)
        )
        for name in ("folders", "painting_loras")
    }
    return file.model_copy(update=below)


def _version(values: dict[str, Any]) -> int:
    try:
        return int(values.get("format_version", FORMAT_VERSION))
    except (ValueError, TypeError):
        return FORMAT_VERSION  # validation says what is wrong with it


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))


def _seen_from(root: Path, path: str) -> str:
    """``path`` as seen from ``root`` when it lies inside, else as it is."""
    whole = _absolute(Path(path))
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else path


def _key(path: Path | str) -> str:
    return os.path.normcase(os.path.abspath(path))
