"""Training on some categories of what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from engine.dataset.problem import Problem
from engine.runtime.errors import BadInputError


class Filed(Protocol):
    """A picture, or the sample of one."""

    @property
    def category(self) -> str:
        """Where it belongs; empty for nowhere."""

    @property
    def is_reg(self) -> bool:
        """Whether it only holds the model in place."""


F = TypeVar("F", bound=Filed)


def chosen(pictures: Iterable[F], categories: Sequence[str]) -> list[F]:
    """The pictures of ``categories``, all where none is named. Regularization pictures go along
    with any: they hold the model, and teach nothing of their own.
    """
    return [one for one in pictures if not categories or one.is_reg or one.category in categories]


def require_chosen(
    pictures: Iterable[F], categories: Sequence[str], tell: Callable[[str], object]
) -> list[F]:
    """The same for a run: ``tell`` hears of a category without pictures. Raises BadInputError when
    there is none to learn.
    """
    found = chosen(pictures, categories)
    there = {one.category for one in found if not one.is_reg}
    if categories and not there:
        raise BadInputError(
            "There are no pictures to train on in the categories {names}.",
            names=", ".join(categories),
            remedy="Choose others, or none for all pictures.",
        )
    for name in categories:
        if name not in there:
            tell(Problem("There are no pictures in the category {name}.", name=name))
    return found
