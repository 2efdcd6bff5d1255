"""Undo of Validate: whatever was changed last is taken back first, whichever part keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from app.validation.history import History
    from app.validation.marks import GridMarks
    from app.validation.plans import Plans
    from app.validation.verdict_choices import VerdictChoices


class _Keeper(Protocol):
    @property
    def newest(self) -> float: ...

    def undo(self) -> None: ...

    def about_undo(self) -> str: ...


class Undoing:
    """Marks of cells, limits and flags of verdicts, and the plans that set up a grid."""

    def __init__(self, marks: GridMarks, choices: VerdictChoices, plans: Plans) -> None:
        self._keepers: tuple[_Keeper, ...] = (marks.history, choices.history, plans)
        self._undone: list[History[Any]] = [marks.history, choices.history]

    @property
    def possible(self) -> bool:
        """Whether something can be taken back."""
        return any(keeper.newest for keeper in self._keepers)

    def undo(self) -> None:
        """Take back what was done last."""
        keeper = max(self._keepers, key=lambda one: one.newest)
        keeper.undo()
        for again in self._undone:
            if again is keeper:
                self._undone.sort(key=lambda one: one is not keeper)

    def about_undo(self) -> str:
        """What that was; empty where it has no name of its own."""
        return max(self._keepers, key=lambda one: one.newest).about_undo()

    def redo(self) -> None:
        """Do again what was taken back last."""
        keeper = next((one for one in self._undone if one.about_redo()), None)
        if keeper is not None:
            keeper.redo()

    def about_redo(self) -> str:
        """What that was."""
        return next((words for one in self._undone if (words := one.about_redo())), "")
