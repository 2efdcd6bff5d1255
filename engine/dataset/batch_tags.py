"""Changes of tags: rename, merge, delete, add, arrange."""

from __future__ import annotations

from typing import ClassVar, Literal

from engine.dataset import caption_lines
from engine.dataset.batch_work import (
    Cached,
    Change,
    Counts,
    Operation,
    arranging,
    containing,
    counted,
    deleting,
    joining,
)
from engine.dataset.caption_lines import Line
from engine.dataset.tags import alike, deduped, edited, typed_tags, with_tag
from engine.runtime.schema import setting

TAGS = "Tags"
"""The group of the settings that are tags, or about them."""


class RenameTags(Operation):
    """Every tag that is one of ``old`` becomes ``new``; a caption that has both keeps one."""

    kind: Literal["rename"] = "rename"
    title_key: ClassVar[str] = "Rename tags"
    old: tuple[str, ...] = setting(
        (), label="Tags", group=TAGS, level="simple", help="The tags as they are written."
    )
    new: str = setting("", label="New name", group=TAGS, level="simple", help="What they become.")

    @property
    def makes(self) -> tuple[str, ...]:
        return tuple(tag for tag in typed_tags(self.new) if tag not in self.old)

    def prepare(self, counts: Counts) -> Change:
        old = set(self.old)
        return joining(old.__contains__, containing(old), typed_tags(self.new))


class MergeTags(Operation):
    """All spellings of ``tags`` become ``into``, whatever their case, underscores and spaces."""

    kind: Literal["merge"] = "merge"
    title_key: ClassVar[str] = "Merge tags"
    tags: tuple[str, ...] = setting(
        (),
        label="Tags",
        group=TAGS,
        level="simple",
        help="In any spelling: case, underscores and backslashes make no difference.",
    )
    into: str = setting(
        "", label="Into", group=TAGS, level="simple", help="The tag that remains, as written here."
    )

    @property
    def makes(self) -> tuple[str, ...]:
        return tuple(typed_tags(self.into))

    def prepare(self, counts: Counts) -> Change:
        wanted = {alike(tag) for tag in self.tags}
        known = Cached(lambda tag: alike(tag) in wanted)
        has_text = containing(wanted)
        odd = any("_" in tag for tag in wanted)  # only of tags made of nothing else
        return joining(
            known.__getitem__,
            lambda caption: odd or has_text(alike(caption)),
            typed_tags(self.into),
        )


class DeleteTags(Operation):
    """The tags disappear."""

    kind: Literal["delete"] = "delete"
    title_key: ClassVar[str] = "Delete tags"
    tags: tuple[str, ...] = setting(
        (), label="Tags", group=TAGS, level="simple", help="The tags as they are written."
    )

    def prepare(self, counts: Counts) -> Change:
        return deleting(self.tags)


class AddTags(Operation):
    """The tags are added where they are missing."""

    kind: Literal["add"] = "add"
    title_key: ClassVar[str] = "Add tags"
    tags: tuple[str, ...] = setting(
        (), label="Tags", group=TAGS, level="simple", help="Those a caption has are not added."
    )
    position: Literal["last", "first", "after_trigger"] = setting(
        "last", label="Position", group=TAGS, level="simple", help="Where they go in a caption."
    )
    trigger: str = setting(
        "",
        label="Trigger word",
        group=TAGS,
        when="position=after_trigger",
        help="The word that stays first.",
    )

    def prepare(self, counts: Counts) -> Change:
        at = None if self.position == "last" else 0
        after = self.trigger.strip() if self.position == "after_trigger" else ""
        tags = [tag for given in self.tags for tag in typed_tags(given)]

        def change(caption: str) -> str:
            for tag in tags if at is None else reversed(tags):
                caption = with_tag(caption, tag, at, after=after)
            return caption

        return counted(change)


class Sort(Operation):
    """The tags of each line in order."""

    kind: Literal["sort"] = "sort"
    title_key: ClassVar[str] = "Sort tags"
    by: Literal["name", "count"] = setting(
        "name",
        label="By",
        group=TAGS,
        level="simple",
        help="The alphabet, or how many captions of the dataset have a tag, most first.",
    )
    keep: int = setting(
        0,
        label="Keep first",
        group=TAGS,
        level="simple",
        help="This many leading tags stay where they are.",
        ge=0,
        le=255,
    )

    def prepare(self, counts: Counts) -> Change:
        key, keep = Cached(str.casefold).__getitem__, self.keep
        if self.by == "count":
            key = _ranks(counts).__getitem__
        return arranging(lambda tags: tags[:keep] + sorted(tags[keep:], key=key))


def _ranks(counts: Counts) -> Cached:
    """The place of each tag when the most frequent come first; uncounted ones share the last."""
    ordered = sorted(counts, key=lambda tag: (-counts[tag], tag.casefold()))
    ranks = Cached(lambda tag: len(ordered))
    ranks.update((tag, n) for n, tag in enumerate(ordered))
    return ranks


class Dedupe(Operation):
    """The first of equal tags stays."""

    kind: Literal["dedupe"] = "dedupe"
    title_key: ClassVar[str] = "Remove repeated tags"
    any_spelling: bool = setting(
        False,
        label="In any spelling",
        group=TAGS,
        level="simple",
        help="Tags that differ in case, underscores or backslashes are the same.",
    )

    def prepare(self, counts: Counts) -> Change:
        key = Cached(alike).__getitem__ if self.any_spelling else str
        return counted(lambda caption: deduped(caption, key))


class MoveFirst(Operation):
    """The tags go to the front of their line, in the order given here."""

    kind: Literal["first"] = "first"
    title_key: ClassVar[str] = "Move tags to the front"
    tags: tuple[str, ...] = setting(
        (), label="Tags", group=TAGS, level="simple", help="The tags as they are written."
    )

    def prepare(self, counts: Counts) -> Change:
        places = {tag: n for n, tag in enumerate(self.tags)}
        may_have = containing(places)
        arrange = arranging(lambda tags: sorted(tags, key=lambda tag: places.get(tag, len(places))))
        return lambda caption: arrange(caption) if may_have(caption) else (caption, 0)


class SetTrigger(Operation):
    """Every line begins with ``new``, in the place of ``old``; in prose too."""

    kind: Literal["trigger"] = "trigger"
    title_key: ClassVar[str] = "Set the trigger word"
    old: str = setting(
        "",
        label="Old trigger word",
        group=TAGS,
        level="simple",
        help="Removed where a line has it as a tag.",
    )
    new: str = setting(
        "",
        label="Trigger word",
        group=TAGS,
        level="simple",
        help="Put first in every line; empty only removes the old one.",
    )

    def prepare(self, counts: Counts) -> Change:
        old, new = self.old.strip(), self.new.strip()

        def change(line: Line) -> Line:
            return caption_lines.lead_with(line, new, instead_of=old)

        def in_caption(caption: str) -> str:
            return edited(caption, change) if caption.strip() else new or caption

        return counted(in_caption)
