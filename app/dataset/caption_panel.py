"""The caption of the selected pictures as chips and as text, with its length in tokens."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.dataset import caption_chips as chips
from app.dataset import tokens
from app.dataset.caption_conflict import ConflictBox
from app.dataset.caption_conflicts import Conflicts
from app.dataset.caption_entry import CaptionBox
from app.dataset.caption_hints import MoreTags, NearMiss
from app.dataset.caption_text import CaptionText
from app.dataset.caption_tokens import TokenLine
from app.dataset.caption_words import TagWords
from app.dataset.caption_work import CaptionWork
from app.i18n import bind, tr, tr_error
from app.shell.menus import Menu
from app.theme import metrics
from app.widgets.buttons import tool_button
from app.widgets.chips import Chip
from app.widgets.panel import Panel
from app.widgets.text import label
from engine.dataset.tags import typed_tags
from engine.runtime.errors import StylekilnError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.dataset.model import DatasetState
    from engine.dataset.library import Picture
    from engine.dataset.problem import Problem

AT_ONCE = 200
"""Captions that are read on the UI thread; more are read in a worker."""


class CaptionPanel(Panel):
    """Chips of all selected captions; a line adds tags; the text of one picture can be edited.

    ``edit_asked`` and ``model_asked`` open the sheets, ``menu_asked`` the menu at the dots,
    ``tag_menu_asked`` the menu of a tag (tag, place on the screen).
    """

    edit_asked = Signal()
    model_asked = Signal()
    menu_asked = Signal(object)
    tag_menu_asked = Signal(str, object)

    def __init__(self, state: DatasetState) -> None:
        super().__init__("Caption")
        self.state = state
        self.words = TagWords(state)
        self.work = CaptionWork(state)
        self._pictures: list[Picture] = []
        self._shown = chips.Shown()
        self._fitting = -1
        self._version = 0
        self.conflicts = Conflicts(state.session, self.work, self)
        self.box = CaptionBox(self.words)
        self.chips, self.entry = self.box.chips, self.box.entry
        self.text = CaptionText()
        self.near = NearMiss()
        self.more = MoreTags()
        self.conflict = ConflictBox()
        self.tokens = TokenLine()
        self.problem = label(size=11, tone="error", wrap=True)
        self._make_tools()
        self._build()
        self._connect()

    def _make_tools(self) -> None:
        self.model_button = tool_button(
            "wand-sparkles", "Caption automatically…", self.model_asked.emit, dense=True
        )
        self.edit_button = tool_button(
            "replace", "Edit captions…", self.edit_asked.emit, shortcut="Ctrl+H", dense=True
        )
        self.text_toggle = tool_button("pencil", "Edit as text", self._toggle, True, dense=True)
        self.menu_button = tool_button(
            "ellipsis", "More", lambda: self.menu_asked.emit(self.menu_button), dense=True
        )

    def _build(self) -> None:
        for tool in (self.model_button, self.edit_button, self.text_toggle, self.menu_button):
            self.add_action(tool)
        self.text.hide()
        self.problem.hide()
        area = QWidget()
        self.area = QVBoxLayout(area)
        self.area.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        self.area.setSpacing(metrics.GAP)
        parts = (self.conflict, self.box, self.text, self.more, self.near, self.problem)
        for widget in (*parts, self.tokens):
            self.area.addWidget(widget)
        self.body.addWidget(area)
        bind(self.text.setAccessibleName, "Caption")
        bind(self.entry.setAccessibleName, "Add a tag")
        bind(self.chips.setAccessibleName, "Tags of the caption")
        self.chips.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def _connect(self) -> None:
        self.chips.removed.connect(lambda tag: self._change(partial(chips.removed, tag=tag)))
        self.chips.renamed.connect(self._rename)
        self.chips.moved.connect(self._move)
        self.chips.chosen.connect(self._choose)
        self.chips.customContextMenuRequested.connect(self._chip_menu)
        # Return, and also leaving the field: a typed tag is not lost on the way to another place.
        self.entry.editingFinished.connect(self._add)
        self.text.committed.connect(self._write)
        self.text.textChanged.connect(self._typed)
        self.box.text_asked.connect(self.text_toggle.click)
        self.near.chosen.connect(self._rename)
        self.more.asked.connect(self._more_menu)
        self.conflict.answered.connect(self.conflicts.settle)
        self.conflicts.changed.connect(self._show_conflicts)

    # What is shown

    def show_pictures(self, pictures: Sequence[Picture]) -> None:
        """Show the captions of ``pictures``."""
        others = [item.id for item in self._pictures] != [item.id for item in pictures]
        if others:
            # What was typed belongs to the pictures that were shown.
            self.text.commit()
            self._add()
            self.near.clear()
            self.chips.mark(())
        self._pictures = list(pictures)
        self._version += 1
        one = len(self._pictures) == 1
        self.text_toggle.setEnabled(one)
        self._show_text(self.text_toggle.isChecked() and one, others)
        problem = self._problem()
        self.problem.setText(tr_error(problem.as_error()) if problem else "")
        self.problem.setVisible(bool(problem))
        self._show_conflicts()
        if len(self._pictures) <= AT_ONCE:
            self._take(chips.shown(self._texts(self._pictures), self._trigger()))
        if self._pictures:
            self.state.session.start(self._read(self._pictures, self._version))

    def _show_conflicts(self) -> None:
        shown = self.conflicts.among(self._pictures)
        self.conflict.show_conflicts(shown)
        # Whatever else is written now would decide which text stays.
        free = not shown and not self._problem()
        self.entry.setEnabled(free)
        self.chips.setEnabled(free)
        self.text.setReadOnly(not free)

    def _texts(self, pictures: Sequence[Picture]) -> list[str]:
        return [self.work.text_of(picture) for picture in pictures]

    def _problem(self) -> Problem | None:
        """Why a caption cannot be read; in a large selection such ones are skipped instead."""
        found = (picture.caption_problem for picture in self._pictures[:AT_ONCE])
        return next(filter(None, found), None)

    async def _read(self, pictures: list[Picture], version: int) -> None:
        """What takes longer: a large selection's tags, and the tokens."""
        bridge = self.state.session.bridge
        captions = await bridge.io(self._texts, pictures)
        if len(captions) > AT_ONCE:
            found = await bridge.io(chips.shown, captions, self._trigger())
            if version == self._version:
                self._take(found)
        if version == self._version:
            await self._measure(self._typing() or captions, version)

    def _typing(self) -> list[str]:
        """What is in the text field and is not written yet."""
        typing = self.text.edited and not self.text.isHidden()
        return [self.text.toPlainText()] if typing else []

    def _typed(self) -> None:
        """Count the tokens while one types."""
        if self._pictures and not self.text.isHidden():
            self._version += 1
            texts = self._typing() or self._texts(self._pictures)
            self.state.session.start(self._measure(texts, self._version))

    async def _measure(self, captions: list[str], version: int) -> None:
        bridge, project = self.state.session.bridge, self.state.session.project
        model = project.file.base_model if project is not None else "starter"
        try:
            length = await bridge.io(tokens.longest, model, captions)
        except StylekilnError as error:
            if version == self._version:
                self.problem.setText(tr_error(error))
                self.problem.show()
            return
        if version == self._version:
            self.tokens.show_count(length.tokens, len(captions))
            if length.fitting != self._fitting:
                self._fitting = length.fitting
                self._take(self._shown)

    def _take(self, found: chips.Shown) -> None:
        self._shown = found
        editing = self.chips.editor is not None
        made = self._chips(found)
        if not (editing and made == self.chips.chips):
            self.chips.set_chips(made)
        self.chips.setVisible(bool(made))
        self.box.prose.say("\n".join(found.prose))
        self.near.keep_if(found.common)
        self.more.set_count(len(found.rest) if self.text.isHidden() else 0)

    def _chips(self, found: chips.Shown) -> list[Chip]:
        trigger = self._trigger()
        made = []
        for place, tag in enumerate(found.common):
            over = found.total == 1 and 0 <= self._fitting <= place
            kind = "trigger" if trigger and tag == trigger else "over" if over else "tag"
            made.append(Chip(tag, kind=kind))
        for tag, n in found.partial:
            made.append(Chip(tag, tr("{n} of {total}", n=n, total=found.total), "partial"))
        return made

    def _show_text(self, shown: bool, others: bool) -> None:
        self.text.setVisible(shown)
        self.box.setVisible(not shown)
        if self._pictures and (others or not self.text.edited):
            self.text.set_caption(self.work.text_of(self._pictures[-1]))

    def _toggle(self) -> None:
        if not self.text_toggle.isChecked():
            self.text.commit()
        self.show_pictures(self._pictures)
        if self.text_toggle.isChecked():
            self.text.setFocus()

    def _trigger(self) -> str:
        project = self.state.session.project
        return project.file.trigger_word if project is not None else ""

    # What is changed

    def _add(self) -> None:
        words = typed_tags(self.entry.text())
        self.entry.clear()
        if not words or not self._pictures:
            return
        held = self._held(words)
        self.near.clear()
        if len(held) < len(words):
            self._change(partial(chips.added, words=words))
            self.state.session.start(self._judge(words[-1]))
        else:
            self.near.tell_held(held[-1])
        self.chips.mark(held)

    def _held(self, words: list[str]) -> list[str]:
        """Those of ``words`` that nothing needs to be done for."""
        if len(self._pictures) > AT_ONCE:
            return [word for word in words if word in self._shown.common]
        return chips.held(self._texts(self._pictures), words)

    async def _judge(self, word: str) -> None:
        near = await self.words.near(word)
        self.near.offer(word, near)

    def _rename(self, old: str, new: str) -> None:
        self.near.clear()
        self._change(partial(chips.renamed, old=old, new=new))

    def _move(self, source: int, target: int) -> None:
        shown = self.chips.chips
        if not max(source, target) < len(shown):
            return
        if len(self._pictures) == 1:
            self._change(lambda caption: chips.moved(caption, source, target))
            return
        tag, goal = shown[source].text, shown[target].text
        self._change(partial(chips.carried, tag=tag, target=goal))

    def _choose(self, tag: str) -> None:
        if tag in [pair[0] for pair in self._shown.partial]:
            self.give_to_all(tag)

    def give_to_all(self, tag: str) -> None:
        """Add ``tag`` to the selected captions that lack it."""
        self._change(partial(chips.added, words=[tag]))

    def _write(self, text: str) -> None:
        if len(self._pictures) == 1:
            self._change(lambda _caption: text)

    def _change(self, edit: Callable[[str], str]) -> None:
        """Make of each shown caption what ``edit`` makes of it, in one step."""
        self.chips.mark(())
        pictures = [picture for picture in self._pictures if self._is_known(picture)]
        if pictures:
            self.work.edit(pictures, edit)
            self.show_pictures(self._pictures)  # at once: the file is written behind

    def _is_known(self, picture: Picture) -> bool:
        """Whether it is of the open project: the numbers of pictures begin anew in each."""
        found = self.state.pictures.get(picture.id)
        return found is not None and found.path == picture.path

    # Menus

    def _chip_menu(self, at: QPoint) -> None:
        index = self.chips.index_at(at.toPointF())
        if index < 0:
            return
        chip = self.chips.chips[index]
        menu = Menu(self)
        if chip.kind == "partial":
            menu.add("Give to all selected", partial(self.give_to_all, chip.text), "plus")
        else:
            menu.add("Rename here", partial(self.chips.edit, index), "pencil", shortcut="F2")
        menu.add("Remove", partial(self.chips.removed.emit, chip.text), "x", shortcut="Del")
        menu.line()
        place = self.chips.mapToGlobal(at)
        menu.add("In all captions…", partial(self.tag_menu_asked.emit, chip.text, place), "tag")
        menu.at(place)

    def _more_menu(self) -> None:
        self.more.open_list(self._shown.rest, self._shown.total, self.give_to_all)
