"""What the report of an import says, in the language of the moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.i18n import tr
from app.i18n.format import number
from app.training.category_choice import count_used
from app.training.differences import label_of, settings_by_name, value_words
from app.training.kohya_rows import FIX, needs_choice, plain
from app.training.problems import LABELS, by_setting, words_of
from app.training.reason_words import reason_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.training.next_run import NextRun
    from engine.training.kohya.report import Line

NOTHING = "–"
LONGEST = 400
"""Characters of a value in a file that are shown; nobody reads more in one line."""
STATUS_TITLES = {
    FIX: "Needs a fix",
    "refused": "Value not taken",
    "unknown": "Left out",
    "no effect": "No effect here",
    "converted": "Converted",
    "used": "Used",
}
STATUS_ICONS = {
    FIX: ("octagon-alert", "err"),
    "refused": ("circle-x", "err"),
    "unknown": ("circle-question-mark", "warn"),
    "no effect": ("circle-slash", "t2"),
    "converted": ("arrow-left-right", "t2"),
    "used": ("circle-check", "ok"),
}


def value_text(line: Line) -> str:
    """What the file says, in one line."""
    if not line.present:
        return tr("not in the file")
    return file_text(line.value) or NOTHING


def file_text(value: Any) -> str:
    """A value of a file as it is written there, in one line."""
    if isinstance(value, list):
        value = " ".join(map(str, value))
    return " ".join(str(value)[:LONGEST].split())


def here_text(line: Line, state: NextRun) -> str:
    """What the next run has by it now, the name of the setting before the value."""
    parts = [setting_text(name, state) for name in shown_settings(line)]
    if needs_choice(line) and "base_model" not in by_setting(state.problem):
        parts = [setting_text("base_model", state)]
    return ", ".join(parts) or NOTHING


def shown_settings(line: Line) -> list[str]:
    """The settings of a line that the form knows."""
    return [name for name in line.settings if name in LABELS]


def setting_text(name: str, state: NextRun) -> str:
    """A setting of the next run with its value."""
    value = state.values.get(name)
    if name == "project":
        count = count_used(state)  # as the field and the summary before a start say
        return tr("{n} picture of this project", "{n} pictures of this project", n=number(count))
    words = here_words(name, value, state)
    plain = settings_by_name()[name].kind in ("int", "float")
    key = "{label} {words}" if plain else "{label}: {words}"
    return tr(key, label=label_of(name), words=words)


def here_words(name: str, value: Any, state: NextRun) -> str:
    """The value of a setting with its unit; a model by the name it has in lists."""
    if name == "base_model":
        named = [model.label for model in state.models if model.ref == value]
        return tr(named[0]) if named else value_words(name, value)
    words, unit = value_words(name, value), settings_by_name()[name].unit
    told = unit in ("px", "%") or (unit in ("steps", "epochs") and value != 1)
    return f"{words} {tr(unit)}" if told and words != NOTHING else words


def why_text(line: Line) -> str:
    """Why it was changed or left out; empty where there is nothing to say."""
    if line.problem is not None:
        return words_of(line.problem)
    return reason_words(line.why) if line.why is not None else ""


def later_text(line: Line, values: Mapping[str, Any], taken: Mapping[str, Any]) -> str:
    """What was done about ``line`` since ``taken`` was put; empty when nothing was."""
    if needs_choice(line):
        return tr("The file's own model is not here; this one was chosen.")
    names = [name for name in shown_settings(line) if name in taken and name != "project"]
    if any(plain(values.get(name)) != plain(taken[name]) for name in names):
        return tr("Changed since the import.")
    return ""


def spoken(line: Line, state: NextRun) -> str:
    """A whole row in one line: for screen readers and for the clipboard."""
    parts = (line.key, value_text(line), here_text(line, state), why_text(line))
    return "\t".join(parts)
