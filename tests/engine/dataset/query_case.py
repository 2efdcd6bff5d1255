"""Pictures for the tests of the filter language, made without files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.dataset.columns import Columns, TokenCounts
from engine.dataset.edits import Recipe
from engine.dataset.picture import Picture
from engine.dataset.problem import Problem
from engine.dataset.query import parse

_FINE = Problem()
PLAIN = Picture(
    id=0,
    path=Path("/home/me/art/biped/x.png"),
    folder="/home/me/art",
    name="x",
    width=512,
    height=768,
    bytes=1000,
    modified=1e9,
    has_alpha=False,
    caption="",
    repeats=1,
    category="",
    stars=0,
    flag="",
    held_out=False,
    sharpness=None,
    dhash=None,
    recipe=Recipe(),
    problem=_FINE,
    caption_problem=_FINE,
)


def picture(key, caption="", path="/home/me/art/biped/x.png", **fields):
    """A picture with ``caption`` and whatever else matters."""
    place = Path(path)
    return replace(PLAIN, id=key, caption=caption, path=place, name=place.stem, **fields)


def words_in(captions):
    """Counts words instead of tokens."""
    return [len(caption.split()) for caption in captions]


def columns(*pictures, **given):
    """Columns that count words as tokens."""
    return Columns(pictures, tokens=TokenCounts(words_in), **given)


def found(text, *pictures, **given):
    """Ids of the pictures that the filter ``text`` finds."""
    return parse(text).select(columns(*pictures, **given))
