"""The middle of Validate: a bar over the stage, and under it the recipe of the cell chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.widgets.text import hairline

if TYPE_CHECKING:
    from app.validation.recipe_bar import RecipeBar
    from app.validation.shown_line import ShownLine
    from app.validation.stage import Stage
    from app.validation.stage_bar import StageBar


class StageColumn(QWidget):
    """One cell takes all of it; a verdict is about no single cell."""

    def __init__(self, stage: Stage, bar: StageBar, shown: ShownLine, recipe: RecipeBar) -> None:
        super().__init__()
        self._stage, self._bar, self._shown, self._recipe = stage, bar, shown, recipe
        self.setProperty("surface", "stage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(shown)
        self._line = hairline("column")
        column.addWidget(self._line)
        column.addWidget(stage, 1)
        # In a box of its own: the bar itself comes and goes with the cell that is chosen.
        self._recipe_box = QWidget()
        under = QVBoxLayout(self._recipe_box)
        under.setContentsMargins(0, 0, 0, 0)
        under.addWidget(recipe)
        column.addWidget(self._recipe_box)
        stage.currentChanged.connect(self._follow)
        shown.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        shown = self._stage.currentWidget()
        self._recipe_box.setVisible(shown is not self._stage.verdict)
        stage = self._stage
        self._recipe.follow_stage(comparing=shown is stage.compare, full=shown is stage.full)
        self._shown.setVisible(shown is self._stage.grid and self._shown.needed)
        for part in (self._bar, self._line):
            part.setVisible(shown is not self._stage.full)
