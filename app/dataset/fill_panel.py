"""What goes behind the transparent parts of the selected pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QVBoxLayout, QWidget

from app.dataset.fill_picture import ask_picture
from app.i18n import bind, tr
from app.theme import color, metrics
from app.widgets.buttons import button
from app.widgets.color_dialog import choose_color
from app.widgets.fields import Choice, TextField
from app.widgets.panel import Panel
from app.widgets.text import label
from engine.dataset.edits import Fill

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

    from app.dataset.model import DatasetState
    from app.dataset.operations import Operations
    from engine.dataset.library import Picture


class FillPanel(Panel):
    """The fill of the selection; the project's own is used where none is chosen."""

    def __init__(self, state: DatasetState, operations: Operations) -> None:
        super().__init__("Alpha fill")
        self.state = state
        self.operations = operations
        self._pictures: list[Picture] = []
        self._now = Fill()
        self.kinds = Choice(
            [
                ("color", "Color"),
                ("picture", "Per picture"),
                ("edge", "Edge"),
                ("blurred", "Blurred"),
                ("gradient", "Gradient"),
                ("image", "Picture"),
            ]
        )
        self.swatch = Swatch()
        self.hex = TextField()
        self.hint = label(size=11, tone="quiet", wrap=True)
        self._hint_text = bind(self.hint.setText, "")
        self.everywhere = button("Use for all pictures", kind="quiet", on=self._everywhere)
        self.follow = button("Follow the project", kind="quiet", on=self._follow)
        self._build()
        self.kinds.changed.connect(lambda _: self._apply())
        self.hex.changed.connect(lambda _: self._apply())
        self.swatch.clicked.connect(self._choose_color)

    def _build(self) -> None:
        self.color_row = QWidget()
        row = QHBoxLayout(self.color_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.swatch)
        row.addWidget(self.hex, 1)
        links = QHBoxLayout()
        links.setSpacing(0)
        links.addWidget(self.everywhere)
        links.addWidget(self.follow)
        links.addStretch(1)
        box = QVBoxLayout()
        box.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        box.setSpacing(metrics.GAP)
        box.addWidget(self.kinds)
        box.addWidget(self.color_row)
        box.addWidget(self.hint)
        box.addLayout(links)
        self.body.addLayout(box)
        bind(self.hex.setAccessibleName, "Fill color")
        bind(self.kinds.setAccessibleName, "Alpha fill")

    @property
    def project_fill(self) -> Fill:
        """What pictures without their own fill follow."""
        project = self.state.session.project
        return project.file.fill if project is not None else Fill()

    @property
    def followed_fill(self) -> Fill:
        """What the last of the pictures follows without its own fill."""
        project = self.state.session.project
        return project.file.fill_of(self._pictures[-1].category) if project is not None else Fill()

    def show_pictures(self, pictures: Sequence[Picture]) -> None:
        """Show the fill of ``pictures``; hidden when none of them is transparent."""
        self._pictures = [picture for picture in pictures if picture.has_alpha]
        self.setVisible(bool(self._pictures))
        if not self._pictures:
            return
        own = self._pictures[-1].recipe.fill
        fill = self._now = own or self.followed_fill
        self.kinds.set_value(fill.kind)
        self.hex.set_value(fill.color)
        self.swatch.set_color(fill.color)
        self.color_row.setVisible(fill.kind in ("color", "gradient"))
        self.follow.setVisible(any(item.recipe.fill is not None for item in self._pictures))
        self.everywhere.setVisible(own is not None and own != self.project_fill)
        self._hint_text.say(_hints[fill.kind])

    def _fill(self) -> Fill | None:
        text = self.hex.value.strip()
        text = text if text.startswith("#") else f"#{text}"
        if not QColor.isValidColorName(text) or len(text) != 7:
            return None
        return self._now.model_copy(update={"kind": self.kinds.value, "color": text.upper()})

    def _apply(self) -> None:
        if self.kinds.value == "image" and not self._now.image:
            self.kinds.set_value(self._now.kind)
            ask_picture(self, self.state.session, self._take_image)
            return
        fill = self._fill()
        if fill is None:
            self.hex.set_value(self.swatch.hex)
        elif self._pictures:
            self.operations.fill(self._pictures, fill)

    def _take_image(self, key: str) -> None:
        if self._pictures:
            fill = self._now.model_copy(update={"kind": "image", "image": key})
            self.operations.fill(self._pictures, fill)

    def _follow(self) -> None:
        self.operations.fill(self._pictures, None)

    def _everywhere(self) -> None:
        fill = self._fill()
        if fill is not None:
            self.operations.fill_everywhere(fill)

    def _choose_color(self) -> None:
        in_use = (self.project_fill.color, self.followed_fill.color)
        choose_color(self, "Fill color", self.swatch.hex, self._color_chosen, in_use)

    def _color_chosen(self, text: str) -> None:
        self.hex.set_value(text)
        self._apply()


class Swatch(QAbstractButton):
    """The fill color; a click chooses another."""

    def __init__(self) -> None:
        super().__init__()
        self.hex = "#FFFFFF"
        self.setFixedSize(metrics.CONTROL, metrics.CONTROL)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        bind(self.setToolTip, "Choose a color")
        bind(self.setAccessibleName, "Choose a color")

    def set_color(self, text: str) -> None:
        """Show ``text``, a ``#RRGGBB`` color."""
        self.hex = text
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(metrics.CONTROL, metrics.CONTROL)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(color("acc" if self.hasFocus() else "line_hover"))
        painter.setBrush(QColor(self.hex))
        painter.drawRoundedRect(self.rect().adjusted(3, 3, -4, -4), 2, 2)


_hints = {
    "color": "One color behind every picture.",
    "picture": "A quiet color made from each picture.",
    "edge": "The color of the nearest edge, carried outward.",
    "blurred": "The nearest edge, carried outward and blurred.",
    "gradient": "From this color to a second one; the editor sets it.",
    "image": "A picture of your own; the editor changes it.",
}


def fill_text(fill: Fill) -> str:
    """The fill in a few words."""
    if fill.kind == "color":
        return fill.color
    if fill.kind == "gradient":
        return f"{fill.color} – {fill.second}"
    words = {"picture": tr("per picture"), "edge": tr("edge"), "blurred": tr("blurred edge")}
    words["image"] = tr("a picture")
    return words[fill.kind]
