"""The other checkpoints of a run, once one is approved: to the trash, and back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.trash import all_to_trash, bring_all_back
from engine.runtime.errors import StylekilnError
from engine.training.runs import Run, folder_of_run

if TYPE_CHECKING:
    from app.session import Session
    from app.trash import Moved


@dataclass(frozen=True)
class RunFiles:
    """The checkpoints of the run in ``folder``; ``problem`` is why none of them can go now."""

    folder: Path
    name: str
    checkpoints: tuple[str, ...]
    problem: StylekilnError | None = None

    def without(self, kept: Collection[str]) -> tuple[str, ...]:
        """All but those that are ``kept``."""
        return tuple(path for path in self.checkpoints if path not in kept)


def files_of_run(checkpoint: str) -> RunFiles | None:
    """What lies beside ``checkpoint``; None when it is of no run. Not on the UI thread."""
    folder = folder_of_run(Path(checkpoint))
    if folder is None:
        return None
    run, problem = Run(folder), None
    try:
        Run.free(folder)
    except StylekilnError as error:
        problem = error
    paths = tuple(str(one.path) for one in run.checkpoints())
    return RunFiles(folder, run.name, paths, problem)


async def trash_rest(session: Session, files: RunFiles, kept: Collection[str]) -> None:
    """Move all checkpoints but the ``kept`` ones to the trash; the toast brings them back.

    Raises StorageError, and TrainingError when the run is trained again since.
    """
    rest = [Path(path) for path in files.without(kept)]
    moved = await session.bridge.io(_to_trash, files.folder, rest)

    def undo() -> None:
        session.start(session.bridge.io(bring_all_back, moved))

    session.notify(
        "1 checkpoint of {name} is in the trash.",
        "{n} checkpoints of {name} are in the trash.",
        action="Undo",
        on_action=undo,
        n=len(moved),
        name=files.name,
    )


def _to_trash(folder: Path, paths: list[Path]) -> Moved:
    Run.free(folder)  # a state of the run may have been taken up meanwhile
    return all_to_trash(path for path in paths if path.is_file())
