"""The switches for language and theme: applied at once, remembered, and equal everywhere."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from app import theme
from app.i18n import LANGUAGES, language, set_language
from app.i18n import signals as language_signals
from app.session import Session
from app.widgets.segments import Segments


class LanguageSwitch(Segments):
    """English or 简体中文."""

    def __init__(self, session: Session) -> None:
        super().__init__(list(LANGUAGES))
        self._session = session
        self.changed.connect(self._chosen)
        language_signals.changed.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Show the language of the moment."""
        self.set_value(language())

    def _chosen(self, code: object) -> None:
        choose_language(self._session, str(code))


class ThemeSwitch(Segments):
    """Dark, light, or as the desktop is."""

    def __init__(self, session: Session) -> None:
        super().__init__([("dark", "Dark"), ("light", "Light"), (theme.SYSTEM, "System")])
        self._session = session
        self.changed.connect(self._chosen)
        theme.signals.changed.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Show what was chosen."""
        self.set_value(theme.chosen())

    def _chosen(self, name: object) -> None:
        choose_theme(self._session, str(name))


def choose_language(session: Session, code: str) -> None:
    """Switch the language at once and remember it."""
    set_language(code)
    session.change_settings(language=code)


def choose_theme(session: Session, name: str) -> None:
    """Switch the theme at once and remember it."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, name)
    session.change_settings(theme=name)
