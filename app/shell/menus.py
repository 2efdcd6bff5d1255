"""Menus that follow the language each time they open."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu, QWidget, QWidgetAction

from app.i18n import tr
from app.theme import icons
from app.widgets.panel import padded

Widget = TypeVar("Widget", bound=QWidget)


class Menu:
    """Collects entries, then opens below a widget without blocking."""

    def __init__(self, parent: QWidget) -> None:
        self._menu = QMenu(parent)

    def add(
        self,
        key: str,
        run: Callable[[], object],
        icon: str = "",
        *,
        plain: bool = False,
        ticked: bool | None = None,
        shortcut: str = "",
    ) -> Menu:
        """One entry; ``plain`` text is shown as it is."""
        words = key if plain else tr(key)
        action = self._menu.addAction(f"{words}\t{shortcut}" if shortcut else words)
        if icon:
            action.setIcon(icons.icon(icon))
        if ticked is not None:
            action.setCheckable(True)
            action.setChecked(ticked)
        action.triggered.connect(lambda *_: run())
        return self

    def put(self, widget: Widget) -> Widget:
        """A widget of its own as an entry, with the padding of the others."""
        entry = QWidgetAction(self._menu)
        entry.setDefaultWidget(padded(widget))
        self._menu.addAction(entry)
        return widget

    def close(self) -> None:
        """Close it before an entry was chosen."""
        self._menu.close()

    def title(self, key: str) -> Menu:
        """A quiet line that names what follows."""
        self._menu.addAction(tr(key)).setEnabled(False)
        return self

    def line(self) -> Menu:
        """A hairline between groups."""
        self._menu.addSeparator()
        return self

    def at(self, place: QPoint) -> QMenu:
        """Open at ``place`` on the screen, where the pointer asked for it."""
        self._menu.aboutToHide.connect(self._menu.deleteLater)
        self._menu.popup(place)
        return self._menu

    def below(self, widget: QWidget, *, right: bool = False) -> QMenu:
        """Open under ``widget``, at its left or right edge."""
        self._menu.aboutToHide.connect(self._menu.deleteLater)
        # The menu took the pointer: its button never heard that the pointer has left.
        self._menu.aboutToHide.connect(
            lambda: QTimer.singleShot(0, widget, partial(_at_rest, widget))
        )
        shift = widget.width() - self._menu.sizeHint().width() if right else 0
        self._menu.popup(widget.mapToGlobal(QPoint(shift, widget.height() + 2)))
        return self._menu


def _at_rest(widget: QWidget) -> None:
    """Show ``widget`` neither pressed nor, when the pointer is elsewhere, hovered."""
    if isinstance(widget, QAbstractButton):
        widget.setDown(False)
    if not widget.rect().contains(widget.mapFromGlobal(QCursor.pos())):
        widget.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
        QApplication.sendEvent(widget, QEvent(QEvent.Type.Leave))
    widget.update()
