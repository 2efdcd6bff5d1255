"""The Canvas workspace: tools, option bar, rulers and surface, candidates, and the right column."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QGridLayout,
    QHBoxLayout,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.canvas.actions import canvas_actions
from app.canvas.adjusting import Adjusting
from app.canvas.again import Again
from app.canvas.card_menu import CardMenu
from app.canvas.clipboard import CanvasClipboard, nothing_in
from app.canvas.collage_panel import CollagePanel
from app.canvas.collage_work import CollageWork
from app.canvas.document_commands import DocumentCommands
from app.canvas.document_line import DocumentLine
from app.canvas.drag_out import layer_files
from app.canvas.drops import Drops
from app.canvas.handover import Handover
from app.canvas.keeper import Keeper
from app.canvas.layer_tree import MIME as LAYER_MIME
from app.canvas.layers_column import LayersColumn
from app.canvas.laying import Laying
from app.canvas.menus import CanvasMenus
from app.canvas.mime_pictures import carried
from app.canvas.model import CanvasState
from app.canvas.option_bar import OptionBar
from app.canvas.outside import OutsideEditing
from app.canvas.pen_memory import PenMemory
from app.canvas.repaint import Repaint
from app.canvas.repaint_panel import RepaintPanel
from app.canvas.rulers import THICKNESS, Ruler
from app.canvas.selection_work import SelectionWork
from app.canvas.sizing import Sizing
from app.canvas.stage_keys import StageKeys
from app.canvas.strip import CandidateStrip
from app.canvas.surface import Surface
from app.canvas.surround_fill import SurroundFill
from app.canvas.tall_panel import TallPanel
from app.canvas.tool_column import ToolColumn
from app.canvas.transforming import Transforming
from app.canvas.watch_chip import WatchChip
from app.canvas.watched_folder import WatchedFolder
from app.i18n import tr
from app.keymap import KEYS, Bound
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.columns import SideColumns
from app.widgets.states import DropOverlay, EmptyState
from app.widgets.text import hairline

if TYPE_CHECKING:
    from app.actions import Action
    from app.canvas.candidate import Candidate
    from app.session import Session
    from engine.sampling.request import ImageRequest

RIGHT_WIDE, RIGHT_NARROW = 344, 304


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
        self.options = OptionBar(self.state, self.surface, self.repainting)
        self.foot = DocumentLine(self.state, self.keeper)
        self.strip = CandidateStrip(self.state)
        self.panel = RepaintPanel(session, self.repainting, self.state)
        self.collage_panel = CollagePanel(self.state.collage)
        self.collage_work = CollageWork(session, self.state, self.repainting)
        self.beneath = LayersColumn(self.state)
        self.layers, self.history = self.beneath.layers, self.beneath.history
        self.commands = DocumentCommands(self, session, self.state, self.keeper)
        self.selecting = SelectionWork(self, session, self.state)
        self.laying = Laying(self, session, self.state)
        self.transforming = Transforming(self, session, self.state)
        self.adjusting = Adjusting(self, session, self.state)
        self.sizing = Sizing(self, session, self.state)
        self.again = Again(session, self.state, self.repainting)
        self.card_menu = CardMenu(session, self.state, self.repainting, self.again, self.strip)
        self.filling = SurroundFill(self, session, self.state)
        self.pen = PenMemory(session, self.state)
        self.menus = CanvasMenus(self, session)
        self.drops = Drops(self, session, self.state, self.keeper, self.repainting)
        self.clipboard = CanvasClipboard(session, self.state, self.surface, self.drops)
        self.outside = OutsideEditing(self, session, self.state)
        self.watched = WatchedFolder(self, session, self.keeper)
        self.foot.add(WatchChip(self.watched))
        self.layers.model.files_of = partial(layer_files, session, self.state)
        self._handover = Handover(session, self.state, self.keeper, self.repainting, self.surface)
        self.setAcceptDrops(True)
        self._build()
        self.layers.menu.know(self.actions())
        self._overlay = DropOverlay(self.stage)
        self._listen()
        self.keys = StageKeys(self)
        KEYS.register(Bound(one.id, one.text, one.shortcut) for one in canvas_actions(self))
        KEYS.changed.connect(self._keys_changed)
        self._show_document()
        if session.project is not None:
            session.start(self._handover.open_project())

    def actions(self) -> list[Action]:  # type: ignore[override]
        """What a user can do here."""
        return [KEYS.on(action) for action in canvas_actions(self)]

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
        recipe: ImageRequest | None = None,
        **payload: Any,
    ) -> None:
        """Take what another workspace hands over.

        A base model, LoRAs with weights, a prompt, a canvas or picture file to open, or the whole
        ``recipe`` of a picture; the ``job`` that repaints it already, with the ``seeds`` and
        ``strength`` of its candidates.
        """
        self._session.start(self._handover.take(loras, prompt, document, model, recipe))
        if job:
            self._session.start(self._handover.follow(job, seeds, strength))

    # Layout

    def _build(self) -> None:
        empty = EmptyState(
            "brush",
            "No canvas yet",
            "Drop a picture here to paint on it, or start with an empty canvas.",
            button("New canvas…", "plus", on=self.commands.new),
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
        across = Ruler(self.state, self.surface, Qt.Orientation.Horizontal)
        down = Ruler(self.state, self.surface, Qt.Orientation.Vertical)
        self.rulers = across, down
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
        self.tall = TallPanel(self.panel, column)
        for widget in (self.tall, self.collage_panel, self.beneath):
            widget.setProperty("surface", "panel")
            widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
            column.addWidget(widget)
        column.setStretchFactor(column.indexOf(self.beneath), 1)
        self.collage_panel.hide()
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
        session.project_changed.connect(lambda _: session.start(self._handover.open_project()))
        application = QApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.keeper.close_at_last)
        state.opened.connect(self._show_document)
        state.refused.connect(session.show_error)
        self.repainting.failed.connect(session.show_error)
        state.candidates.made_room.connect(self._tell_crowded_out)
        self.options.more.clicked.connect(lambda *_: self.menus.open_document())
        self.foot.menu_asked.connect(lambda: session.start(self.menus.open_canvases()))
        self.strip.accepted.connect(self.accept)
        self.strip.discarded.connect(self.discard)
        state.collage.changed.connect(self._show_panel)
        self.collage_panel.match_asked.connect(self.collage_work.match)
        self.collage_panel.soften_asked.connect(self.collage_work.soften)
        self.collage_panel.seams_asked.connect(self.collage_work.repaint_seams)
        self.strip.cards.more_asked.connect(self.repainting.more)
        # Else Ctrl+Z after a click would still undo words of the prompt.
        self.panel.start.clicked.connect(lambda *_: self.surface.setFocus())

    def _show_document(self) -> None:
        opened = self.state.document is not None
        self.stage.setCurrentIndex(0 if opened else 1)
        for widget in (self.tools, self.options.body, self.panel):
            widget.setEnabled(opened)

    def _show_panel(self) -> None:
        """The collage's panel, while candidates are painted in."""
        collaging = self.state.collage.active
        if collaging != self.collage_panel.isVisibleTo(self.right):
            self.collage_panel.setVisible(collaging)
            self.panel.setVisible(not collaging)
            self.collage_panel.refresh()
            self.surface.setFocus()

    def _keys_changed(self) -> None:
        self.keys.bind()
        self.card_menu.bind_keys()
        self.strip.refresh()
        self.layers.menu.know(self.actions())

    def escape(self) -> None:
        """Close the innermost thing: the collage, the comparison, the frame, then the selection.
        Candidates stay.
        """
        if self.state.collage.active:
            self.state.collage.leave()
        elif self.state.compare.on:
            self.state.compare.set_active(False)
        elif self.state.region is not None and self.state.selection is not None:
            self.state.set_region(None)
        elif self.state.region is not None or self.state.selection is not None:
            self.state.set_region(None)
            self.state.select(None)

    def _tell_crowded_out(self, gone: list[Candidate]) -> None:
        self._session.notify(
            "The oldest candidates made room.",
            action="Undo",
            on_action=lambda: self.state.candidates.put_back(gone),
        )

    # What actions do

    def accept(self) -> None:
        """Put the candidate shown, or the collage, on a layer of its own."""
        if self.state.collage.active:
            self.state.collage.finish()
            self.surface.setFocus()
            return
        shown = self.state.candidates.ready_one
        if shown is None:
            return
        prompt = shown.prompt.split(",")[0].strip()
        self.state.accept_candidate(prompt[:40] or tr("Candidate {n}", n=shown.number))
        self.surface.setFocus()

    def discard(self) -> None:
        """Take the request that is looked at away, once more is offered to have it again; what of
        it is still painted is stopped.
        """
        candidates = self.state.candidates
        batch = candidates.batch
        if batch is None:
            return
        self.repainting.stop(batch)
        self.card_menu.remove(candidates.of(batch))
        self.surface.setFocus()

    # Dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take pictures, canvas files and LoRA files."""
        what = carried(event.mimeData())
        ours = event.mimeData().hasFormat(LAYER_MIME)
        if ours or not (what or what.address):
            return
        event.acceptProposedAction()
        if what:
            self._overlay.offer(self.drops.offer(what))

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Nothing will be dropped."""
        self._overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Pictures become layers where they are dropped; a canvas file is opened."""
        self._overlay.hide()
        what = carried(event.mimeData())
        event.acceptProposedAction()
        at = QPointF(self.surface.mapFrom(self, event.position().toPoint()))
        spot = self.surface.document_point(at).toPoint()
        if what.files:
            self._session.start(self.drops.take(list(what.files), spot))
        elif what:
            self._session.start(self.clipboard.place(what, spot, same_place=False))
        else:
            self._session.show_error(nothing_in(what))
