"""A panel in a splitter that is as high as what it holds, and scrolls where there is no room."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QWidget

LEAST = 160


class TallPanel(QScrollArea):
    """Follows ``inner`` until the line under it is dragged; it is shown and hidden with it."""

    def __init__(self, inner: QWidget, splitter: QSplitter) -> None:
        super().__init__()
        self._inner, self._splitter, self._dragged = inner, splitter, False
        self._soon = QTimer(self, interval=0, singleShot=True)
        self._soon.timeout.connect(self.fit)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self.setWidget(inner)
        inner.setAutoFillBackground(False)
        inner.installEventFilter(self)
        splitter.splitterMoved.connect(self._note_drag)

    @property
    def wanted(self) -> int:
        """How high the content is at this width."""
        inner = self._inner.layout()
        return inner.totalHeightForWidth(self.width()) if inner is not None else 0

    def minimumSizeHint(self) -> QSize:
        return QSize(self._inner.minimumSizeHint().width(), LEAST)

    def sizeHint(self) -> QSize:
        return QSize(self._inner.sizeHint().width(), self.wanted)

    def fit(self) -> None:
        """Take the height of the content, as far as the others leave it."""
        sizes, place = self._splitter.sizes(), self._splitter.indexOf(self)
        if self._dragged or self.isHidden() or sum(sizes) == 0:
            return
        parts = [self._splitter.widget(n) for n in range(self._splitter.count())]
        others = [one for one in parts if one is not None and one is not self and one.isVisible()]
        room = sum(sizes) - sum(max(one.minimumSizeHint().height(), 0) for one in others)
        height = max(LEAST, min(self.wanted, room))
        if height != sizes[place] and others:
            sizes[self._splitter.indexOf(others[-1])] += sizes[place] - height
            sizes[place] = height
            self._splitter.setSizes(sizes)

    def _note_drag(self) -> None:
        self._dragged = True

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._soon.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hear when the content is another, or is shown and hidden."""
        if watched is self._inner:
            if event.type() == QEvent.Type.LayoutRequest:
                self._soon.start()
            elif self.parentWidget() is not None and event.type() in (
                QEvent.Type.ShowToParent,
                QEvent.Type.HideToParent,
            ):
                self.setVisible(event.type() == QEvent.Type.ShowToParent)
        return super().eventFilter(watched, event)
