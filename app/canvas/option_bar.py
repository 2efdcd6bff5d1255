"""The option bar above the canvas: what the tool in hand can be told, and the zoom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.canvas.symmetry_button import SymmetryButton
from app.canvas.tool_options import ToolOptions
from app.canvas.tools import BY_NAME
from app.i18n import bind
from app.i18n import signals as language_signals
from app.i18n.format import percent
from app.keymap import key_of
from app.theme import metrics
from app.widgets.buttons import tool_button
from app.widgets.panel import IconLabel
from app.widgets.text import ElidedLabel, label

if TYPE_CHECKING:
    from app.canvas.model import CanvasState
    from app.canvas.repaint import Repaint
    from app.canvas.surface import Surface

HINTS = {
    "move": "Drag the selected layer. Shift keeps to one axis.",
    "pick": "Take a color from the picture as you see it.",
    "hand": "Drag the view. Space does it with every tool.",
    "rotate": "Drag around the middle; Shift turns by 15 degrees, a double click goes back.",
    "stamp": "Alt click what is to be cloned, then paint.",
    "zoom": "Click to zoom in, Alt click to zoom out.",
}


# What the menu at the end offers: (action, its name there) in groups.
DOCUMENT_MENU = (
    (("canvas.new", "New canvas…"), ("canvas.open", "Open…")),
    (
        ("canvas.save", "Save"),
        ("canvas.save_as", "Save as…"),
        ("canvas.export", "Export…"),
    ),
    (("canvas.image_size", "Image size…"), ("canvas.canvas_size", "Canvas size…")),
    (
        ("canvas.watch", "Watch a folder…"),
        ("canvas.choose_editor", "Program for layers…"),
        ("canvas.wildcards", "Folder of wildcards"),
    ),
)
ADJUST_MENU = (
    ("canvas.levels", "Levels…"),
    ("canvas.curves", "Curves…"),
    ("canvas.hue", "Hue and saturation…"),
    ("canvas.light", "Brightness and contrast…"),
    ("canvas.blur", "Blur…"),
    ("canvas.sharpen", "Sharpen…"),
)
VIEW_MENU = (
    ("canvas.zoom_in", "Zoom in"),
    ("canvas.zoom_out", "Zoom out"),
    ("canvas.fit", "Show the whole picture"),
    ("canvas.actual", "Show at 100 %"),
    ("canvas.mirror_across", "Mirror brushes left and right"),
    ("canvas.mirror_down", "Mirror brushes top and bottom"),
)
# How wide the sliders are (0: at their least, with their words in tooltips only), and whether the
# zoom, the tool's name and the symmetry are shown; the first that fits.
_FOLDS = (
    (148, True, True, True),
    (130, True, True, True),
    (112, True, True, True),
    (112, True, False, True),
    (106, False, True, True),
    (106, False, False, True),
    (106, False, False, False),
    (0, False, False, False),
)


class OptionBar(QWidget):
    """The tool's name, its options or a hint, the zoom, and a menu at the right.

    Where there is no room the sliders get shorter, then the zoom goes into the menu and the name.
    """

    def __init__(self, state: CanvasState, surface: Surface, repaint: Repaint) -> None:
        super().__init__()
        self._state = state
        self._surface = surface
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(metrics.TOOLBAR)
        # What stands in the bar must not push the window wider: it folds instead.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.folded = False
        self.body = QWidget()
        self.more = tool_button("ellipsis", "Canvas file and view")
        outer = QHBoxLayout(self)
        outer.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        outer.setSpacing(metrics.GAP_ICONS)
        outer.addWidget(self.body, 1)
        outer.addWidget(self.more, 0, Qt.AlignmentFlag.AlignRight)
        row = self._row = QHBoxLayout(self.body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(metrics.GAP)
        self.icon = IconLabel("brush", 16, "t1")
        self.name = label(weight=500)
        self._name_text = bind(self.name.setText, BY_NAME["brush"].text)
        row.addWidget(self.icon)
        row.addWidget(self.name)
        row.addSpacing(8)
        self.options = ToolOptions(state, repaint)
        row.addWidget(self.options)
        self.hint = ElidedLabel(tone="quiet")
        self._hint_text = bind(self.hint.setText, "")
        row.addWidget(self.hint, 1)
        self.symmetry = SymmetryButton(state)
        row.addWidget(self.symmetry)
        self._add_zoom(row)
        self._listen()

    def _add_zoom(self, row: QHBoxLayout) -> None:
        view = self._surface.view
        self.zoom = label(tone="label")
        self.zoom.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.zoom.setFixedWidth(52)
        self._zoom_tools = [
            tool_button(
                "zoom-out", "Zoom out", lambda: view.step(-1), shortcut=key_of("canvas.zoom_out")
            ),
            self.zoom,
            tool_button(
                "zoom-in", "Zoom in", lambda: view.step(1), shortcut=key_of("canvas.zoom_in")
            ),
            tool_button(
                "maximize",
                "Show the whole picture",
                self._surface.fit,
                shortcut=key_of("canvas.fit"),
            ),
        ]
        for tool in self._zoom_tools:
            row.addWidget(tool)

    def _listen(self) -> None:
        self._state.opened.connect(self.refresh)
        self._state.tool_changed.connect(self.refresh)
        self._state.selection_changed.connect(self.refresh)
        self._state.collage.changed.connect(self._follow_collage)
        self._surface.view.changed.connect(self._show_zoom)
        language_signals.changed.connect(self._fold)
        self.refresh()
        self._show_zoom()

    def _follow_collage(self) -> None:
        if self.options.painting.isVisibleTo(self.options) != self._state.collage.active:
            self.refresh()

    def refresh(self) -> None:
        """Show the tool in hand and its options; without a canvas there is nothing to tell."""
        self.body.setVisible(self._state.document is not None)
        tool = BY_NAME[self._state.tool]
        collaging = self._state.collage.active and tool.name in ("brush", "eraser")
        self.icon.set("blend" if collaging else tool.icon)
        self._name_text.say("Collage" if collaging else tool.text)
        self.options.follow()
        self._hint_text.say(HINTS.get(tool.name, ""))
        self._fold()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fold what has no room."""
        self._fold()

    def minimumSizeHint(self) -> QSize:
        """Any width: what has no room folds."""
        return QSize(0, metrics.TOOLBAR)

    def _fold(self, *_: object) -> None:
        room = self.width() - 2 * metrics.PAD - self.more.width() - metrics.GAP_ICONS
        for width, zoom, name, symmetry in _FOLDS:
            self.folded = not zoom
            self.options.narrow(width)
            for tool in self._zoom_tools:
                tool.setVisible(zoom)
            self.name.setVisible(name)
            self.symmetry.setVisible(symmetry)
            self.hint.setVisible(width > 0)
            self._row.invalidate()
            if self._row.minimumSize().width() <= room:
                break

    def _show_zoom(self) -> None:
        self.zoom.setText(percent(self._surface.view.zoom))
