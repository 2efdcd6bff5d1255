"""The grids of the project that were drawn before, in a menu to open them again from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.i18n import tr
from app.i18n.format import clock, day, number
from app.shell.menus import Menu
from app.validation.labels import listed
from engine.validation.manifest import NAME, list_grids

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from app.session import Session
    from app.validation.approve_entry import Approvals
    from app.validation.model import GridState

MOST = 20
"""Grids that are listed, the newest first."""


@dataclass(frozen=True)
class Earlier:
    """A grid on disk: when it was written (seconds), and how many of its pictures are there."""

    folder: str
    moment: float
    drawn: int
    total: int
    checkpoints: tuple[str, ...]


class EarlierGrids(QObject):
    """Lists them under ``button``; ``chosen`` is called with the folder of one."""

    def __init__(
        self,
        session: Session,
        state: GridState,
        approvals: Approvals,
        button: QWidget,
        chosen: Callable[[str], object],
    ) -> None:
        super().__init__(button)
        self._session, self._state, self._approvals = session, state, approvals
        self._button, self._chosen = button, chosen
        self.found: tuple[Earlier, ...] = ()

    def ask(self) -> None:
        """Read the list, then open the menu."""
        self._session.start(self._ask())

    async def _ask(self) -> None:
        project = self._session.project
        if project is None:
            return
        self.found = await self._session.bridge.io(read_earlier, project.grids)
        menu = Menu(self._button)
        menu.title("Grids of this project" if self.found else "No grid is drawn yet.")
        shown = "" if self._state.request is None else self._state.request.folder
        for one in self.found:
            here = Path(one.folder) == Path(shown)
            menu.add(self.words(one), partial(self._chosen, one.folder), plain=True, ticked=here)
        menu.below(self._button)

    def words(self, one: Earlier) -> str:
        """Name, date, how much of it is drawn, and which of its checkpoints were approved."""
        cells = tr("{done} of {total} cells", done=number(one.drawn), total=number(one.total))
        parts = [Path(one.folder).name, listed([day(one.moment), clock(one.moment)]), cells]
        approved = [
            self._state.title_of(path)
            for path in one.checkpoints
            if path and self._approvals.of(path) is not None
        ]
        if approved:
            parts.append(tr("approved: {names}", names=listed(approved)))
        return "  ·  ".join(parts)


def read_earlier(grids: Path) -> tuple[Earlier, ...]:
    """The newest readable grids in the folder ``grids``."""
    if not grids.is_dir():
        return ()
    return tuple(
        Earlier(
            str(grid.folder),
            (grid.folder / NAME).stat().st_mtime,
            len({cell.id for cell in grid.cells if cell.path is not None}),
            len({cell.id for cell in grid.cells}),
            grid.request.checkpoints,
        )
        for grid in islice(list_grids(grids), MOST)
    )
