"""Hands on the real window, for tests that work in it for a whole session."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

LEFT, COPY = Qt.MouseButton.LeftButton, Qt.DropAction.CopyAction


class Artist:
    """Hands on one window. ``history`` holds what the library and the captions were after each
    change, the untouched folder first.
    """

    def __init__(self, window, art, settle) -> None:
        self.window, self.session, self.art = window, window.session, art
        self._settle = settle
        self.history: list[dict] = []

    @property
    def view(self):
        return self.window.pages.built["dataset"]

    def rest(self) -> None:
        """All that was begun has ended."""
        self._settle(self.session)

    def open_folder(self) -> None:
        """Drop the folder on the start page."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(self.art))])
        drop(self.window, data, QPoint(800, 500))
        self.rest()

    def click(self, widget) -> None:
        assert widget.isVisible(), widget
        assert widget.isEnabled(), widget
        QTest.mouseClick(widget, LEFT)
        self.rest()

    def click_row(self, rows, key) -> None:
        place = next(n for n, row in enumerate(rows.rows.items) if row.key == key)
        box = rows.visualRect(rows.rows.index(place))
        QTest.mouseClick(rows.viewport(), LEFT, pos=box.center())
        self.rest()

    def segment(self, segments, value) -> None:
        place = [option for option, _ in segments._options].index(value)
        QTest.mouseClick(segments, LEFT, pos=segments._rects()[place].center().toPoint())
        self.rest()

    def choose(self, name) -> None:
        """Click a picture of the grid."""
        grid, model = self.view.stage.grid, self.view.stage.model
        index = model.index(model.row_of(self.picture(name).id))
        grid.scrollTo(index)
        QTest.mouseClick(grid.viewport(), LEFT, pos=grid.visualRect(index).center() - QPoint(0, 20))
        self.rest()

    def press(self, widget, *keys) -> None:
        for key in keys:
            QTest.keyClick(widget, key)
            self.rest()

    def write(self, field, text) -> None:
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, text)
        self.rest()

    def menu(self, button, text) -> None:
        """Open the menu of a button and take an entry."""
        self.click(button)
        menu = next(made for made in self.window.findChildren(QMenu) if made.isVisible())
        next(entry for entry in menu.actions() if entry.text().startswith(text)).trigger()
        menu.close()
        self.rest()

    def picture(self, name):
        return next(p for p in self.view.state.pictures.values() if p.path.name == name)

    def names(self, flag):
        return {p.path.name for p in self.view.state.pictures.values() if p.flag == flag}

    def done(self) -> None:
        """Remember how things stand after one more change."""
        self.history.append(self.state())

    def state(self) -> dict:
        pictures = self.view.state.pictures.values()
        captions = {path.name: path.read_text("utf-8") for path in self.art.glob("*.txt")}
        file = self.session.project.file
        marks = {
            p.path.name: (p.flag, p.category, p.caption, p.recipe, p.held_out) for p in pictures
        }
        return {
            "marks": marks,
            "captions": {name: text for name, text in captions.items() if text},
            "project": (file.trigger_word, file.categories, file.fill),
        }

    def go_back(self) -> None:
        """Undo everything, step by step."""
        for before in reversed(self.history[:-1]):
            self.click(self._lit(self.window.bar.undo))
            assert self.state() == before
        assert not self._lit(self.window.bar.undo).isEnabled()

    def go_forth(self, history) -> None:
        """Make every change again."""
        for after in history[1:]:
            self.click(self._lit(self.window.bar.redo))
            assert self.state() == after
        assert not self._lit(self.window.bar.redo).isEnabled()

    def _lit(self, button):
        """The button as it is once the bar has looked at the page again."""
        self.window._undo_timer.timeout.emit()
        return button


def drop(widget, data, spot) -> None:
    QApplication.sendEvent(
        widget, QDragEnterEvent(spot, COPY, data, LEFT, Qt.KeyboardModifier.NoModifier)
    )
    QApplication.sendEvent(
        widget, QDropEvent(QPointF(spot), COPY, data, LEFT, Qt.KeyboardModifier.NoModifier)
    )
