"""The stage of single suggestions: one picture large, kept, rejected or skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSizeF, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.dataset.cull_panes import Pane
from app.i18n import bind, tr
from app.i18n.format import dimensions, size
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.look import Look
from app.widgets.text import ElidedLabel, label

if TYPE_CHECKING:
    from app.dataset.cull_pictures import CullPictures
    from app.dataset.cull_runs import TrainedRuns
    from engine.dataset.picture import Picture


class SingleStage(QWidget):
    """Shows one picture with what was found about it."""

    def __init__(self, pictures: CullPictures, runs: TrainedRuns) -> None:
        super().__init__()
        self.pictures, self.runs = pictures, runs
        self.picture: Picture | None = None
        self.look = Look()
        self.pane = Pane(self.look)
        self.pane.framed = False
        self.name = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle, weight=500)
        self.found = label(tone="warn")
        self.facts = label(tone="label")
        self.buttons = {
            "rejected": button("Reject", "x", big=True),
            "": button("Skip", big=True),
            "picked": button("Keep", "check", "primary", big=True),
        }
        for name, key in {"rejected": "←", "": "Space", "picked": "→"}.items():
            self.buttons[name].show_shortcut(key)
        self._build()
        pictures.ready.connect(self.refresh)
        runs.ready.connect(self._show_facts)

    def _build(self) -> None:
        bind(self.pane.setAccessibleName, "Picture to decide about")
        head = QHBoxLayout()
        head.setSpacing(metrics.PAD)
        head.addWidget(self.name, 1)
        head.addWidget(self.found)
        foot = QHBoxLayout()
        foot.setSpacing(metrics.GAP)
        for name, made in self.buttons.items():
            foot.addWidget(made, 1 if name else 0)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, metrics.GAP, 16, 16)
        outer.setSpacing(metrics.GAP)
        outer.addLayout(head)
        outer.addWidget(self.pane, 1)
        outer.addWidget(self.facts)
        outer.addLayout(foot)

    def show_picture(self, picture: Picture, found: str) -> None:
        """Show another picture, and the sentence about it."""
        if self.picture is None or self.picture.id != picture.id:
            self.look.show(QSizeF(max(1, picture.width), max(1, picture.height)))
        self.picture = picture
        self.name.setText(picture.path.name)
        self.found.setText(found)
        self._show_facts()
        self.refresh()

    def _show_facts(self) -> None:
        picture = self.picture
        if picture is None:
            return
        kind = picture.path.suffix.removeprefix(".").upper()
        caption = picture.caption.strip().replace("\n", " ") or tr("no caption")
        facts = [dimensions(picture.width, picture.height), f"{size(picture.bytes)}, {kind}"]
        trained = self.runs.words(picture)
        if trained:
            facts.append(tr("trained in {runs}", runs=trained))
        measure = self.facts.fontMetrics()
        words = " · ".join([*facts, caption])
        room = max(200, self.width() - 32)
        self.facts.setText(measure.elidedText(words, Qt.TextElideMode.ElideRight, room))

    def zoom(self, factor: float) -> None:
        """Zoom about the middle."""
        self.look.zoom_to(self.look.scale * factor)

    def fit(self) -> None:
        """Show it whole."""
        self.look.fit()

    def refresh(self) -> None:
        """Put the picture into the pane, as far as it is there."""
        picture = self.picture
        if picture is not None and self.isVisibleTo(self.window()):
            failed = str(picture.path) in self.pictures.failed
            problem = tr("unreadable") if failed else ""
            self.pane.set_picture(self.pictures.get(picture), problem)
