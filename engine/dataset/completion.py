"""Completion of tags while they are typed, from the dataset's own tags and from lists of tags.

Tags that begin with what was typed come first, then those of which another word does, then those
that hold it anywhere; in each, the most frequent first. What a list knows under another name is
found by that name too. A tag is put in as the dataset writes its own: with spaces or underscores,
with or without backslashes before parentheses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.dataset.tag_words import Hit, TagWords, needle_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from engine.dataset.tag_lists import TagList

_LETTERS = re.compile(r"[^\W\d_]{2}")
_BRACKET = re.compile(r"\\?([()])")


@dataclass(frozen=True)
class TagSuggestion:
    """One tag on offer. ``text`` is what is put in; ``alias`` the other name by which it was
    found, empty for none; ``category`` the number its list gives it, None when no list knows it.
    ``count`` is that of the dataset for its own tags and that of the list for others.
    """

    text: str
    count: int
    own: bool
    category: int | None
    alias: str = ""


@dataclass(frozen=True)
class Spelling:
    """How a dataset writes tags of several words, and parentheses."""

    underscores: bool = False
    escaped: bool = False

    @classmethod
    def of(cls, counts: Iterable[tuple[str, int]]) -> Spelling:
        """What most tags of a dataset show; spaces and bare parentheses where none does."""
        joined = escaped = 0
        for tag, n in counts:
            if _LETTERS.search(tag):
                joined += n * (("_" in tag) - (" " in tag))
            if "(" in tag:
                escaped += n if "\\(" in tag else -n
        return cls(joined > 0, escaped > 0)

    def __call__(self, name: str) -> str:
        """``name`` in this spelling. Faces such as ``^_^`` keep their underscore."""
        if not _LETTERS.search(name):
            return name
        text = name.replace(" ", "_") if self.underscores else name.replace("_", " ")
        return _BRACKET.sub(r"\\\1" if self.escaped else r"\1", text)


class KnownTags:
    """Tags of lists, most frequent first, each once. Made in a worker: a second for 150,000."""

    def __init__(
        self, lists: Sequence[TagList] = (), breathe: Callable[[], object] | None = None
    ) -> None:
        step = breathe or (lambda: None)
        counts = np.fromiter((n for one in lists for n in one.counts), np.int32)
        rank = np.argsort(-counts, kind="stable")
        step()
        names = [name for one in lists for name in one.names]
        order = [n for n in rank.tolist() if names[n]]
        if len(lists) > 1 or len(set(names)) < len(names):
            order = _once(order, names)
        step()
        aliases = [text for one in lists for text in one.aliases]
        self.words = TagWords([names[n] for n in order], [aliases[n] for n in order])
        self.counts = counts[order]
        categories = np.fromiter((n for one in lists for n in one.categories), np.int8)
        self.categories = categories[order]

    def category(self, tag: str) -> int | None:
        """The category of ``tag`` in any spelling."""
        number = self.words.number(needle_of(tag).rstrip())
        return None if number is None else int(self.categories[number])


class TagIndex:
    """What is offered while a tag is typed. ``own`` are the dataset's tags with their counts;
    :meth:`with_own` takes new ones and keeps the lists.
    """

    def __init__(self, own: Iterable[tuple[str, int]] = (), known: KnownTags | None = None) -> None:
        self.known = known or KnownTags()
        ranked = sorted(own, key=lambda item: (-item[1], item[0]))
        self.spelled = Spelling.of(ranked)
        self._own = TagWords([tag for tag, _ in ranked])
        self._own_counts = [n for _, n in ranked]

    def with_own(self, own: Iterable[tuple[str, int]]) -> TagIndex:
        """The same lists with other tags of the dataset."""
        return TagIndex(own, self.known)

    def complete(self, typed: str, limit: int = 20) -> list[TagSuggestion]:
        """The best offers for ``typed``, at most ``limit``; none for nothing typed."""
        needle = needle_of(typed)
        if not needle.strip():
            return []
        offers: dict[str, TagSuggestion] = {}
        for made in self._offers(needle):
            offers.setdefault(made.text, made)
            if len(offers) >= limit:
                break
        return list(offers.values())

    def _offers(self, needle: str) -> Iterator[TagSuggestion]:
        own, known = self._own, self.known.words
        own_hits, known_hits = own.beginning(needle), known.beginning(needle)
        yield from self._of_own(_exact(own, needle))
        yield from self._of_own([*own_hits[0], *own_hits[1]])
        yield from self._of_known(_exact(known, needle), needle)
        yield from self._of_known([*known_hits[0], *known_hits[1]], needle)
        yield from self._of_own(own.containing(needle, dict((*own_hits[0], *own_hits[1]))))
        inside = known.containing(needle, dict((*known_hits[0], *known_hits[1])))
        yield from self._of_known(inside, needle)

    def _of_own(self, hits: Iterable[Hit]) -> Iterator[TagSuggestion]:
        for tag, _ in hits:
            name = self._own.name(tag)
            yield TagSuggestion(name, self._own_counts[tag], True, self.known.category(name))

    def _of_known(self, hits: Iterable[Hit], needle: str) -> Iterator[TagSuggestion]:
        words = self.known.words
        for tag, key in hits:
            name = words.name(tag)
            folded = needle_of(name)
            if self._own.number(folded) is not None:
                continue  # offered as the dataset writes it
            yield TagSuggestion(
                self.spelled(name),
                int(self.known.counts[tag]),
                False,
                int(self.known.categories[tag]),
                "" if needle in folded else words.key(key),
            )


def tag_at(text: str, cursor: int) -> tuple[int, int]:
    """Where the tag under ``cursor`` begins and ends in a caption, spaces around it left out."""
    begin = max(text.rfind(",", 0, cursor), text.rfind("\n", 0, cursor)) + 1
    stops = [stop for sign in ",\n" if (stop := text.find(sign, cursor)) >= 0]
    cell = text[begin : min(stops, default=len(text))]
    begin += len(cell) - len(cell.lstrip())
    return min(begin, cursor), max(begin + len(cell.strip()), cursor)


def _exact(words: TagWords, needle: str) -> list[Hit]:
    number = words.number(needle)
    return [] if number is None else [(number, number)]


def _once(order: Sequence[int], names: Sequence[str]) -> list[int]:
    """``order`` without names that were there before, in any spelling."""
    seen: set[str] = set()
    kept = []
    for n in order:
        key = needle_of(names[n])
        if key not in seen:
            seen.add(key)
            kept.append(n)
    return kept
