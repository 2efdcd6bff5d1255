"""A run as a file for kohya's window or its scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from engine.runtime.files import write_text
from engine.training.config import TrainRequest
from engine.training.kohya.dataset_file import as_dataset
from engine.training.kohya.form_writing import as_form
from engine.training.kohya.writing import as_toml, outgoing
from engine.training.reasons import Reason

Kind = Literal["json", "toml", "dataset"]


def export_kohya(request: TrainRequest, path: Path, kind: Kind) -> list[Reason]:
    """Write ``request`` to ``path``: the form of the window (json), the arguments of a script
    (toml, with its sample prompts in a text file beside it), or the dataset file of a script.
    Returns what changed on the way. Raises StorageError, and BadInputError for a dataset file of
    a run that names one itself.
    """
    out = outgoing(request)
    if kind == "json":
        write_text(path, json.dumps(as_form(out), indent=2, ensure_ascii=False) + "\n")
    elif kind == "dataset":
        out.notes.clear()  # the others are about settings that are in no dataset file
        write_text(path, as_dataset(out))
    else:
        prompts = path.with_suffix(".prompts.txt")
        if out.prompts:
            write_text(prompts, "\n".join(out.prompts) + "\n")
        write_text(path, as_toml(out, str(prompts.absolute())))
    return out.notes
