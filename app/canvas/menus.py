"""The two menus of the canvas page: what the document can do, and the canvases of the project."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu

from app.canvas.document_line import moment
from app.canvas.files import canvases
from app.canvas.option_bar import ADJUST_MENU, DOCUMENT_MENU, VIEW_MENU
from app.i18n import tr
from app.theme import icons
from app.widgets.buttons import shortcut_text

if TYPE_CHECKING:
    from pathlib import Path

    from app.actions import Action
    from app.canvas.view import View
    from app.session import Session

DOCUMENTS_MENU = ("canvas.new", "canvas.open", "canvas.rename")


class CanvasMenus:
    """Built anew each time one is opened, from the page's own actions."""

    def __init__(self, view: View, session: Session) -> None:
        self._view, self._session = view, session

    def open_document(self) -> None:
        """Open the menu of the document: new, open, save, and what the bar has no room for."""
        view = self._view
        self.document = QMenu(view)
        known = {action.id: action for action in view.actions()}
        for group in (*DOCUMENT_MENU, VIEW_MENU if view.options.folded else ()):
            if group:
                self.document.addSeparator()
            for name, text in group:
                _add(self.document, known[name], text)
        self.document.addSeparator()
        adjust = self.document.addMenu(icons.icon("sliders-horizontal"), tr("Adjust the layer"))
        for name, text in ADJUST_MENU:
            _add(adjust, known[name], text)
        more = view.options.more
        shift = more.width() - self.document.sizeHint().width()
        self.document.aboutToHide.connect(self.document.deleteLater)
        self.document.popup(more.mapToGlobal(QPoint(shift, more.height() + 2)))

    async def open_canvases(self) -> None:
        """Offer the canvases of the project."""
        view = self._view
        found = await self._session.bridge.io(canvases, view.keeper.folder)
        menu = self.canvases = QMenu(view)
        for path, written in found:
            entry = menu.addAction(f"{path.stem}\t{moment(written)}")
            entry.setCheckable(True)
            entry.setChecked(path == view.state.path)
            entry.triggered.connect(partial(self._switch, path))
        menu.addSeparator()
        known = {action.id: action for action in view.actions()}
        for name in DOCUMENTS_MENU:
            action = known[name]
            entry = menu.addAction(icons.icon(action.icon), tr(action.text), action.run)
            entry.setEnabled(action.enabled())
        menu.aboutToHide.connect(menu.deleteLater)
        corner = view.foot.documents.mapToGlobal(QPoint(0, -2))
        menu.popup(corner - QPoint(0, menu.sizeHint().height()))

    def _switch(self, path: Path, _checked: bool = False) -> None:
        if path != self._view.state.path:
            self._session.start(self._view.keeper.open(path, tell=False))


def _add(menu: QMenu, action: Action, text: str) -> None:
    keys = shortcut_text(action.shortcut)
    entry = menu.addAction(f"{tr(text)}\t{keys}" if keys else tr(text))
    entry.setIcon(icons.icon(action.icon))
    entry.setEnabled(action.enabled())
    entry.triggered.connect(partial(_run, action))


def _run(action: Action, _checked: bool = False) -> None:
    action.run()
