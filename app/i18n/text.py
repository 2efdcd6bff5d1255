"""Translate by English key, and keep bound widgets in the language of the moment."""

from __future__ import annotations

import json
import re
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator, Signal
from shiboken6 import isValid

from engine.runtime.errors import StylekilnError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LANGUAGES = (("en", "English"), ("zh_CN", "简体中文"))
FOLDER = Path(__file__).resolve().parents[2] / "resources" / "translations"


class Signals(QObject):
    """``changed`` is sent after the language switched and every bound text was set anew."""

    changed = Signal()


signals = Signals()
_language = "en"
_table: dict[str, str] = {}
_bindings: dict[tuple[int, str], Binding] = {}
_qt_words: QTranslator | None = None


def tr(text: str, many: str = "", /, **facts: Any) -> str:
    """``text`` in the language of the moment with ``{facts}`` filled in.

    ``many`` is the English plural, used unless the fact ``n`` is 1 or "1"; translations are found
    under the plural, because Chinese has one form. A fact that is callable is called now, so that
    it can be a translation itself.
    """
    values = {key: value() if callable(value) else value for key, value in facts.items()}
    key = many or text
    template = _table.get(key)
    if template is None:
        template = text if many and str(values.get("n")) == "1" else key
    return _fill(template, values)


def tr_error(error: BaseException) -> str:
    """What ``error`` says to the user, sentence and remedy, in the language of the moment."""
    if not isinstance(error, StylekilnError):
        return str(error)
    facts = error.facts_in(tr)
    parts = [tr(part, **facts) for part in (error.sentence, error.remedy) if part]
    return joined(parts)


def joined(sentences: Iterable[str]) -> str:
    """Sentences one after the other, as the language of the moment sets them."""
    return ("" if _language == "zh_CN" else " ").join(sentences)


def language() -> str:
    """The language of the moment: ``"en"`` or ``"zh_CN"``."""
    return _language


def set_language(code: str) -> None:
    """Switch to ``code``; an empty code means the language of the system. Applies at once."""
    global _language, _table
    _language = code or system_language()
    _table = {} if _language == "en" else load_table(_language)
    _translate_qt(_language)
    for binding in list(_bindings.values()):
        binding.apply()
    signals.changed.emit()


def _translate_qt(code: str) -> None:
    """Give Qt's own dialogs and buttons the words of ``code``, as far as Qt brings them."""
    global _qt_words
    application = QCoreApplication.instance()
    if application is None:
        return
    if _qt_words is not None:
        application.removeTranslator(_qt_words)
        _qt_words = None
    words = QTranslator()
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if code != "en" and words.load(f"qtbase_{code}", folder):
        application.installTranslator(words)
        _qt_words = words


def system_language() -> str:
    """``"zh_CN"`` on a Chinese system, else ``"en"``."""
    return "zh_CN" if QLocale.system().language() == QLocale.Language.Chinese else "en"


def load_table(code: str) -> dict[str, str]:
    """Every translation of ``code``, all areas merged."""
    table: dict[str, str] = {}
    for path in sorted((FOLDER / code).glob("*.json")):
        table.update(json.loads(path.read_text("utf-8")))
    return table


class Binding:
    """A text that stays right: the setter, the key and the facts. Dies with the setter's owner."""

    def __init__(
        self, owner: Any, setter: str | Callable[[str], object], key: str, many: str
    ) -> None:
        self._owner = weakref.ref(owner, self._forget)
        self._setter = setter
        self._place = (id(owner), setter if isinstance(setter, str) else repr(setter))
        self.key = key
        self.many = many
        self.facts: dict[str, Any] = {}
        _bindings[self._place] = self

    def update(self, **facts: Any) -> None:
        """Set the text anew with new facts; facts that are not named stay."""
        self.facts.update(facts)
        self.apply()

    def say(self, key: str, many: str = "", **facts: Any) -> None:
        """Set another sentence."""
        self.key, self.many, self.facts = key, many, facts
        self.apply()

    def apply(self) -> None:
        """Set the text in the language of the moment, if the widget still lives."""
        owner = self._owner()
        if owner is None or (isinstance(owner, QObject) and not isValid(owner)):
            self._forget()
            return
        setter = getattr(owner, self._setter) if isinstance(self._setter, str) else self._setter
        setter(tr(self.key, self.many, **self.facts))

    def _forget(self, _: object = None) -> None:
        if _bindings.get(self._place) is self:
            del _bindings[self._place]


def bind(
    setter: Callable[[str], object],
    key: str,
    many: str = "",
    *,
    owner: QObject | None = None,
    **facts: Any,
) -> Binding:
    """Call ``setter`` with the translated ``key`` now and at every change of language.

    A setter that is a method is held weakly through its object. A plain function needs ``owner``,
    which must not be referred to by the function, and is dropped with it. Binding a setter again
    replaces what it was bound to.
    """
    holder = owner if owner is not None else getattr(setter, "__self__", None)
    if holder is None:
        raise TypeError("A function without an owner would be kept for ever; pass owner=widget.")
    name: str | Callable[[str], object] = setter if owner is not None else setter.__name__
    binding = Binding(holder, name, key, many)
    binding.update(**facts)
    return binding


def _fill(template: str, facts: dict[str, Any]) -> str:
    """Format ``template``; a stray brace is shown as it is and never raises."""
    if "{" not in template:
        return template
    if _language == "zh_CN":
        template = _without_gaps(template, facts)
    try:
        return template.format_map(facts)
    except (KeyError, ValueError, IndexError):
        return template


_BEFORE = re.compile(r"(?<=[\u4e00-\u9fff]) \{(\w+)\}")
_AFTER = re.compile(r"\{(\w+)\} (?=[\u4e00-\u9fff])")


def _without_gaps(template: str, facts: dict[str, Any]) -> str:
    """Drop the space that sets Latin apart from Chinese where the fact turns out to be Chinese."""

    def tight(found: re.Match[str], end: int) -> str:
        value = str(facts.get(found[1], ""))
        chinese = bool(value) and "\u4e00" <= value[end] <= "\u9fff"
        return found[0].strip() if chinese else found[0]

    template = _BEFORE.sub(lambda found: tight(found, 0), template)
    return _AFTER.sub(lambda found: tight(found, -1), template)
