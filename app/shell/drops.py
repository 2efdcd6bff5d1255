"""What falls on the window outside a page that takes it: a folder opens, all else says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.i18n import tr
from app.widgets.states import DropOverlay

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QDropEvent
    from PySide6.QtWidgets import QWidget

    from app.dataset.transfer_drop import Drop
    from app.session import Session


class WindowDrops:
    """Takes the drags that no page takes; ``over`` is what the overlay covers."""

    def __init__(self, session: Session, over: QWidget) -> None:
        self.session = session
        self.overlay = DropOverlay(over)

    def offer(self, event: QDropEvent) -> None:
        """Accept what opens, and say so; also what cannot be taken, to say why when it falls."""
        drop = _read(event)
        if drop is None:
            return
        folder = _opened_by(drop)
        if folder is not None:
            self.overlay.offer(tr("Open {name}", name=folder.name))
        if folder is not None or _refused(drop):
            event.acceptProposedAction()

    def take(self, event: QDropEvent) -> None:
        """Open the folder, or say in one sentence what was not taken."""
        from app.dataset.transfer_drop import open_dropped, tell_left

        self.overlay.hide()
        drop = _read(event)
        if drop is None:
            return
        event.acceptProposedAction()
        if _opened_by(drop) is not None:
            self.session.start(open_dropped(self.session, drop))
            return
        other = _refused(drop)
        if other and other == drop.left:
            tell_left(self.session, other)
        elif other:
            self.session.notify(
                "{name} was not taken: open a project and drop it on its pictures.",
                name=other[0].name,
            )


def _read(event: QDropEvent) -> Drop | None:
    """What falls; None for what comes out of the window itself."""
    from app.dataset.transfer_drop import read  # with the library: not needed for the first paint

    return read(event.mimeData()) if event.source() is None else None


def _opened_by(drop: Drop) -> Path | None:
    from app.dataset.transfer_drop import opened_by

    return opened_by(drop)


def _refused(drop: Drop) -> tuple[Path, ...]:
    described = (drop.dataset,) if drop.dataset is not None else ()
    return (*described, *drop.tags) or drop.left
