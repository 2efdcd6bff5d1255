"""Translate by English key, and keep bound widgets in the language of the moment."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator, Signal
from shiboken6 import isValid

from engine.runtime.errors import StylekilnError
from engine.runtime.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LANGUAGES = (("en", "English"), ("zh_CN", "简体中文"))


class Signals(QObject):
    """``changed`` is sent after the language switched and every bound text was set anew."""

    changed = Signal()


signals = Signals()
_words = Words()
_bindings: dict[tuple[int, str], Binding] = {}
_qt_words: QTranslator | None = None


def tr(text: str, many: str = "", /, **facts: Any) -> str:
    """``text`` in the language of the moment with ``{facts}`` filled in.

    ``many`` is the English plural, used unless the fact ``n`` is 1 or "1"; translations are found
    under the plural, because Chinese has one form. A fact that is callable is called now, so that
    it can be a translation itself.
    """
    return _words(text, many, **facts)


def tr_error(error: BaseException) -> str:
    """What ``error`` says to the user, sentence and remedy, in the language of the moment."""
    if not isinstance(error, StylekilnError):
        return str(error)
    facts = error.facts_in(tr)
    parts = [tr(part, **facts) for part in (error.sentence, error.remedy) if part]
    return joined(parts)


def joined(sentences: Iterable[str]) -> str:
    """Sentences one after the other, as the language of the moment sets them."""
    return _words.joined(list(sentences))


def sentence(text: str) -> str:
    """``text`` with a capital and a full stop, as the language of the moment sets them."""
    return _words.sentence(text)


def language() -> str:
    """The language of the moment: ``"en"`` or ``"zh_CN"``."""
    return _words.language


def set_language(code: str) -> None:
    """Switch to ``code``; an empty code means the language of the system. Applies at once."""
    global _words
    _words = Words(code or system_language())
    _translate_qt(_words.language)
    retell()
    signals.changed.emit()


def retell() -> None:
    """Set all texts again: a fact that many of them name has changed."""
    for binding in list(_bindings.values()):
        binding.apply()


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
