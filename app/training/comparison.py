"""Runs side by side: how they ended, and their settings, as lines of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.i18n import tr
from app.i18n.format import duration, number
from app.training.differences import OF_ONE_RUN, label_of, settings_by_name, value_words
from app.training.run_list import standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.training.story import Story

UNKNOWN = ""


@dataclass(frozen=True)
class Line:
    """One row: its title and one text for each run. A group has a title only. ``differs`` tells
    which texts are not that of the first run.
    """

    title: str
    texts: tuple[str, ...] = ()
    differs: tuple[bool, ...] = ()

    @property
    def is_group(self) -> bool:
        """Whether it heads the rows below it."""
        return not self.texts


def lines_of(stories: Sequence[Story], *, everything: bool) -> list[Line]:
    """How ``stories`` ended, and the settings that differ, or all."""
    found = [Line(tr("Outcome")), *_outcome(stories)]
    group = ""
    for name, item in settings_by_name().items():
        if name in OF_ONE_RUN:
            continue
        values = [_value(story, name) for story in stories]
        if not everything and all(value == values[0] for value in values):
            continue
        if item.group != group:
            group = item.group
            found.append(Line(tr(group)))
        texts = [
            _words(name, value) if story.request is not None else UNKNOWN
            for story, value in zip(stories, values, strict=True)
        ]
        found.append(_line(label_of(name), texts, values))
    return found


def _words(name: str, value: Any) -> str:
    """A list in full: of two that differ, the counts may be the same."""
    if isinstance(value, tuple) and value:
        return "; ".join(map(str, value))
    return value_words(name, value)


def _outcome(stories: Sequence[Story]) -> Iterator[Line]:
    rows: list[tuple[str, list[str]]] = [
        (tr("Ended"), [tr("going on") if one.live else standing_words(one) for one in stories]),
        (tr("Pictures"), [number(one.pictures) if one.pictures else "" for one in stories]),
        (tr("Steps"), [number(one.step) for one in stories]),
        (tr("Loss, smoothed"), [_loss(one.average.last) for one in stories]),
        (tr("Lowest held-out loss"), [_lowest(one) for one in stories]),
        (tr("Lowest of those kept"), [_lowest_kept(one) for one in stories]),
        (tr("Time without pauses"), [duration(one.spent) if one.spent else "" for one in stories]),
    ]
    for title, texts in rows:
        yield _line(title, texts, texts)


def standing_words(story: Story) -> str:
    """How a run that is over stands, in a word."""
    return tr("finished") if story.status == "finished" else standing(story)


def _lowest(story: Story) -> str:
    return _loss_at(story, *story.lowest) if story.lowest is not None else ""


def _lowest_kept(story: Story) -> str:
    best = story.best
    return _loss_at(story, best.step, best.held_out_loss or 0.0) if best is not None else ""


def _loss_at(story: Story, step: int, value: float) -> str:
    loss = _loss(value)
    if not step:
        return tr("{loss} at the start", loss=loss)
    if story.within_epoch(step) or not story.steps_per_epoch:
        return tr("{loss}, step {step}", loss=loss, step=number(step))
    return tr("{loss}, epoch {epoch}", loss=loss, epoch=step // story.steps_per_epoch)


def _value(story: Story, name: str) -> Any:
    if story.request is None:
        return None
    value = getattr(story.request, name)
    return tuple(value) if isinstance(value, list) else value


def _line(title: str, texts: Sequence[str], values: Sequence[Any]) -> Line:
    return Line(title, tuple(texts), tuple(value != values[0] for value in values))


def _loss(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
