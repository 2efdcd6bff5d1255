"""The right column of Models: what is known about the chosen file, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.models.model import facts, problem_of, title_of
from app.session import Session
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.layouts import clear_layout
from app.widgets.panel import Column, Panel, note
from app.widgets.text import ElidedLabel, label
from engine.models.inspect import ModelInfo


class Inspector(Column):
    """344 px. Empty until something is chosen."""

    def __init__(self, session: Session) -> None:
        super().__init__(344, "right")
        self._session = session
        self._info: ModelInfo | None = None
        self._about = Panel("About")
        self._used = Panel("Use")
        self._title = ElidedLabel("", Qt.TextElideMode.ElideMiddle, size=12, weight=600)
        head = QWidget()
        head.setFixedHeight(metrics.HEADER_TOP)
        line = QHBoxLayout(head)
        line.setContentsMargins(12, 0, 12, 0)
        line.addWidget(self._title)
        self._problem, self._problem_text = note("", "triangle-alert", "error")
        self._hint, _ = note("Choose a model to see what is known about it.", tone="quiet")
        self._advice, self._advice_text = note("", tone="label")
        self._used.body.addWidget(self._advice)
        for widget in (head, self._hint, self._problem):
            self.add(widget, line=False)
        self.add(self._about)
        self.add(self._used)
        self.folder = button("Show in folder", "folder-open", on=self._open_folder)
        self.paint = button("Paint with it", "brush", "primary", on=self._paint)
        self.add_foot(self.folder)
        self.add_foot(self.paint, 1)
        self.show_model(None)

    def show_model(self, info: ModelInfo | None) -> None:
        """Show what is known about ``info``."""
        from app.i18n import tr

        self._info = info
        self._title.setText(title_of(info) if info else "")
        self._hint.setVisible(info is None)
        self._problem.setVisible(bool(info and info.problem))
        self._problem_text.setText(problem_of(info) if info else "")
        usable = info is not None and not info.problem
        self._about.setVisible(usable)
        self._used.setVisible(usable)
        self.folder.setVisible(info is not None)
        self.paint.setVisible(usable)
        if info is None or not usable:
            return
        self._fill(info)
        lora = info.kind == "lora"
        advice = (
            "Add it to a prompt as <lora:{name}:1>, or choose it in Canvas and Validate."
            if lora
            else "Training, Validate and Canvas can use it as their base model."
        )
        self._advice_text.setText(tr(advice, name=info.name))

    def _fill(self, info: ModelInfo) -> None:
        body = self._about.body
        clear_layout(body)
        for key, text in facts(info):
            body.addWidget(_fact(key, text))

    def _open_folder(self) -> None:
        if self._info is not None:
            place = self._info.path if self._info.path.is_dir() else self._info.path.parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(place)))

    def _paint(self) -> None:
        if self._info is None:
            return
        if self._info.kind == "lora":
            self._session.go("canvas", loras=((str(self._info.path), 1.0),))
        else:
            self._session.go("canvas", model=self._info.ref)


def _fact(key: str, text: str) -> QWidget:
    box = QWidget()
    box.setFixedHeight(24)
    row = QHBoxLayout(box)
    row.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
    row.addWidget(label(key, tone="label"))
    value = ElidedLabel(text, Qt.TextElideMode.ElideMiddle)
    value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    row.addWidget(value, 1)
    return box
