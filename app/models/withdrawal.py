"""Take the approval of a model back, and undo that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.trash import bring_back, to_trash
from engine.models.approvals import Approved, verdict_path

if TYPE_CHECKING:
    from app.session import Session

Moved = list[tuple[Path, Path]]
"""Where each file is in the trash, and where it was."""


async def withdraw(session: Session, approved: Approved, then: Callable[[], object]) -> None:
    """Move verdict and copy to the trash; the toast brings them back. ``then`` is called after
    either.
    """
    moved = await session.bridge.io(_to_trash, approved)

    async def bring() -> None:
        await session.bridge.io(_restore, moved)
        then()

    def undo() -> None:
        session.start(bring())

    session.notify(
        "{name} is approved no longer.",
        action="Undo",
        on_action=undo,
        name=approved.approval.name,
    )
    then()


def _to_trash(approved: Approved) -> Moved:
    """The verdict, and the model too if its approval brought it into the library."""
    paths = [verdict_path(approved.path)]
    if approved.approval.copied:
        paths.append(approved.path)
    moved: Moved = []
    for path in paths:
        try:
            moved.append((to_trash(path), path))
        except Exception:
            _restore(moved)  # half of it is worse than none
            raise
    return moved


def _restore(moved: Moved) -> None:
    for trashed, path in moved:
        bring_back(trashed, path)
