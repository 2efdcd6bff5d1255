"""Why values cannot be what a schema wants: a sentence with facts for every setting that is wrong.

The command line prints the sentences in English behind the name of the setting; the window shows
them, translated, beside its field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from engine.runtime.errors import BadInputError, fill


class SettingError(ValueError):
    """Raised by a check of a schema. ``sentence`` is a template, which is a translation key.

    The fact ``setting`` is the name of another setting, which the window shows by its label. Of a
    long value only the beginning is told.
    """

    def __init__(self, sentence: str, **facts: object) -> None:
        self.sentence = sentence
        self.facts = {name: short(str(value)) for name, value in facts.items()}
        super().__init__(fill(sentence, self.facts))


def short(text: str, most: int = 200) -> str:
    """The beginning of a long ``text``, on one line, for a sentence."""
    text = " ".join(text.splitlines())
    return text if len(text) <= most else f"{text[:most]}…"


@dataclass(frozen=True)
class Refusal:
    """What is wrong with ``setting``; empty where it is about several values together. ``remedy``
    is a second sentence where there is one thing to do about this one.
    """

    setting: str
    sentence: str
    facts: Mapping[str, str] = field(default_factory=dict)
    remedy: str = ""

    def __str__(self) -> str:
        parts = (self.sentence, self.remedy)
        return " ".join(fill(part, self.facts) for part in parts if part)

    @property
    def name(self) -> str:
        """The setting alone, without the place in a list: base_weights of base_weights.1."""
        return self.setting.partition(".")[0]

    @property
    def line(self) -> str:
        """The sentence behind the name of the setting."""
        return self.line_in(_english)

    def line_in(self, translate: Callable[..., str]) -> str:
        """The same in the words of ``translate``, which takes the sentence and its facts."""
        text = translate(self.sentence, **self.facts)
        if not self.setting:
            return text
        abbreviated = text[1:2].isupper()
        return f"{self.setting}: {text if abbreviated else text[:1].lower() + text[1:]}"


def _english(sentence: str, **facts: str) -> str:
    """``sentence`` in English with its facts."""
    return fill(sentence, facts)


class RefusedError(BadInputError):
    """Values that a schema refuses; ``refusals`` says all that is wrong, ``str()`` the first."""

    def __init__(
        self,
        refusals: tuple[Refusal, ...],
        where: str = "",
        *,
        remedy: str = "Correct it and try again.",
    ) -> None:
        self.refusals = refusals
        super().__init__(
            "{where}{problem}",
            remedy=remedy,
            where=f"{where}: " if where else "",
            problem=refusals[0].line,
        )

    def facts_in(self, translate: Callable[..., str]) -> Mapping[str, str]:
        """The facts, with what is wrong in the words of ``translate``."""
        return {**self.facts, "problem": self.refusals[0].line_in(translate)}


# What pydantic finds by itself, and what all settings are checked for, by the name of the mistake
# with its facts.
_FOUND = {
    "bool_parsing": SettingError("Must be true or false."),
    "bool_type": SettingError("Must be true or false."),
    "extra_forbidden": SettingError("There is no such setting."),
    "finite_number": SettingError("Write a number."),
    "float_parsing": SettingError("Write a number."),
    "float_type": SettingError("Write a number."),
    "greater_than": SettingError("Must be more than {gt}."),
    "greater_than_equal": SettingError("Must be {ge} or more."),
    "int_from_float": SettingError("Write a whole number."),
    "int_parsing": SettingError("Write a whole number."),
    "int_type": SettingError("Write a whole number."),
    "less_than": SettingError("Must be less than {lt}."),
    "less_than_equal": SettingError("Must be {le} or less."),
    "list_type": SettingError("Must be a list."),
    "literal_error": SettingError("Choose one of these: {expected}."),
    "missing": SettingError("It is needed."),
    "multiple_of": SettingError("Must be a multiple of {multiple_of}."),
    "string_too_long": SettingError("Must have {max_length} characters at most."),
    "string_too_short": SettingError("Must have {min_length} characters at least."),
    "string_type": SettingError("Write a text."),
    "string_unicode": SettingError("Write a text."),
    "too_many_characters": SettingError("Must have {most} characters at most."),
    "too_many_entries": SettingError("Must have {most} entries at most."),
    "tuple_type": SettingError("Must be a list."),
    "zero_byte": SettingError("It holds a zero byte, which no text or path can hold."),
}


def refusals(error: ValidationError) -> tuple[Refusal, ...]:
    """All that is wrong, in the order of the schema, one sentence for each setting."""
    found: dict[str, Refusal] = {}
    for refusal in _each(error):
        found.setdefault(refusal.setting, refusal)
    return tuple(found.values())


def _each(error: ValidationError) -> Iterator[Refusal]:
    for problem in error.errors(include_url=False):
        name = ".".join(str(part) for part in problem["loc"])
        yield Refusal(name, *_said(problem))


def _said(problem: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Sentence and facts; of mistakes without a sentence of ours, what pydantic says."""
    context = problem.get("ctx", {})
    raised = context.get("error")
    if isinstance(raised, SettingError):
        return raised.sentence, raised.facts
    known = _FOUND.get(problem["type"])
    if known is not None:
        return known.sentence, {name: _plain(value) for name, value in context.items()}
    message = problem["msg"].removeprefix("Value error, ").rstrip(".")
    return f"{message[:1].upper()}{message[1:]}.", {}


def _plain(value: object) -> str:
    """A bound as people write it, and choices without the "or" of one language."""
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).replace("' or '", "', '").replace("'", "")
