"""What ``dataset scan`` and ``dataset cull`` print."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any

from engine.dataset.bucket_places import BucketPlaces
from engine.dataset.buckets import usual_spec
from engine.dataset.columns import Columns
from engine.dataset.cull import Mark, Plan, apply
from engine.dataset.cull import report as report_groups
from engine.dataset.library import Library
from engine.dataset.query import parse
from engine.dataset.suggestions import suggest
from engine.dataset.survey import Survey

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.dataset.picture import Picture
    from engine.dataset.suggestions import Suggestion
    from engine.dataset.thresholds import Thresholds
    from engine.project.project import Project

WORTH_REJECTING = ("blurred", "duplicate", "too-small", "unreadable")
"""Kinds that ``--reject`` marks when none are named."""


def found(project: Project, where: str) -> list[Picture]:
    """The pictures of a project that the filter ``where`` finds. Raises QueryError."""
    return _found(project, where)[0]


def scan(project: Project, where: str) -> dict[str, Any]:
    """All facts about the pictures that ``where`` finds, and how many there are of what."""
    pictures, items = _found(project, where)
    ids = {picture.id for picture in pictures}
    kinds = Counter(i.kind for i in items() if i.picture_id in ids and not i.keep)
    return {
        "project": str(project.root),
        "folders": [source.model_dump() for source in project.file.folders],
        "counts": {
            "pictures": len(pictures),
            "captioned": sum(bool(p.caption.strip()) for p in pictures),
            "rejected": sum(p.flag == "rejected" for p in pictures),
            "held_out": sum(p.held_out for p in pictures),
            "problems": sum(bool(p.problem or p.caption_problem) for p in pictures),
        },
        "suggestions": dict(sorted(kinds.items())),
        "pictures": [_facts(picture) for picture in pictures],
    }


def _found(project: Project, where: str) -> tuple[list[Picture], Callable[[], list[Suggestion]]]:
    """What a filter finds, and the suggestions about all pictures, made once when asked for."""
    query = parse(where)
    with closing(Library(project.database)) as library:
        library.scan(project.file.folders)
        pictures = library.pictures()
        apart = library.not_duplicates()
    items = cache(lambda: suggest(pictures, None, Survey(pictures, apart)))
    marks: dict[str, set[int]] = {}
    for item in items() if query.keys else ():
        marks.setdefault(item.kind, set()).add(item.picture_id)
    places = BucketPlaces(usual_spec(project.file.resolution))
    ids = set(query.select(Columns(pictures, marks=marks, buckets=places)))
    return [picture for picture in pictures if picture.id in ids], items


def cull(
    project: Project, limits: Thresholds, kinds: Sequence[str] | None, *, reject: bool
) -> dict[str, Any]:
    """All suggestions with their numbers, and the groups of copies. With ``reject`` the pictures
    are marked, in one step: not the best of several copies, and none that was picked.
    """
    with closing(Library(project.database)) as library:
        found = [p for p in library.pictures() if p.flag != "rejected"]
        apart = library.not_duplicates()
        survey = Survey(found, apart)
        pictures = {picture.id: picture for picture in found}
        items = [item for item in suggest(found, limits, survey) if _asked(item, kinds)]
        wanted = kinds or WORTH_REJECTING
        marks: dict[int, Mark] = {
            item.picture_id: "rejected"
            for item in items
            if item.kind in wanted and not item.keep and not pictures[item.picture_id].flag
        }
        changed = apply(Plan(flags=marks), library).changed if reject and marks else ()
    return {
        "project": str(project.root),
        **report_groups(found, limits, apart),
        "suggestions": [
            {"file": str(pictures[item.picture_id].path), **_without_id(asdict(item))}
            for item in items
        ],
        "rejected": [str(pictures[key].path) for key in changed],
    }


def _asked(item: Any, kinds: Sequence[str] | None) -> bool:
    return not kinds or item.kind in kinds


def _without_id(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != "picture_id"}


def _facts(picture: Picture) -> dict[str, Any]:
    facts = {
        "file": str(picture.path),
        "width": picture.width,
        "height": picture.height,
        "bytes": picture.bytes,
        "alpha": picture.has_alpha,
        "caption": picture.caption,
        "category": picture.category,
        "repeats": picture.repeats,
        "regularization": picture.is_reg,
        "stars": picture.stars,
        "flag": picture.flag,
        "held_out": picture.held_out,
        "sharpness": picture.sharpness,
        "edits": [step.kind for step in picture.recipe.steps if step.on],
    }
    problems = {"problem": picture.problem, "caption_problem": picture.caption_problem}
    return {**facts, **{key: str(text) for key, text in problems.items() if text}}
