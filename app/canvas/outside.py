"""A layer edited in another program: lent as a file, taken back whenever that program saves it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QProcess, QTimer, QUrl
from PySide6.QtGui import QDesktopServices

from app.i18n import tr
from app.widgets import file_dialogs
from engine.canvas.arrivals import Stamp, stamp_of
from engine.canvas.lending import Loan, file_stem, lend, taken_back
from engine.project.settings import data_dir
from engine.runtime.errors import BadInputError, MissingFileError, StylekilnError

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.canvas.model import CanvasState
    from app.session import Session
    from engine.canvas.document import Document

# A file must be the same at two looks before it is read: programs write large ones in parts.
LOOK_MS = 350
# How often a layer is taken back anew because it was painted on meanwhile.
TRIES = 3
LABEL = "Edited in another program"


class _Lent:
    """A loan, the file as it was last read, and as it was last seen."""

    def __init__(self, loan: Loan, stamp: Stamp | None) -> None:
        self.loan = loan
        self.read = self.seen = stamp


class OutsideEditing(QObject):
    """Each layer has one file; lending it again writes it anew and opens the program again."""

    def __init__(self, page: QWidget, session: Session, state: CanvasState) -> None:
        super().__init__(page)
        self._page, self._session, self._state = page, session, state
        self._lent: dict[str, _Lent] = {}
        self._looking = False
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._look_soon)
        state.opened.connect(self._let_go)

    def can_edit(self) -> bool:
        """Whether a layer with pixels is active."""
        return self._state.layer is not None

    def edit_png(self) -> None:
        """Open the active layer as a PNG in the chosen program, or in that of the system."""
        self._session.start(self.edit(".png"))

    def edit_psd(self) -> None:
        """The same as a Photoshop document."""
        self._session.start(self.edit(".psd"))

    async def edit(self, suffix: str) -> None:
        """Write the layer's file and open it. Raises StorageError, or BadInputError when no program
        takes it.
        """
        state, layer = self._state, self._state.layer
        if state.document is None or layer is None:
            return
        state.end_stroke()
        document = state.document
        path = self._folder() / layer.id[:8] / f"{file_stem(layer.name)}{suffix}"
        loan, stamp = await self._session.bridge.io(_lend, document.frozen(), layer.id, path)
        if state.document is not document:
            return
        self._lent[layer.id] = _Lent(loan, stamp)
        self._timer.start()
        self._open(path)
        self._session.notify(
            "{name} comes back whenever the other program saves it.", name=path.name
        )

    def choose_program(self) -> None:
        """Ask which program layers are edited in."""
        known = self._session.settings.external_editor
        pattern = f"{tr('Programs')} (*.exe *.app)" if sys.platform == "win32" else "*"
        self.dialog = file_dialogs.ask_open(
            self._page,
            "Choose the program",
            str(Path(known).parent) if known else str(Path.home()),
            pattern,
            self._keep_program,
        )

    def _keep_program(self, path: str) -> None:
        self._session.change_settings(external_editor=path)
        self._session.notify("Layers are edited in {name} from now on.", name=Path(path).stem)

    def _open(self, path: Path) -> None:
        program = self._session.settings.external_editor
        if not program:
            if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
                raise BadInputError(
                    "No program opens {name}.",
                    name=path.name,
                    remedy="Choose a program for editing layers first.",
                )
            return
        command = ["open", "-a", program] if program.endswith(".app") else [program]
        if not QProcess.startDetached(command[0], [*command[1:], str(path)])[0]:
            raise BadInputError(
                "{name} cannot be started.",
                name=Path(program).name,
                remedy="Choose another program for editing layers.",
            )

    def _folder(self) -> Path:
        project = self._session.project
        return (project.cache if project is not None else data_dir() / "cache") / "outside"

    # Taking back

    def _let_go(self) -> None:
        """Another document: its layers are others."""
        self._lent.clear()
        self._timer.stop()

    def _look_soon(self) -> None:
        if not self._looking:
            self._looking = True
            self._session.start(self.look())

    async def look(self) -> None:
        """Take back what was saved since and is not written any more."""
        try:
            document, lent = self._state.document, list(self._lent.values())
            paths = [one.loan.path for one in lent]
            stamps = await self._session.bridge.behind(_stamps, paths)
            for one, stamp in zip(lent, stamps, strict=True):
                settled, one.seen = stamp == one.seen, stamp
                if settled and stamp is not None and stamp != one.read and document is not None:
                    one.read = stamp
                    await self._take_back(document, one.loan)
        finally:
            self._looking = False

    async def _take_back(self, document: Document, loan: Loan) -> None:
        try:
            for _ in range(TRIES):
                if self._state.document is not document:
                    return
                if loan.layer_id not in [layer.id for layer in document.layers]:
                    self._lent.pop(loan.layer_id, None)
                    return
                self._state.end_stroke()
                covering = document.covering(loan.layer_id)
                painted = await self._session.bridge.io(taken_back, loan, covering)
                if self._state.document is not document or not painted.difference(covering.before):
                    return
                if self._state.put_covering(covering, painted, LABEL):
                    return
        except MissingFileError:
            return  # replaced at this moment; the next look finds it
        except StylekilnError as error:
            self._session.show_error(error)


def _lend(document: Document, layer_id: str, path: Path) -> tuple[Loan, Stamp | None]:
    return lend(document, layer_id, path), stamp_of(path)


def _stamps(paths: list[Path]) -> list[Stamp | None]:
    return [stamp_of(path) for path in paths]
