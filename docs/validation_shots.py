"""The pictures of validation, taken by ``docs/screenshots.py``: the newest run is checked for
over-fitting from its form alone, then the grid, a comparison and the verdict are photographed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

if TYPE_CHECKING:
    from app.widgets.segments import Segments
    from docs.screenshots import Photographer

LEFT = Qt.MouseButton.LeftButton
STEPS = 12
MOST_SECONDS = 3600


class ValidationShots:
    """Takes the pictures of one language; ``suffix`` ends their names."""

    def __init__(self, camera: Photographer, suffix: str = "") -> None:
        self.camera, self.window = camera, camera.window
        self.suffix = suffix

    @property
    def view(self) -> Any:
        """The page of validation."""
        return self.window.pages.built["validate"]

    async def shoot(self, name: str) -> None:
        """Save ``name`` with the ending of the language."""
        await self.camera.shoot(f"{name}{self.suffix}")

    async def choose(self, segments: Segments, value: str) -> None:
        """Click one of ``segments``."""
        place = [option for option, _ in segments._options].index(value)
        QTest.mouseClick(segments, LEFT, pos=segments._rects()[place].center().toPoint())
        await self.camera.quiet(0.6)

    async def take_all(self) -> None:
        """The grid with its evidence, two cells under a slider, the verdict."""
        await self.grid()
        await self.compared()
        await self.verdict()

    async def grid(self) -> None:
        """The grid with its evidence, two cells chosen."""
        self.window.navigate("validate", {})
        await self.camera.quiet()
        await self.choose(self.view.bar.mode, "grid")
        self._choose_cells()
        await self.shoot("validate")

    async def compared(self) -> None:
        """Two cells of one seed under a slider."""
        await self.choose(self.view.bar.mode, "compare")
        await self.choose(self.view.bar.way, "slider")
        await self.shoot("validate-compare")
        await self.choose(self.view.bar.way, "side")

    async def verdict(self) -> None:
        """What speaks for each checkpoint, and against it."""
        await self.choose(self.view.bar.mode, "verdict")
        await self.shoot("validate-verdict")
        await self.choose(self.view.bar.mode, "grid")

    def _choose_cells(self) -> None:
        """A is the pick at full weight, B the base model, of the same prompt and seed."""
        view, grid = self.view, self.view.grid
        view.state.choose(view.state.second)  # another click on what was B would take it away
        keys = [
            key
            for key in view.state.request.positions()
            if key.weight == 1 and grid.cell_rect(key).isValid()
        ]
        picked = [key for key in keys if key.checkpoint == view.state.pick_checkpoint]
        others = [key for key in keys if key not in picked and key.prompt == picked[0].prompt]
        for key, modifier in zip(
            (picked[0], others[0]), (Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.ControlModifier), strict=True,
        ):  # fmt: skip
            grid.show_cell(key)
            place = grid.cell_rect(key).center()
            QTest.mouseClick(grid.viewport(), LEFT, modifier, place)


async def check_run(shots: ValidationShots) -> None:
    """Draw the over-fit check of the newest run as far as it is not there, and have it measured."""
    camera = shots.camera
    shots.window.navigate("validate", {})
    await camera.quiet(3)
    view = shots.view
    first = view.state.request is None
    await view.plans.check()
    if first:
        view.setup.change_image(steps=STEPS)
    await camera.quiet(2)
    if view.drawing.possible:
        QTest.mouseClick(view.panel.start, LEFT)
    await _until(lambda: not view.runner.running)
    await _until(lambda: not view.evidence.measuring)
    shots.window.toasts.withdraw()
    await camera.quiet()


async def _until(test: Any) -> None:
    await asyncio.sleep(1)
    waited = 0.0
    while not test() and waited < MOST_SECONDS:
        await asyncio.sleep(0.25)
        waited += 0.25
