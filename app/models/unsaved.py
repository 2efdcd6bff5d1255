"""Forms of files that hold words which are not saved yet, while other models are looked at."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.models.tool_form import ToolForm
from app.models.tool_words import WordsSubject


class UnsavedForms(QObject):
    """One form for each file, until its words are saved or dropped. ``changed`` says that they are
    others now.
    """

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._forms: dict[Path, ToolForm] = {}

    @property
    def paths(self) -> frozenset[Path]:
        """The files whose words are not saved yet."""
        return frozenset(self._forms)

    def form_of(self, path: Path) -> ToolForm | None:
        """The form in which words of ``path`` wait."""
        return self._forms.get(path)

    def follow(self, form: ToolForm) -> None:
        """Keep ``form`` from now on whenever it holds words that its file does not say."""
        if isinstance(form.subject, WordsSubject):
            form.subject.changed.connect(partial(self._note, form, form.subject))
            form.closed.connect(partial(self._drop, form.subject.path))

    def holds(self, form: ToolForm) -> bool:
        """Whether ``form`` must be kept."""
        return form in self._forms.values()

    def _note(self, form: ToolForm, subject: WordsSubject) -> None:
        if subject.missing():
            self._drop(subject.path)
        elif subject.path not in self._forms:
            self._forms[subject.path] = form
            self.changed.emit()

    def _drop(self, path: Path) -> None:
        if self._forms.pop(path, None) is not None:
            self.changed.emit()
