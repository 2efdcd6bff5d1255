"""Reads what there is: models first, then what the project tells about them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, Signal

from app.models.uses import Told
from app.models.weights import read_weights
from engine.models.catalogue import list_models
from engine.models.inspect import ModelInfo
from engine.project.settings import data_dir, library_folder

if TYPE_CHECKING:
    from app.session import Session
    from engine.project.project import Project


class Shelf(NamedTuple):
    """The models at hand, the chosen folders and whether they are there, the team's library, and
    the kept weights.
    """

    models: list[ModelInfo]
    own: Path
    folders: list[tuple[Path, bool]]
    team: Path
    runs: Path | None
    weights: dict[str, float]


class Reader(QObject):
    """``read_models`` carries a Shelf, ``read_told`` what is told about its models, a little later.
    Asked again while it reads, it reads once more.
    """

    read_models = Signal(object)
    read_told = Signal(object)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._reading = self._again = False

    def read(self) -> None:
        """Look into the folders."""
        self._again = True
        if not self._reading:
            self._session.start(self._read())

    async def _read(self) -> None:
        bridge = self._session.bridge
        self._reading = True
        try:
            while self._again:
                self._again = False
                project = self._session.project
                # Not from the settings' file: a change of them may not be written yet.
                settings = self._session.settings
                folders = [Path(folder) for folder in settings.model_folders]
                team = library_folder(settings)
                runs = project.runs if project is not None else None
                shelf = await bridge.io(_shelf, folders, team, runs)
                self.read_models.emit(shelf)
                told: dict[str, Told] = await bridge.behind(_told, shelf.models, project)
                self.read_told.emit(told)
        finally:
            self._reading = False


def _shelf(folders: Sequence[Path], team: Path, runs: Path | None) -> Shelf:
    own = data_dir() / "models"
    models = list_models([own, *folders, team], runs)
    there = [(folder, folder.is_dir()) for folder in folders]
    return Shelf(models, own, there, team, runs, read_weights())


def _told(models: list[ModelInfo], project: Project | None) -> dict[str, Told]:
    from app.models.telling import told_about  # in the worker: it takes a while to import

    return told_about(models, project)
