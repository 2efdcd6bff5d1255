"""What reaches the canvas from elsewhere: the project's last document, and other workspaces' work.

Both wait for each other: a document that is read brings settings of its own, and what is handed
over goes on top of those.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer

from app.canvas.repaint_settings import RepaintSettings
from engine.training.runs import folder_of_run

if TYPE_CHECKING:
    from app.canvas.keeper import Keeper
    from app.canvas.model import CanvasState
    from app.canvas.repaint import Repaint
    from app.canvas.surface import Surface
    from app.session import Session
    from engine.sampling.request import ImageRequest


class Handover:
    """Takes one thing after the other."""

    def __init__(
        self,
        session: Session,
        state: CanvasState,
        keeper: Keeper,
        repainting: Repaint,
        surface: Surface,
    ) -> None:
        self._session, self._state, self._keeper = session, state, keeper
        self._repainting, self._surface = repainting, surface
        self._opening = asyncio.Lock()

    async def open_project(self) -> None:
        """Another project: its newest document, and the models at hand there."""
        async with self._opening:
            await self._keeper.open_latest()
            await self._repainting.load_models()

    async def take(
        self,
        loras: tuple[tuple[str, float], ...],
        prompt: str,
        document: str,
        model: str,
        recipe: ImageRequest | None = None,
    ) -> None:
        """Open ``document`` where one is given, and paint with the rest from now on.

        A ``recipe`` takes the place of all settings, with its own seed first and kept.
        """
        async with self._opening:
            if document:
                await self._take_over(Path(document))
            if recipe is not None:
                self._repainting.change(**_settings(recipe))
                self._repainting.choose_model(recipe.model)
            if model:
                self._repainting.choose_model(model)
            for path, weight in loras:
                await self._leave_kin(path)
                self._repainting.add_lora(path, weight)
                self._repainting.set_weight(path, weight)
            if prompt:
                self._repainting.change(prompt=prompt)
            await self._repainting.load_models()

    async def _leave_kin(self, path: str) -> None:
        """Paint without the other checkpoints of the run of ``path``: two of one run add up."""
        known = [one for one, _ in self._repainting.settings.loras if one != path]
        for one in await self._session.bridge.io(_of_same_run, path, known):
            self._repainting.remove_lora(one)

    async def follow(self, job: str, seeds: tuple[int, ...], strength: float) -> None:
        """Show the candidates of a ``job`` that another workspace has started."""
        async with self._opening:
            self._repainting.follow(job, seeds, strength)
            # Once the candidates have taken their room.
            QTimer.singleShot(0, self._surface, self._surface.fit)

    async def _take_over(self, path: Path) -> None:
        """Open what another workspace made; the way back to the canvas open before is offered."""
        earlier = self._state.path
        if earlier == path:
            self._keeper.leave_shelf()  # what was made of it came with it
        await self._keeper.open(path)
        if earlier is None or earlier == path:
            return

        def go_back() -> None:
            self._session.start(self._keeper.open(earlier, tell=False))

        self._session.notify(
            "Your canvas {name} is kept.",
            action="Go back",
            on_action=go_back,
            name=earlier.stem,
        )


def _settings(recipe: ImageRequest) -> dict[str, Any]:
    """What the canvas paints with, as the picture of ``recipe`` was made; how strongly and how
    many is as it was.
    """
    values = RepaintSettings.of(recipe).as_values()
    return {name: value for name, value in values.items() if name not in ("strength", "count")}


def _of_same_run(path: str, others: list[str]) -> list[str]:
    """Which of ``others`` are checkpoints of the run that ``path`` is one of."""
    folder = folder_of_run(Path(path))
    return [one for one in others if folder is not None and folder_of_run(Path(one)) == folder]
