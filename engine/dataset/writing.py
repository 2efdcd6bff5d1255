"""From what a model says of a picture to the caption that is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.dataset.caption_lines import split
from engine.dataset.tagging import CaptionRequest
from engine.dataset.tags import alike, tags_of, with_tag


@dataclass(frozen=True)
class Described:
    """What a model says of one picture: ``tags``, likeliest first, or one ``sentence``.

    ``probabilities`` are the likeliest tags, chosen or not, for the user to see where to cut.
    """

    tags: tuple[str, ...] = ()
    sentence: str = ""
    probabilities: Mapping[str, float] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.tags or self.sentence)


def caption_of(existing: str, said: Described, request: CaptionRequest) -> str:
    """The new caption of a picture that now has ``existing``.

    What is added does not repeat what is there; what is there stays as the user wrote it. Further
    lines are captions of their own and are left alone.
    """
    if request.existing == "replace" or not existing.strip():
        text = said.sentence or ", ".join(_without_repeats(said.tags, request.prefix))
    else:
        at_start = request.existing == "prepend"
        there = _without_prefix(existing, request.prefix) if at_start else existing
        text = _joined(there, said, at_start=at_start)
    return _with_prefix(text, request.prefix)


def _joined(existing: str, said: Described, *, at_start: bool) -> str:
    first, newline, rest = existing.partition("\n")
    if said.sentence:
        first = _with_sentence(first, said.sentence, at_start=at_start)
    else:
        there = {alike(tag) for line in split(first) for tag in line.tags}
        new = [tag for tag in said.tags if alike(tag) not in there]
        for tag in reversed(new) if at_start else new:
            first = with_tag(first, tag, 0 if at_start else None)
    return first + newline + rest


def _with_sentence(first: str, sentence: str, *, at_start: bool) -> str:
    if sentence in first:
        return first
    if not first.strip():
        return sentence
    pair = (sentence, first.lstrip()) if at_start else (first.rstrip().rstrip(","), sentence)
    return f"{pair[0]} {pair[1]}" if pair[0].endswith((".", "!", "?")) else ", ".join(pair)


def _with_prefix(text: str, prefix: str) -> str:
    prefix = prefix.strip().rstrip(",")
    if not prefix or _starts_with(text, prefix):
        return text
    return f"{prefix}, {text}" if text.strip() else prefix


def _without_prefix(text: str, prefix: str) -> str:
    """What stands behind ``prefix``, so that something can be put between the two."""
    prefix = prefix.strip().rstrip(",")
    if not prefix or not _starts_with(text, prefix):
        return text
    return text[len(prefix) :].lstrip(", ")


def _starts_with(text: str, prefix: str) -> bool:
    return text == prefix or text.startswith((f"{prefix},", f"{prefix}\n"))


def _without_repeats(tags: tuple[str, ...], prefix: str) -> list[str]:
    there = {alike(tag) for tag in tags_of(prefix)}
    return [tag for tag in tags if alike(tag) not in there]
