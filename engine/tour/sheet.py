"""The tour's canvas file: where it goes, and what is kept with it for the canvas page.

The tour writes over its own sheet of an earlier time, and never over one that the user has worked
on since: a note beside the stages' facts says what the tour's own file looked like.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.canvas import shelf
from engine.canvas.document import Document
from engine.canvas.repaint import Candidate, RepaintRequest
from engine.canvas.storage import save
from engine.models.hashes import file_sha256
from engine.project.project import Project
from engine.runtime.files import write_json


def panel_settings(request: RepaintRequest) -> dict[str, Any]:
    """What the canvas page shows beside the sheet: the same repaint, with the next seed."""
    image = request.image
    return {
        "frame": list(request.frame or ()),
        "repaint": {
            "model": image.model,
            "prompt": image.prompt,
            "loras": [[use.path, use.weight] for use in image.loras],
            "strength": image.strength,
            "count": image.count,
            "seed": image.seed + image.count,
            "sampler": image.sampler,
            "schedule": image.schedule,
            "steps": image.steps,
            "guidance": image.guidance_scale,
        },
    }


def shelved(candidates: Sequence[Candidate], layers: Mapping[int, str]) -> list[shelf.Kept]:
    """All candidates for the strip; ``layers`` says which seed became which layer."""
    return [
        shelf.Kept(
            number=number,
            seed=one.seed,
            x=one.x,
            y=one.y,
            recipe=one.recipe,
            layer=layers.get(one.seed, ""),
            pixels=one.pixels,
        )
        for number, one in enumerate(candidates, start=1)
    ]


def keep(project: Project, document: Document, file: Path, kept: Sequence[shelf.Kept]) -> None:
    """Write the sheet and its candidates, and note that the tour made it."""
    save(document, file)
    shelf.save(kept, file)
    write_json(_mark(project), {"sha256": file_sha256(file)})


def _mark(project: Project) -> Path:
    return project.root / "tour" / "sheet.json"


def free_document(project: Project) -> Path:
    """Where the tour's canvas goes: over its own of an earlier time, even of a stage that was
    stopped, never over one that the user has worked on since, saved or not.
    """
    try:
        made = json.loads(_mark(project).read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, LookupError, TypeError):
        made = ""
    number, path = 1, project.canvas / "tour.kiln"
    while _worked_on(path) or (path.is_file() and file_sha256(path) != made):
        number += 1
        path = path.with_name(f"tour-{number}.kiln")
    return path


def _worked_on(path: Path) -> bool:
    """Whether changes lie beside ``path``; candidates alone are the tour's own."""
    beside = path.parent.glob(f".{path.name}*")
    return any(found != shelf.shelf_of(path) for found in beside)
