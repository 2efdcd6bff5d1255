"""The words of the filter language as data: parser, completion, help and documentation read this.

A term is ``key:value`` or a comparison such as ``stars>=3`` (also ``stars:>=3``); a bare word
looks in the caption and the file name. ``not`` binds closer than ``and``, ``and`` closer than
``or``; terms side by side are joined by ``and``; ``-term`` is ``not term`` and a single ``|`` is
``or``. ``*`` and ``?`` stand for any text and any one character, ``\\*`` and ``\\?`` for
themselves; quotes, single or double, keep spaces. Upper and lower case are the same everywhere.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterable

KeyKind = Literal["text", "number", "size", "date", "yes-no", "choice", "mark", "expression"]
Match = Literal["contains", "whole", "folder"]

TEXT_OPERATORS = (":", "=", "!=")
NUMBER_OPERATORS = (">=", "<=", ">", "<", "=", "!=")
CONNECTIVES = ("and", "or", "not")


class QueryError(BadInputError):
    """A filter that cannot be understood; ``start`` and ``end`` enclose the wrong part."""

    def __init__(
        self, sentence: str, *, remedy: str = "", start: int, end: int, **facts: object
    ) -> None:
        super().__init__(sentence, remedy=remedy, **facts)
        self.start, self.end = start, end


@dataclass(frozen=True)
class QueryKey:
    """One key. ``help`` is a translation key, ``example`` a whole term.

    A text key finds what ``contains`` the value, equals it as a ``whole``, or lies in that
    ``folder``; ``choices`` maps accepted values to what the column holds, the first spelling of
    each being the one offered. ``nullable`` numbers may be unknown: ``key:none`` finds those.
    """

    name: str
    kind: KeyKind
    help: str
    example: str
    aliases: tuple[str, ...] = ()
    match: Match = "contains"
    regex: bool = False
    nullable: bool = False
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def operators(self) -> tuple[str, ...]:
        """The spellings that may follow the key, the most useful first."""
        if self.kind in ("number", "size", "date"):
            return NUMBER_OPERATORS
        return TEXT_OPERATORS if self.kind in ("text", "choice") else (":",)

    @property
    def offered(self) -> list[str]:
        """The first spelling of every choice."""
        spellings = {meaning: name for name, meaning in reversed(self.choices)}
        return [name for name, _ in self.choices if name in spellings.values()]


@dataclass(frozen=True)
class QueryMark:
    """A mark for ``is:``. Unless it is an everyday word it may stand alone, as in ``untagged``;
    quoted, it is an ordinary word then.
    """

    name: str
    help: str
    aliases: tuple[str, ...] = ()
    alone: bool = True


YES_NO = (
    ("yes", "yes"),
    ("no", "no"),
    ("true", "yes"),
    ("false", "no"),
    ("1", "yes"),
    ("0", "no"),
)
FLAGS = (
    ("picked", "picked"),
    ("rejected", "rejected"),
    ("none", ""),
    ("pick", "picked"),
    ("reject", "rejected"),
)

KEYS = (
    QueryKey(
        "tag",
        "text",
        help="Has exactly this tag; * and ? stand for any text and any one character.",
        example='tag:"long hair"',
        match="whole",
        regex=True,
    ),
    QueryKey(
        "caption",
        "text",
        help="The caption contains this text.",
        example="caption:standing",
        regex=True,
    ),
    QueryKey(
        "name", "text", help="The file name contains this text.", example="name:*.png", regex=True
    ),
    QueryKey(
        "path", "text", help="The whole path of the file contains this text.", example="path:scans"
    ),
    QueryKey(
        "folder",
        "text",
        help="Lies in a folder of this name, or below it.",
        example="folder:raw",
        aliases=("dir",),
        match="folder",
    ),
    QueryKey(
        "category",
        "text",
        help="Belongs to this category.",
        example="category:biped",
        match="whole",
        regex=True,
    ),
    QueryKey(
        "type",
        "text",
        help="The file has this type.",
        example="type:png",
        aliases=("ext",),
        match="whole",
    ),
    QueryKey(
        "bucket",
        "text",
        help="Is trained in the bucket of this size.",
        example="bucket:512x768",
        match="whole",
    ),
    QueryKey("stars", "number", help="Stars given, 0 to 5.", example="stars>=3"),
    QueryKey(
        "width",
        "number",
        help="Width in pixels.",
        example="width<512",
        aliases=("w",),
        nullable=True,
    ),
    QueryKey(
        "height",
        "number",
        help="Height in pixels.",
        example="height<512",
        aliases=("h",),
        nullable=True,
    ),
    QueryKey("area", "number", help="Width times height.", example="area<1mp", nullable=True),
    QueryKey(
        "aspect",
        "number",
        help="Width divided by height; 3:2 may be written too.",
        example="aspect>1.5",
        aliases=("ratio",),
        nullable=True,
    ),
    QueryKey("tokens", "number", help="Tokens of the caption.", example="tokens>75"),
    QueryKey(
        "chars", "number", help="Characters of the caption.", example="chars>300", aliases=("len",)
    ),
    QueryKey("tags", "number", help="How many tags there are.", example="tags<3"),
    QueryKey(
        "sharpness",
        "number",
        help="Measured sharpness, 0 to 1; none finds what is not measured yet.",
        example="sharpness<0.2",
        aliases=("sharp",),
        nullable=True,
    ),
    QueryKey("repeats", "number", help="Repeats in an epoch.", example="repeats>1"),
    QueryKey(
        "size",
        "size",
        help="Size of the file, or of the picture as in 512x768.",
        example="size>2MB",
        aliases=("bytes",),
    ),
    QueryKey(
        "modified",
        "date",
        help="When the file was changed: a year, a month, a day, or today.",
        example="modified>2026-01-31",
        aliases=("date",),
    ),
    QueryKey(
        "flag",
        "choice",
        help="Picked, rejected, or neither.",
        example="flag:picked",
        choices=FLAGS,
    ),
    QueryKey(
        "duplicate",
        "yes-no",
        help="Looks like another picture.",
        example="duplicate:yes",
        aliases=("dup",),
        choices=YES_NO,
    ),
    QueryKey(
        "alpha",
        "yes-no",
        help="Has transparent parts.",
        example="alpha:yes",
        choices=YES_NO,
    ),
    QueryKey(
        "mask",
        "yes-no",
        help="Has a mask for masked training.",
        example="mask:yes",
        choices=YES_NO,
    ),
    QueryKey("crop", "yes-no", help="Is cropped.", example="crop:no", choices=YES_NO),
    QueryKey("edited", "yes-no", help="Has any edit.", example="edited:yes", choices=YES_NO),
    QueryKey(
        "heldout",
        "yes-no",
        help="Is kept out of training for validation.",
        example="heldout:no",
        aliases=("held-out", "held"),
        choices=YES_NO,
    ),
    QueryKey(
        "reg",
        "yes-no",
        help="Is a regularization picture.",
        example="reg:no",
        aliases=("regularization",),
        choices=YES_NO,
    ),
    QueryKey("is", "mark", help="Has this mark.", example="is:blurred"),
    QueryKey(
        "re",
        "expression",
        help="A regular expression found in the caption or the file name.",
        example=r're:"\d+ (cats|dogs)"',
        regex=True,
    ),
)

MARKS = (
    QueryMark("untagged", help="Has no tag.", aliases=("no-caption", "uncaptioned")),
    QueryMark("unreadable", help="The file cannot be read."),
    QueryMark("blurred", help="May be blurred.", aliases=("blurry",)),
    QueryMark("duplicate", help="Looks like another picture.", aliases=("duplicates",)),
    QueryMark("too-small", help="Is smaller than the others.", aliases=("small",)),
    QueryMark("unusual-shape", help="Is much longer than wide.", aliases=("unusual",)),
    QueryMark(
        "different",
        help="Looks different from its category.",
        aliases=("outlier",),
        alone=False,
    ),
    QueryMark("hidden-color", help="Has colors under its transparent parts."),
)

KEY_OF = {name: key for key in KEYS for name in (key.name, *key.aliases)}
ALONE = {mark.name: mark for mark in MARKS if mark.alone}
MARK_OF = {name: mark for mark in MARKS for name in (mark.name, *mark.aliases)}


def nearest(word: str, among: Iterable[str]) -> str:
    """The one of ``among`` that ``word`` is a misspelling of, or nothing."""
    close = difflib.get_close_matches(word.casefold(), list(among), n=1, cutoff=0.75)
    return close[0] if close else ""
