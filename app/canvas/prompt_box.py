"""What to paint: the prompt with its offers, what to keep out, and how long that is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.canvas.recipe_taking import take_recipe
from app.i18n import bind, tr
from app.i18n.format import number
from app.theme import metrics
from app.widgets.fields import TextField
from app.widgets.prompt_edit import PromptEdit
from app.widgets.prompt_offers import Offer
from app.widgets.text import label
from engine.prompt.nudging import nudged
from engine.prompt.room import room
from engine.prompt.syntax import lora_tag
from engine.runtime.errors import BadInputError, StylekilnError
from engine.sampling.infotext import parse_infotext
from engine.sampling.picture_text import read_infotext
from engine.sampling.restoring import tells_a_recipe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QMimeData

    from app.canvas.prompt_shelf import PromptShelf
    from app.canvas.repaint import Repaint
    from app.session import Session
    from app.widgets.prompt_offers import Kind

COUNT_DELAY_MS = 200


class PromptBox(QWidget):
    """Edits prompt and negative prompt of the settings and follows them."""

    def __init__(self, session: Session, repaint: Repaint, shelf: PromptShelf) -> None:
        super().__init__()
        self._session, self._repaint, self._shelf = session, repaint, shelf
        self._counted = ("", "", "")
        self._past = -1  # which prompt of the history is shown; -1 is the artist's own
        self._own = ("", "")
        self.prompt = PromptEdit("What to paint here")
        self.prompt.changed.connect(self._typed)
        self.prompt.source = self._offers
        self.prompt.older_asked.connect(lambda: self._walk(1))
        self.prompt.newer_asked.connect(lambda: self._walk(-1))
        self.prompt.takes = lambda text: tells_a_recipe(parse_infotext(text))
        self.prompt.given.connect(lambda mime: session.start(self._take(mime)))
        bind(self.prompt.setAccessibleName, "Prompt")
        self.negative = TextField("What to keep out")
        self.negative.textEdited.connect(lambda text: repaint.change(negative=text))
        self.negative.installEventFilter(self)
        bind(self.negative.setAccessibleName, "Negative prompt")
        self.tokens = label(size=11, tone="quiet")
        bind(
            self.tokens.setToolTip,
            "Tokens of the prompt, and how many its windows of 75 hold. A longer prompt gets "
            "another window.",
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(metrics.PAD, 0, metrics.PAD, 2)
        column.setSpacing(6)
        column.addWidget(self.prompt)
        line = QHBoxLayout()
        line.setSpacing(metrics.GAP)
        line.addWidget(label("Negative", tone="label"))
        line.addWidget(self.negative, 1)
        line.addWidget(self.tokens, 0, Qt.AlignmentFlag.AlignVCenter)
        column.addLayout(line)
        self._timer = QTimer(self, interval=COUNT_DELAY_MS, singleShot=True)
        self._timer.timeout.connect(lambda: session.start(self._count()))

    def refresh(self) -> None:
        """Follow the settings."""
        settings = self._repaint.settings
        if self.prompt.value != settings.prompt:
            self.prompt.set_value(settings.prompt)
        if self.negative.text() != settings.negative:
            self.negative.set_value(settings.negative)
        if self._counted != self._countable and not self._timer.isActive():
            self._timer.start()

    def _typed(self, text: str) -> None:
        self._past = -1
        self._repaint.change(prompt=text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ctrl+Up and Ctrl+Down weigh the words of the negative prompt too."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()), 0)
            if steps and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self._nudge_negative(steps)
                return True
        return super().eventFilter(watched, event)

    def _nudge_negative(self, steps: int) -> None:
        field = self.negative
        start = field.selectionStart() if field.hasSelectedText() else field.cursorPosition()
        end = field.selectionEnd() if field.hasSelectedText() else start
        made = nudged(field.text(), start, end, steps)
        if made.text != field.text():
            field.selectAll()
            field.insert(made.text)  # can be undone
            field.setSelection(made.start, made.end - made.start)
            self._repaint.change(negative=made.text)

    # Length

    @property
    def _countable(self) -> tuple[str, str, str]:
        settings = self._repaint.settings
        return settings.prompt, settings.model, settings.emphasis

    async def _count(self) -> None:
        counted = self._counted = self._countable
        try:
            used, held = await self._session.bridge.behind(room, *counted)
        except StylekilnError:
            self.tokens.setText("")  # the model says what is wrong with it
            return
        if counted == self._counted:
            self.tokens.setText(f"{number(used)} / {number(held)}")

    # What is pasted and dropped

    async def _take(self, mime: QMimeData) -> None:
        """Paint on with what a picture file, or a copied text, tells of. Raises PictureError."""
        files = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
        if not files:
            told, name = parse_infotext(mime.text()), tr("the pasted text")
        else:
            name = files[0].name
            found = await self._session.bridge.io(read_infotext, files[0])
            if found is None or not tells_a_recipe(found):
                raise BadInputError(
                    "{name} does not tell how it was made.",
                    name=name,
                    remedy="Drop it on the canvas to use it as a picture.",
                )
            told = found
        take_recipe(self._session, self._repaint, told, name)
        await self._repaint.load_models()

    # Offers

    def _offers(self, kind: Kind) -> Sequence[Offer]:
        if kind == "wildcard":
            self._session.start(self._shelf.look_for_wildcards())
            return [Offer(f"__{name}__", name, icon="dices") for name in self._shelf.wildcards]
        loras = self._repaint.models.loras
        stems = [Path(choice.path).stem for choice in loras]
        return [
            Offer(
                lora_tag(stem if stems.count(stem) == 1 else choice.path, *[choice.weight] * 2),
                stem,
                f"{choice.weight:g}",
                "layers-2" if choice.approval is None else "badge-check",
            )
            for stem, choice in zip(stems, loras, strict=True)
            if self._repaint.misfit(choice.path) is None
        ]

    # History

    def show_spoken(self, prompt: str, negative: str) -> None:
        """Put another pair of prompts into the fields; one step of undo in the prompt."""
        self.prompt.replace_all(prompt)
        self._repaint.change(prompt=prompt, negative=negative)

    def _walk(self, step: int) -> None:
        """Show an older or a newer prompt; past the newest, what was typed before."""
        history = self._shelf.history
        if self._past < 0:
            settings = self._repaint.settings
            self._own = settings.prompt, settings.negative
        past = max(-1, min(self._past + step, len(history) - 1))
        # The newest is usually what stands there already.
        if step > 0 and self._past < 0 and history and history[0].words == self._own:
            past = min(1, len(history) - 1)
        if past != self._past:
            self.show_spoken(*(history[past].words if past >= 0 else self._own))
            self._past = past
