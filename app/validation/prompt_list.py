"""The prompts of the left column: offered because of pictures, typed, or asked for by a grid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.validation.prompt_offers import spread, subjects
from engine.validation.trigger import with_trigger, without_trigger

if TYPE_CHECKING:
    from engine.dataset.picture import Picture

PROMPTS_OF_A_KIND = 2
NO_TAGS: Mapping[str, str] = MappingProxyType({})


@dataclass
class PromptRow:
    """A prompt of the list; ``tag`` is "seen", "unseen", "trigger only" or "no trigger".

    ``own``: typed by the user or asked for by a grid, not offered because of the pictures.
    """

    text: str
    tag: str
    chosen: bool = True
    own: bool = False


class PromptList(QObject):
    """The rows in their order. ``trigger`` is the word of the style, empty where there is none."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[PromptRow] = []
        self.trigger = ""
        self._captions: tuple[str, ...] = ()
        self._held: tuple[str, ...] = ()
        self._removed: set[str] = set()
        self._known: dict[str, str] = {}

    def __iter__(self) -> Iterator[PromptRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The prompts that are ticked."""
        return tuple(row.text for row in self.rows if row.chosen)

    def clear(self) -> None:
        """Another project: nothing is known of its pictures yet, and nothing was removed."""
        self.rows, self.trigger = [], ""
        self._captions, self._held, self._removed, self._known = (), (), set(), {}
        self.changed.emit()

    # Offers

    def suggest(self, pictures: Sequence[Picture]) -> None:
        """Offer captions of held-out pictures (unseen) and of training pictures (seen).

        File names are offered where no picture has a caption. What was offered before goes; what
        the user typed or a grid asked for stays.
        """
        self._captions = tuple(subjects([item for item in pictures if item.usable]))
        self._held = tuple(subjects([item for item in pictures if item.held_out]))
        self._offer()

    def set_trigger(self, word: str) -> None:
        """The word of the style that is compared: captions are offered with it."""
        if word != self.trigger:
            self.trigger = word
            self._offer()

    def offers(self) -> list[str]:
        """What the pictures suggest: subjects not seen, then seen, then what tells the effect of
        the trigger word.
        """
        unseen = spread(list(self._held), PROMPTS_OF_A_KIND)
        seen = spread(list(self._captions), PROMPTS_OF_A_KIND)
        offered = [with_trigger(text, self.trigger) for text in (*unseen, *seen)]
        if self.trigger and offered:
            offered += [self.trigger, without_trigger((unseen or seen)[0], self.trigger)]
        return list(dict.fromkeys(filter(None, offered)))

    def _offer(self) -> None:
        before = {row.text: row for row in self.rows}
        rows = {
            text: PromptRow(text, self.tag(text), number % 2 == 0)
            for number, text in enumerate(self.offers())
            if text not in self._removed
        }
        for row in rows.values():
            row.chosen = row.chosen and row.tag in ("seen", "unseen")
        for text, row in before.items():
            if text in rows or row.own:
                rows[text] = PromptRow(text, self.tag(text), row.chosen, row.own)
        self._show(rows.values())

    # Editing

    def add(self, texts: Iterable[str]) -> None:
        """Put prompts on the list, ticked; one that is there already is ticked."""
        rows = {row.text: row for row in self.rows}
        for text in filter(None, (text.strip() for text in texts)):
            rows.setdefault(text, PromptRow(text, self.tag(text), own=True)).chosen = True
        self._show(rows.values())

    def change(self, text: str, new: str) -> None:
        """Put ``new`` in the place of a prompt; an empty one removes it."""
        new = new.strip()
        if new == text:
            return
        if not new or any(row.text == new for row in self.rows):
            self.remove(text)
            return
        for row in self.rows:
            if row.text == text:
                self._removed.add(text)
                row.text, row.tag, row.own = new, self.tag(new), True
        self.changed.emit()

    def remove(self, text: str) -> None:
        """Take a prompt off the list; it is not offered again."""
        self._removed.add(text)
        self._show([row for row in self.rows if row.text != text])

    def tick(self, text: str, chosen: bool) -> None:
        """Use a prompt or leave it out."""
        for row in self.rows:
            if row.text == text:
                row.chosen = chosen
        self.changed.emit()

    def use_only(self, texts: Sequence[str], tags: Mapping[str, str] = NO_TAGS) -> None:
        """Tick just these; those that are not on the list are put there. ``tags`` is what is known
        of them otherwise.
        """
        self._known |= tags
        for row in self.rows:
            row.chosen, row.tag = row.text in texts, self.tag(row.text)
        self.add(texts)

    def tag(self, prompt: str) -> str:
        """What a prompt tells: whether a caption of the training pictures names its subject, or
        what the trigger word does.
        """
        if prompt in self._known:
            return self._known[prompt]
        bare = without_trigger(prompt, self.trigger)
        if self.trigger and not bare:
            return "trigger only"
        if self.trigger and bare == prompt and with_trigger(prompt, self.trigger) != prompt:
            return "no trigger"
        return "seen" if self._names(bare) else "unseen"

    def _names(self, prompt: str) -> bool:
        """Whether a caption of a training picture names what ``prompt`` is about: the first part
        that is not said of every other picture too.
        """
        captions = [set(_parts(caption)) for caption in self._captions]
        common = Counter(part for caption in captions for part in caption)
        own = [part for part in _parts(prompt) if common[part] * 2 <= max(len(captions), 2)]
        subject = next(iter(own or _parts(prompt)), "")
        return any(subject in caption for caption in captions)

    def _show(self, rows: Iterable[PromptRow]) -> None:
        self.rows = list(rows)
        self.changed.emit()

    # Keeping

    def record(self) -> dict[str, Any]:
        """What the project remembers: the user's own prompts, ticks, and what was removed."""
        return {
            "prompts": [[row.text, row.chosen, row.own] for row in self.rows],
            "removed": sorted(self._removed),
        }

    def recall(self, record: Mapping[str, Any]) -> None:
        """Show what the project remembers; what is damaged is left out."""
        removed, kept = record.get("removed"), record.get("prompts")
        self._removed = {one for one in _listed(removed) if isinstance(one, str)}
        rows = {}
        for item in _listed(kept):
            if isinstance(item, list) and len(item) == 3 and isinstance(item[0], str):
                text = item[0]
                rows[text] = PromptRow(text, self.tag(text), item[1] is True, item[2] is True)
        self._show(rows.values())


def _parts(text: str) -> list[str]:
    return [part.strip().lower() for part in text.split(",") if part.strip()]


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def short_prompts(texts: Sequence[str], trigger: str) -> list[str]:
    """``texts`` without the trigger word and the parts that most of them have; one that is nothing
    else stays as it is.
    """
    parts = [[part.strip() for part in text.split(",") if part.strip()] for text in texts]
    bare = [set(row) for row in parts if row and row != [trigger]]
    counts = Counter(part for row in bare for part in row)
    common = {part for part, count in counts.items() if count > max(1, len(bare) / 2)} | {trigger}
    shown = [", ".join(part for part in row if part not in common) for row in parts]
    return [short or text for short, text in zip(shown, texts, strict=True)]
