"""The chooser of a blend mode, with lines between the kinds as artists know them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel

from app.canvas.layers_state import PASS_THROUGH
from app.widgets.fields import Choice
from engine.canvas.blending import MODES

# The first mode of each kind: darker, lighter, contrast, comparison, color.
KINDS = ("darken", "lighten", "overlay", "difference", "hue")
PASSES = (PASS_THROUGH, "Pass through")
_NONE: Mapping[object, str] = MappingProxyType({})


class ModeChoice(Choice):
    """The modes in the order of the engine; groups can also pass through."""

    def __init__(self) -> None:
        super().__init__()
        self.setMaxVisibleItems(24)
        self.offer(groups=False)

    def offer(self, *, groups: bool) -> None:
        """Offer what a group, or a layer, can have."""
        options: list[tuple[object, str]] = [PASSES] if groups else []
        for key, mode in MODES.items():
            if key in KINDS:
                options.append((None, ""))
            options.append((key, mode.label))
        if options != self.options:
            self.set_options(options)

    def set_options(
        self, options: Sequence[tuple[object, str]], refused: Mapping[object, str] = _NONE
    ) -> None:
        """Offer other options; one without a text is a line."""
        super().set_options(options, refused)
        model = self.model()
        for index, (_, key) in enumerate(options):
            if not key and isinstance(model, QStandardItemModel):
                self.setItemData(index, "separator", Qt.ItemDataRole.AccessibleDescriptionRole)
                model.item(index).setFlags(Qt.ItemFlag.NoItemFlags)
