"""Changes of the text of captions: find and replace, prefix, suffix."""

from __future__ import annotations

from typing import ClassVar, Literal

from engine.dataset.batch_work import Change, Counts, Operation, in_lines, nothing
from engine.dataset.replacing import Replacer
from engine.runtime.schema import setting

_TEXT = "Text"


class Replace(Operation):
    """Find and replace, in the whole text or in tags as a whole."""

    kind: Literal["replace"] = "replace"
    title_key: ClassVar[str] = "Find and replace"
    find: str = setting("", label="Find", group=_TEXT, level="simple", help="What to look for.")
    replacement: str = setting(
        "",
        label="Replace with",
        group=_TEXT,
        level="simple",
        help=r"In a regular expression, \1 stands for its first group.",
    )
    regex: bool = setting(
        False, label="Regular expression", group=_TEXT, level="simple", help="Find by a pattern."
    )
    whole_tag: bool = setting(
        False,
        label="Whole tags only",
        group=_TEXT,
        level="simple",
        help="Only where it is a whole tag; nothing in its place deletes the tag.",
    )
    case_sensitive: bool = setting(
        False, label="Match case", group=_TEXT, level="simple", help="A is not a."
    )

    def prepare(self, counts: Counts) -> Change:
        if not self.find:
            return nothing
        replacer = Replacer(
            self.find, self.replacement, regex=self.regex, case_sensitive=self.case_sensitive
        )
        return replacer.in_tags() if self.whole_tag else replacer.in_text


class Prefix(Operation):
    """Text in front of every line that does not begin with it."""

    kind: Literal["prefix"] = "prefix"
    title_key: ClassVar[str] = "Add a prefix"
    text: str = setting(
        "",
        label="Text",
        group=_TEXT,
        level="simple",
        help="Written as it is, with its commas and spaces.",
    )

    def prepare(self, counts: Counts) -> Change:
        return in_lines(
            lambda line: line if line.startswith(self.text) else self.text + line,
            empty=self.text.strip(", "),
        )


class Suffix(Operation):
    """Text behind every line that does not end with it."""

    kind: Literal["suffix"] = "suffix"
    title_key: ClassVar[str] = "Add a suffix"
    text: str = setting(
        "",
        label="Text",
        group=_TEXT,
        level="simple",
        help="Written as it is, with its commas and spaces.",
    )

    def prepare(self, counts: Counts) -> Change:
        return in_lines(
            lambda line: line if line.endswith(self.text) else line + self.text,
            empty=self.text.strip(", "),
        )
