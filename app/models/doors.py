"""How models and folders come into the library: by dialogs and by drops; how a folder leaves it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from app.i18n import tr
from engine.models.inspect import MODEL_SUFFIXES

if TYPE_CHECKING:
    from app.models.intake import Intake
    from app.session import Session


class Doors:
    """Asks over ``page``."""

    def __init__(self, page: QWidget, session: Session, intake: Intake) -> None:
        self._page, self._session, self._intake = page, session, intake

    def ask_files(self) -> None:
        """Ask for model files and copy them into the model folder."""
        dialog = QFileDialog(self._page, tr("Choose model files"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        patterns = " ".join(f"*{suffix}" for suffix in MODEL_SUFFIXES)
        dialog.setNameFilter(f"{tr('Models')} ({patterns})")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(lambda files: self._intake.add([Path(one) for one in files]))
        dialog.open()

    def ask_folder(self) -> None:
        """Ask for a folder that holds models, and look into it from now on."""
        dialog = QFileDialog(self._page, tr("Choose a folder of models"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda folder: self.look_into([Path(folder)]))
        dialog.open()

    def look_into(self, folders: list[Path]) -> None:
        """List what lies in ``folders`` too."""
        known = self._session.settings.model_folders
        new = tuple(str(folder) for folder in folders if str(folder) not in known)
        if new:
            self._session.change_settings(model_folders=(*known, *new))

    def forget(self, folder: str) -> None:
        """Look into ``folder`` no more. Its files stay, and it is offered to take it back."""
        before = self._session.settings.model_folders
        kept = tuple(one for one in before if one != folder)
        self._session.change_settings(model_folders=kept)
        self._session.notify(
            "{name} is no longer in the library. Its files stay.",
            action="Undo",
            on_action=lambda: self._session.change_settings(model_folders=before),
            name=Path(folder).name,
        )

    def offer(self, data: QMimeData) -> str:
        """What a drop would do, in words; empty when it would do nothing here."""
        models, folders = _sorted(data)
        if models:
            return tr("Add 1 model", "Add {n} models", n=len(models))
        if folders:
            return tr("Look for models in {name}", name=folders[0].name)
        return ""

    def take(self, data: QMimeData) -> None:
        """Copy the models of a drop; look into its folders from now on."""
        models, folders = _sorted(data)
        self._intake.add(models)
        self.look_into(folders)


def _sorted(data: QMimeData) -> tuple[list[Path], list[Path]]:
    """The files and diffusers folders of a drop that may be models, and its other folders."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    models = [path for path in paths if _may_be_model(path)]
    return models, [path for path in paths if path not in models and path.is_dir()]


def _may_be_model(path: Path) -> bool:
    return path.suffix.lower() in MODEL_SUFFIXES or (path / "model_index.json").is_file()
