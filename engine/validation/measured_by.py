"""What pictures of a project are compared by: the model that was chosen, kept with the project."""

from __future__ import annotations

from pathlib import Path

from engine.project import links
from engine.runtime.errors import BadInputError, StylekilnError
from engine.runtime.files import write_json
from engine.runtime.parsing import load_kept
from engine.validation.features_catalogue import require_extractor
from engine.validation.sentences import Sentence

NAME = "validation-extractor.json"


def load(project: Path) -> tuple[str, Sentence | None]:
    """The extractor chosen in the project in the folder ``project``, empty for the built-in one,
    and why it is not the one that was chosen. Whether it works, opening it tells.
    """
    try:
        kept = load_kept(project / NAME)
        path = "" if kept is None else links.absolute(kept["extractor"], project)
        chosen = Path(path)
    except (BadInputError, TypeError, LookupError):
        words = "{name} cannot be used, so pictures are compared by what is built in."
        return "", Sentence(words, {"name": NAME})
    try:
        return str(require_extractor(chosen)) if path else "", None
    except StylekilnError:
        words = (
            "{name} cannot be found any more, so pictures are compared by what is built in; "
            "bring it back, or choose another model."
        )
        return "", Sentence(words, {"name": chosen.name})


def save(project: Path, extractor: str) -> None:
    """Keep the choice with the project, atomically. Raises StorageError."""
    write_json(project / NAME, {"extractor": links.portable(extractor, project)})
