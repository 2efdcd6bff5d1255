"""The models that are at hand: the starter, files in the user's folders, checkpoints of runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.models.family import STARTER
from engine.models.inspect import MODEL_SUFFIXES, ModelInfo, inspect
from engine.project.settings import Settings, data_dir
from engine.runtime.errors import MissingFileError, StylekilnError

_DEPTH = 3


def model_folders() -> list[Path]:
    """Where the user keeps models: ``models`` in the data folder, then the chosen folders, then the
    team's library where one is chosen.
    """
    settings = Settings.load()
    chosen = [Path(folder) for folder in (*settings.model_folders, settings.team_library) if folder]
    return [data_dir() / "models", *chosen]


def list_models(folders: Iterable[Path], runs: Path | None = None) -> list[ModelInfo]:
    """The starter, every model below ``folders`` (3 levels deep), then checkpoints of ``runs``.

    A file that cannot be used is listed with its ``problem``. Folders that are missing are skipped.
    """
    found = [described(STARTER)]
    seen: set[Path] = set()
    for path in _candidates(folders, runs):
        if path.resolve() not in seen:
            seen.add(path.resolve())
            found.append(described(path))
    return found


def find_lora(name: str, folders: Iterable[Path] | None = None) -> Path:
    """The LoRA file that ``<lora:name:1>`` means: a path, or a file stem in the model folders.

    MissingFileError when there is none.
    """
    if Path(name).is_file():
        return Path(name)
    for path in _candidates(model_folders() if folders is None else folders, None):
        if name in (path.stem, path.name):
            return path
    raise MissingFileError(
        "There is no LoRA called {name}.",
        name=name,
        remedy="Put its file into a model folder, or name its path.",
    )


def described(ref: str | Path) -> ModelInfo:
    """What ``ref`` is; of one that cannot be used, its ``problem``."""
    try:
        return inspect(ref)
    except StylekilnError as error:
        path = Path(ref)
        size = path.stat().st_size if path.is_file() else 0
        return ModelInfo(path, "unknown", "single-file", size, problem=str(error), error=error)


def _candidates(folders: Iterable[Path], runs: Path | None) -> Iterator[Path]:
    for folder in folders:
        yield from _below(folder, _DEPTH)
    if runs is not None:
        yield from sorted(path for path in runs.glob("*/checkpoints/*") if _is_model(path))


def _below(folder: Path, depth: int) -> Iterator[Path]:
    """Model files and diffusers folders in ``folder``, sorted, not looking into the latter."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:  # missing or locked: it has no models to offer
        return
    for entry in entries:
        if entry.is_dir():
            if (entry / "model_index.json").is_file():
                yield entry
            elif depth > 1 and not entry.name.startswith("."):
                yield from _below(entry, depth - 1)
        elif _is_model(entry):
            yield entry


def _is_model(path: Path) -> bool:
    return path.suffix.lower() in MODEL_SUFFIXES and not path.name.startswith(".")
