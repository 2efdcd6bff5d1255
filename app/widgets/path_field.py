"""A field for the path of a file or a folder: typed, chosen in the system's dialog, or dropped."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QPaintEvent
from PySide6.QtWidgets import QFileDialog, QStyle, QStyleOptionFrame, QStylePainter

from app.i18n import bind, tr
from app.theme import color, icons
from app.widgets.entries import TextField

_CONTENTS = QStyle.SubElement.SE_LineEditContents
_MIDDLE = Qt.TextElideMode.ElideMiddle
_TITLES = {"file": "Choose a file", "folder": "Choose a folder"}


class PlaceField(TextField):
    """A text field for a path: where it is too long, its middle goes until one types in it."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """As a text field, but with both ends of the path."""
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        area = self.style().subElementRect(_CONTENTS, option, self).adjusted(2, 0, -2, 0)
        short = self.fontMetrics().elidedText(self.text(), _MIDDLE, area.width())
        if self.hasFocus() or short == self.text():
            super().paintEvent(event)
            return
        painter = QStylePainter(self)
        painter.drawPrimitive(QStyle.PrimitiveElement.PE_PanelLineEdit, option)
        painter.setPen(color("t1" if self.isEnabled() else "t4"))
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, short)


class PathField(PlaceField):
    """A text field with a button at its right end that opens a dialog, which blocks nothing."""

    def __init__(self, kind: Literal["file", "folder"]) -> None:
        super().__init__()
        self._kind = kind
        place = self.ActionPosition.TrailingPosition
        self.choose = self.addAction(icons.icon("folder-open", 14), place)
        bind(self.choose.setToolTip, _TITLES[kind])
        self.choose.triggered.connect(lambda *_: self.open_dialog())

    def open_dialog(self) -> QFileDialog:
        """Let the user choose; what is chosen is taken as if it were typed."""
        dialog = QFileDialog(self, tr(_TITLES[self._kind]), self.value)
        folder = self._kind == "folder"
        mode = QFileDialog.FileMode.Directory if folder else QFileDialog.FileMode.ExistingFile
        dialog.setFileMode(mode)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._take)
        dialog.open()
        return dialog

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take one file from another program, else what a text field takes."""
        if _path_in(event.mimeData()):
            event.acceptProposedAction()
        else:
            super().dragEnterEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """As when it came in."""
        if _path_in(event.mimeData()):
            event.acceptProposedAction()
        else:
            super().dragMoveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Hold the path of what was dropped."""
        path = _path_in(event.mimeData())
        if path:
            event.acceptProposedAction()
            self._take(path)
        else:
            super().dropEvent(event)

    def _take(self, path: str) -> None:
        self.set_value(path)
        self.changed.emit(path)


def _path_in(data: QMimeData) -> str:
    """The path of the one local file in ``data``, else empty."""
    urls = data.urls()
    return urls[0].toLocalFile() if len(urls) == 1 else ""
