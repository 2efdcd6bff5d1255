"""The Canvas workspace: tools, option bar, rulers and surface, candidates, and the right column."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QPointF, QSize, Qt, QTimer
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeySequence,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.canvas import dialogs
from app.canvas.actions import canvas_actions
from app.canvas.document_line import DocumentLine, moment
from app.canvas.keeper import Keeper, canvases, free_name
from app.canvas.layers_panel import LayersPanel
from app.canvas.model import CanvasState
from app.canvas.option_bar import DOCUMENT_MENU, VIEW_MENU, OptionBar
from app.canvas.repaint import Repaint
from app.canvas.repaint_panel import RepaintPanel
from app.canvas.rulers import THICKNESS, Ruler
from app.canvas.strip import CandidateStrip
from app.canvas.surface import Surface
from app.canvas.tool_column import ToolColumn
from app.canvas.tools import TOOLS
from app.i18n import tr
from app.theme import icons, metrics
from app.widgets.buttons import button, shortcut_text
from app.widgets.columns import SideColumns
from app.widgets.states import DropOverlay, EmptyState
from app.widgets.text import hairline
from engine.canvas.storage import SUFFIX
from engine.imaging.decode import PICTURE_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.actions import Action
    from app.canvas.candidates import Candidate
    from app.session import Session

RIGHT_WIDE, RIGHT_NARROW = 344, 304
PICTURES = "*" + " *".join(sorted(PICTURE_SUFFIXES))
DOCUMENTS_MENU = ("canvas.new", "canvas.open", "canvas.rename")
LORA_SUFFIX = ".safetensors"


class View(QWidget):
    """One document, its tools, and the region being repainted."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.state = CanvasState(self)
        self.keeper = Keeper(session, self.state)
        self.repainting = Repaint(session, self.state)
        self.surface = Surface(self.state)
        self.tools = ToolColumn(self.state)
        self.options = OptionBar(self.state, self.surface)
        self.options.more.clicked.connect(lambda *_: self.open_menu())
        self.foot = DocumentLine(self.state, self.keeper)
        self.strip = CandidateStrip(self.state.candidates)
        self.panel = RepaintPanel(session, self.repainting, self.state)
        self.layers = LayersPanel(self.state)
        # What is handed over waits for the document, whose own settings come first.
        self._opening = asyncio.Lock()
        self.setAcceptDrops(True)
        self._build()
        self._overlay = DropOverlay(self.stage)
        self._listen()
        self._install_keys()
        self._show_document()
        if session.project is not None:
            session.start(self._open_project())

    def actions(self) -> list[Action]:  # type: ignore[override]
        """What a user can do here."""
        return canvas_actions(self)

    def keep(self) -> None:
        """The window is about to close. Raises StorageError when work could not be kept."""
        self.keeper.close_now()

    def focus_target(self) -> QWidget:
        """Where keys go when the page is shown: the canvas, or the page while there is none."""
        return self.surface if self.state.document is not None else self

    def receive(
        self,
        loras: tuple[tuple[str, float], ...] = (),
        prompt: str = "",
        document: str = "",
        model: str = "",
        job: str = "",
        seeds: tuple[int, ...] = (),
        strength: float = 0.0,
        **payload: Any,
    ) -> None:
        """Take what another workspace hands over.

        A base model, LoRAs with weights, a prompt, a canvas or picture file to open; the ``job``
        that repaints it already, with the ``seeds`` and ``strength`` of its candidates.
        """
        self._session.start(self._receive(loras, prompt, document, model))
        if job:
            self._session.start(self._follow(job, seeds, strength))

    async def _follow(self, job: str, seeds: tuple[int, ...], strength: float) -> None:
        async with self._opening:
            self.repainting.follow(job, seeds, strength)
            # Once the candidates have taken their room.
            QTimer.singleShot(0, self, self.surface.fit)

    async def _receive(
        self, loras: tuple[tuple[str, float], ...], prompt: str, document: str, model: str
    ) -> None:
        async with self._opening:
            if document:
                await self._take_over(Path(document))
            if model:
                self.repainting.choose_model(model)
            for path, weight in loras:
                self.repainting.add_lora(path, weight)
                self.repainting.set_weight(path, weight)
            if prompt:
                self.repainting.change(prompt=prompt)
            await self.repainting.load_models()

    async def _take_over(self, path: Path) -> None:
        """Open what another workspace made; the way back to the canvas open before is offered."""
        earlier = self.state.path
        if earlier == path:
            self.keeper.leave_shelf()  # what was made of it came with it
        await self.keeper.open(path)
        if earlier is None or earlier == path:
            return

        def go_back() -> None:
            self._session.start(self.keeper.open(earlier, tell=False))

        self._session.notify(
            "Your canvas {name} is kept.",
            action="Go back",
            on_action=go_back,
            name=earlier.stem,
        )

    # Layout

    def _build(self) -> None:
        empty = EmptyState(
            "brush",
            "No canvas yet",
            "Drop a picture here to paint on it, or start with an empty canvas.",
            button("New canvas…", "plus", on=self.new),
        )
        self.stage = QStackedWidget()
        self.stage.setProperty("surface", "stage")
        self.stage.addWidget(self._ruled_surface())
        self.stage.addWidget(empty)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.options)
        column.addWidget(hairline("column"))
        column.addWidget(self.stage, 1)
        column.addWidget(self.foot)
        column.addWidget(self.strip)
        self.right = self._right_column()
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.tools)
        outer.addWidget(middle, 1)
        outer.addWidget(hairline("column", vertical=True))
        outer.addWidget(self.right)
        self.columns = SideColumns(self, middle, self._session, "canvas")
        self.columns.add(self.tools, "left")
        self.columns.add(self.right, "right", RIGHT_WIDE)
        self.columns.keys_on(self.surface)

    def _ruled_surface(self) -> QWidget:
        across = Ruler(self.surface.view, Qt.Orientation.Horizontal)
        down = Ruler(self.surface.view, Qt.Orientation.Vertical)
        self.surface.pointer_moved.connect(across.set_pointer)
        self.surface.pointer_moved.connect(down.set_pointer)
        corner = QWidget()
        corner.setProperty("surface", "panel")
        corner.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        corner.setFixedSize(THICKNESS, THICKNESS)
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        grid.addWidget(corner, 0, 0)
        grid.addWidget(across, 0, 1)
        grid.addWidget(down, 1, 0)
        grid.addWidget(self.surface, 1, 1)
        return box

    def _right_column(self) -> QWidget:
        column = QSplitter(Qt.Orientation.Vertical)
        column.setProperty("surface", "panel")
        column.setChildrenCollapsible(False)
        column.setHandleWidth(1)
        for widget in (self.panel, self.layers):
            widget.setProperty("surface", "panel")
            widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
            column.addWidget(widget)
        self.layers.setMinimumHeight(160)
        column.setStretchFactor(0, 0)
        column.setStretchFactor(1, 1)
        # A splitter forgets a width that is set on it when its parts change.
        box = QWidget()
        box.setFixedWidth(RIGHT_WIDE)
        around = QHBoxLayout(box)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(column)
        return box

    def showEvent(self, event: QShowEvent) -> None:
        """Models may have come and gone while another page was shown."""
        super().showEvent(event)
        self.repainting.reload_models()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Small windows get the small cards and the narrow column."""
        narrow = self.window().width() < metrics.NARROW
        self.columns.set_natural(self.right, RIGHT_NARROW if narrow else RIGHT_WIDE)
        self.strip.set_narrow(narrow)

    # Connections

    def _listen(self) -> None:
        session, state = self._session, self.state
        session.project_changed.connect(lambda _: session.start(self._open_project()))
        application = QApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.keeper.close_at_last)
        state.opened.connect(self._show_document)
        state.refused.connect(session.show_error)
        self.repainting.failed.connect(session.show_error)
        self.repainting.crowded_out.connect(self._tell_crowded_out)
        self.foot.menu_asked.connect(lambda: session.start(self._open_documents()))
        self.strip.accepted.connect(self.accept)
        self.strip.discarded.connect(self.discard)
        # Else Ctrl+Z after a click would still undo words of the prompt.
        self.panel.start.clicked.connect(lambda *_: self.surface.setFocus())

    async def _open_project(self) -> None:
        async with self._opening:
            await self.keeper.open_latest()
            await self.repainting.load_models()

    def _show_document(self) -> None:
        opened = self.state.document is not None
        self.stage.setCurrentIndex(0 if opened else 1)
        for widget in (self.tools, self.options.body, self.panel):
            widget.setEnabled(opened)

    def _install_keys(self) -> None:
        state = self.state
        keys: dict[str, Callable[[], object]] = {
            "[": lambda: state.scale_brush(1 / 1.2),
            "]": lambda: state.scale_brush(1.2),
            "Shift+[": lambda: state.set_brush(hardness=state.brush.hardness - 0.1),
            "Shift+]": lambda: state.set_brush(hardness=state.brush.hardness + 0.1),
            "{": lambda: state.set_brush(hardness=state.brush.hardness - 0.1),
            "}": lambda: state.set_brush(hardness=state.brush.hardness + 0.1),
            "Return": self.accept,
            "Enter": self.accept,
            "Esc": self._escape,
            "Left": lambda: state.candidates.step(-1),
            "Right": lambda: state.candidates.step(1),
            "Del": state.clear_selection_pixels,
        }
        for tool in TOOLS:
            keys[tool.key] = partial(state.set_tool, tool.name)
        self.surface.keys = {QKeySequence(key).toString(): act for key, act in keys.items()}

    def _escape(self) -> None:
        """Close the innermost thing: the frame, then the selection. Candidates stay."""
        if self.state.region is not None and self.state.selection is not None:
            self.state.set_region(None)
        elif self.state.region is not None or self.state.selection is not None:
            self.state.set_region(None)
            self.state.select(None)

    async def _open_documents(self) -> None:
        """Offer the canvases of the project."""
        found = await self._session.bridge.io(canvases, self.keeper.folder)
        menu = self.documents = QMenu(self)
        for path, written in found:
            entry = menu.addAction(f"{path.stem}\t{moment(written)}")
            entry.setCheckable(True)
            entry.setChecked(path == self.state.path)
            entry.triggered.connect(partial(self._switch, path))
        menu.addSeparator()
        known = {action.id: action for action in self.actions()}
        for name in DOCUMENTS_MENU:
            action = known[name]
            entry = menu.addAction(icons.icon(action.icon), tr(action.text), action.run)
            entry.setEnabled(action.enabled())
        menu.aboutToHide.connect(menu.deleteLater)
        corner = self.foot.documents.mapToGlobal(QPoint(0, -2))
        menu.popup(corner - QPoint(0, menu.sizeHint().height()))

    def _switch(self, path: Path, _checked: bool = False) -> None:
        if path != self.state.path:
            self._session.start(self.keeper.open(path, tell=False))

    def _tell_crowded_out(self, gone: list[Candidate]) -> None:
        self._session.notify(
            "The oldest candidates made room.",
            action="Undo",
            on_action=lambda: self.state.candidates.put_back(gone),
        )

    def open_menu(self) -> None:
        """Open the menu of the document: new, open, save, and what the bar has no room for."""
        self.menu = QMenu(self)
        known = {action.id: action for action in self.actions()}
        for group in (*DOCUMENT_MENU, VIEW_MENU if self.options.folded else ()):
            if group:
                self.menu.addSeparator()
            for name, text in group:
                action = known[name]
                keys = shortcut_text(action.shortcut)
                entry = self.menu.addAction(f"{tr(text)}\t{keys}" if keys else tr(text))
                entry.setIcon(icons.icon(action.icon))
                entry.setEnabled(action.enabled())
                entry.triggered.connect(partial(_run, action))
        more = self.options.more
        shift = more.width() - self.menu.sizeHint().width()
        self.menu.aboutToHide.connect(self.menu.deleteLater)
        self.menu.popup(more.mapToGlobal(QPoint(shift, more.height() + 2)))

    # What actions do

    def accept(self) -> None:
        """Put the candidate shown on a layer of its own."""
        shown = self.state.candidates.current
        if shown is None:
            return
        prompt = self.repainting.settings.prompt.split(",")[0].strip()
        self.state.accept_candidate(prompt[:40] or tr("Candidate {n}", n=shown.number))
        self.surface.setFocus()

    def discard(self) -> None:
        """Take the candidates away; a repaint under way is stopped."""
        self.repainting.stop()
        self.state.candidates.clear()
        self.surface.setFocus()

    def new(self) -> None:
        """Ask for the size of a new canvas."""
        size = self.state.size if self.state.document is not None else QSize(512, 512)
        name = free_name(self.keeper.folder, "canvas").stem
        self.dialog = dialogs.NewCanvasDialog(size, name, self)
        self.dialog.chosen.connect(self._create)
        self.dialog.open()

    def _create(
        self, width: int, height: int, background: tuple[int, int, int] | None, name: str
    ) -> None:
        layer = tr("Background") if background is not None else tr("Layer {n}", n=1)
        self._session.start(self.keeper.create(width, height, background, layer, name))

    def rename(self) -> None:
        """Ask for another name of the canvas."""
        if self.state.path is not None:
            self.renaming = dialogs.RenameDialog(self.state.path.stem, self)
            self.renaming.chosen.connect(lambda name: self._session.start(self.keeper.rename(name)))
            self.renaming.open()

    def open_file(self) -> None:
        """Ask for a canvas or a picture to open."""
        pattern = f"{tr('Canvas and pictures')} (*{SUFFIX} {PICTURES})"
        dialogs.ask_open(
            self,
            "Open canvas",
            str(self.keeper.folder),
            pattern,
            lambda path: self._session.start(self.keeper.open(Path(path))),
        )

    def place_picture(self) -> None:
        """Ask for a picture to put on a layer."""
        dialogs.ask_open(
            self,
            "Place a picture",
            str(self.keeper.folder),
            f"{tr('Pictures')} ({PICTURES})",
            lambda path: self._session.start(self.keeper.add_picture(Path(path), None)),
        )

    def save(self) -> None:
        """Write the document to its file, and say which that is."""
        self._session.start(self._save())

    async def _save(self, path: Path | None = None) -> None:
        await self.keeper.save(path)
        saved, project = self.state.path, self._session.project
        if saved is None:
            return
        if project is not None and saved.parent == project.canvas:
            self._session.notify("Saved {name} in this project.", name=saved.stem)
        else:
            self._session.notify("Saved {name} in {folder}.", name=saved.stem, folder=saved.parent)

    def save_as(self) -> None:
        """Ask for another file and write the document there."""
        start = str(self.state.path or self.keeper.folder / f"canvas{SUFFIX}")
        dialogs.ask_save(
            self,
            "Save canvas as",
            start,
            f"{tr('Canvas')} (*{SUFFIX})",
            SUFFIX[1:],
            lambda path: self._session.start(self._save(Path(path))),
        )

    def export(self) -> None:
        """Ask for a file and write the picture there."""
        stem = self.state.path.stem if self.state.path is not None else "canvas"
        project = self._session.project
        folder = project.exports if project is not None else self.keeper.folder
        dialogs.ask_save(
            self,
            "Export picture",
            str(folder / f"{stem}.png"),
            "PNG (*.png)",
            "png",
            lambda path: self._session.start(self.keeper.export(Path(path))),
        )

    # Dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take pictures, canvas files and LoRA files."""
        paths = _dropped(event)
        if not paths:
            return
        event.acceptProposedAction()
        self._overlay.offer(self._offer(paths))

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Nothing will be dropped."""
        self._overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Pictures become layers where they are dropped; a canvas file is opened."""
        self._overlay.hide()
        paths = _dropped(event)
        event.acceptProposedAction()
        at = QPointF(self.surface.mapFrom(self, event.position().toPoint()))
        spot = self.surface.view.to_document(at).toPoint()
        self._session.start(self.take(paths, spot))

    async def take(self, paths: list[Path], at: QPoint | None = None) -> None:
        """Open, place or use each of ``paths``; pictures go to ``at`` of the document."""
        for path in paths:
            if path.suffix.lower() == SUFFIX:
                await self.keeper.open(path)
            elif path.suffix.lower() == LORA_SUFFIX:
                self.repainting.add_lora(str(path))
                await self.repainting.load_models()
            elif self.state.document is None:
                await self.keeper.open(path)
            else:
                inside = (
                    at is not None
                    and 0 <= at.x() < self.state.size.width()
                    and 0 <= at.y() < self.state.size.height()
                )
                await self.keeper.add_picture(path, at if inside else None)

    def _offer(self, paths: list[Path]) -> str:
        suffixes = {path.suffix.lower() for path in paths}
        if SUFFIX in suffixes:
            return tr("Open {name}", name=paths[0].name)
        if LORA_SUFFIX in suffixes:
            return tr("Paint with {name}", name=paths[0].stem)
        if self.state.document is None:
            return tr("Open {name} as a canvas", name=paths[0].name)
        return tr("Add {n} layer", "Add {n} layers", n=len(paths))


def _run(action: Action, _checked: bool = False) -> None:
    action.run()


def _dropped(event: QDropEvent) -> list[Path]:
    """The files of a drop that the canvas can take."""
    wanted = {*PICTURE_SUFFIXES, SUFFIX, LORA_SUFFIX}
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return [path for path in paths if path.suffix.lower() in wanted]
