"""Take the approval of a model back, and undo that."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.trash import Moved, all_to_trash, bring_all_back
from engine.models.approvals import Approved

if TYPE_CHECKING:
    from app.session import Session


async def withdraw(session: Session, approved: Approved, then: Callable[[], object]) -> None:
    """Move verdict and copy to the trash; the toast brings them back. ``then`` is called after
    either.
    """
    moved = await session.bridge.io(_to_trash, approved)

    async def bring() -> None:
        await session.bridge.io(bring_all_back, moved)
        then()

    def undo() -> None:
        session.start(bring())

    session.notify(
        "The approval of {name} is withdrawn.",
        action="Undo",
        on_action=undo,
        name=approved.approval.name[:1].upper() + approved.approval.name[1:],
    )
    then()


def _to_trash(approved: Approved) -> Moved:
    """The verdict, and what its approval brought into the library with it."""
    return all_to_trash(approved.brought())
