"""Changes of many captions at once, as data: form, command line and history label read one schema.

An operation is pure: it makes new text and writes nothing. :func:`preview` says what it would do;
``Library.set_captions`` with :attr:`Preview.texts` is the one undo step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from engine.dataset import tags
from engine.dataset.batch_tags import (
    AddTags,
    Dedupe,
    DeleteTags,
    MergeTags,
    MoveFirst,
    RenameTags,
    SetTrigger,
    Sort,
)
from engine.dataset.batch_text import Prefix, Replace, Suffix
from engine.dataset.batch_work import Operation
from engine.dataset.captions import normal
from engine.dataset.replacing import OperationError
from engine.runtime.refusals import RefusedError, refusals

__all__ = [
    "OPERATIONS",
    "AddTags",
    "AnyOperation",
    "Dedupe",
    "DeleteTags",
    "MergeTags",
    "MoveFirst",
    "Operation",
    "OperationError",
    "Prefix",
    "Preview",
    "RenameTags",
    "Replace",
    "SetTrigger",
    "Sort",
    "Suffix",
    "preview",
    "read_operation",
]
_BATCH = 256

AnyOperation = Annotated[
    RenameTags
    | MergeTags
    | DeleteTags
    | Replace
    | AddTags
    | Prefix
    | Suffix
    | Sort
    | Dedupe
    | MoveFirst
    | SetTrigger,
    Field(discriminator="kind"),
]
OPERATIONS: dict[str, type[Operation]] = {
    model.model_fields["kind"].default: model
    for model in (
        RenameTags,
        MergeTags,
        DeleteTags,
        Replace,
        AddTags,
        Prefix,
        Suffix,
        Sort,
        Dedupe,
        MoveFirst,
        SetTrigger,
    )
}
"""Every operation by its kind, in the order of a menu."""


@dataclass(frozen=True)
class Preview:
    """What an operation would do. ``changes`` are text before and after by id, only where they
    differ; ``matches`` how many places were meant; ``merges`` tags it makes that exist already,
    with the number of captions that have them: what was told apart before is one tag afterwards.
    ``problems`` say why it cannot be carried out, and then nothing is changed.
    """

    changes: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    matches: int = 0
    merges: tuple[tuple[str, int], ...] = ()
    problems: tuple[OperationError, ...] = ()

    @property
    def texts(self) -> dict[int, str]:
        """The new captions by id."""
        return {key: after for key, (_, after) in self.changes.items()}


def preview(
    operation: Operation,
    captions: Mapping[int, str],
    breathe: Callable[[], object] | None = None,
    *,
    counts: Mapping[str, int] | None = None,
) -> Preview:
    """What ``operation`` would do to ``captions``.

    ``counts`` are those of the whole dataset, for sorting and for merges; without them the
    captions are counted. ``breathe`` is called between captions; what it raises ends the work.
    """
    if counts is None:
        counts = dict(tags.counts(captions.values())) if _counts_matter(operation) else {}
    try:
        changes, matches = _changes(operation, captions, counts, breathe)
    except OperationError as error:
        return Preview(problems=(error,))
    merges = tuple((tag, counts[tag]) for tag in operation.makes if counts.get(tag))
    return Preview(changes, matches, merges if changes else ())


def read_operation(values: Mapping[str, Any]) -> Operation:
    """The operation that ``values`` describe, its ``kind`` among them. Raises BadInputError."""
    try:
        return _READER.validate_python(dict(values))
    except ValidationError as error:
        raise RefusedError(refusals(error)) from error


_READER: TypeAdapter[Any] = TypeAdapter(AnyOperation)


def _counts_matter(operation: Operation) -> bool:
    return bool(operation.makes) or (isinstance(operation, Sort) and operation.by == "count")


def _changes(
    operation: Operation,
    captions: Mapping[int, str],
    counts: Mapping[str, int],
    breathe: Callable[[], object] | None,
) -> tuple[dict[int, tuple[str, str]], int]:
    change, matches = operation.prepare(counts), 0
    changes: dict[int, tuple[str, str]] = {}
    for number, (key, before) in enumerate(captions.items()):
        if breathe is not None and number % _BATCH == 0:
            breathe()
        after, hits = change(before)
        matches += hits
        if after != before and (after := normal(after)) != before:
            changes[key] = (before, after)
    return changes, matches
