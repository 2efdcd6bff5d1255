"""Base models as the options of a choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.models.words import problem_of, title_of

if TYPE_CHECKING:
    from app.models.at_hand import ModelsAtHand

Options = list[tuple[object, str]]


def base_options(models: ModelsAtHand) -> tuple[Options, dict[object, str]]:
    """Every base model by its name, and of those that cannot be used the reason."""
    options: Options = [(base.ref, title_of(base.info)) for base in models.bases]
    refused: dict[object, str] = {
        base.ref: problem_of(base.info) for base in models.bases if base.info.error is not None
    }
    return options, refused
