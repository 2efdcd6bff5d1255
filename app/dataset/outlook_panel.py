"""What training will see: the baked picture, its captions, all buckets, and what to look at."""

from __future__ import annotations

import asyncio
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.dataset.fill_panel import fill_text
from app.dataset.judging import STEP_ASIDE
from app.dataset.model import FEW
from app.dataset.outlook import Outlook, outlook_of
from app.dataset.outlook_captions import draws
from app.dataset.outlook_facts import CaptionDraws, Facts, warning_rows
from app.dataset.outlook_form import OutlookForm
from app.dataset.outlook_settings import request_of, sound_request_of, spec_of
from app.dataset.pixels import Seen, looked_at
from app.dataset.preview import BucketBars, PictureBox
from app.dataset.stand_in import StandIn
from app.i18n import signals as language_signals
from app.i18n import tr, tr_error
from app.i18n.format import dimensions, number
from app.theme import metrics
from app.widgets.buttons import tool_button
from app.widgets.panel import Panel
from app.widgets.row_list import RowList
from app.widgets.text import label, set_tone
from engine.dataset.bucket_places import placed
from engine.dataset.columns import TokenCounts
from engine.dataset.token_counts import TokenCounter
from engine.runtime.errors import BadInputError, StylekilnError
from engine.training.captions import plain_caption
from engine.training.categories import chosen
from engine.training.set_apart import NOTHING, SetApart

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtGui import QPixmap

    from app.dataset.model import DatasetState
    from app.widgets.thumbnails import ThumbnailCache
    from engine.dataset.buckets import BucketSpec
    from engine.dataset.library import Library, Picture
    from engine.project.project import Project
    from engine.training.config import TrainRequest

side = 96
passing, staying = 0.04, 0.4
"""Seconds that a picture, or a large library, stays as it is before what takes long is made of it.
"""
BATCH_ASIDE = 0.1
"""Seconds that the counting of some captions waits at most for a user who is at work."""
_tokens = TokenCounts(TokenCounter().counts)


class OutlookPanel(Panel):
    """Follows the selection, the whole project and the settings of the next run.

    ``warning_chosen`` names a kind of :data:`app.dataset.outlook.kinds`; ``bucket_chosen`` carries
    the name of a bucket. :meth:`ids_of` says which pictures either is about.
    """

    warning_chosen = Signal(str)
    bucket_chosen = Signal(str)

    def __init__(self, state: DatasetState, thumbnails: ThumbnailCache) -> None:
        super().__init__("What training will see")
        self.state = state
        self.outlook: Outlook | None = None
        self.epoch = 1
        self.picture = PictureBox(side, checker=False)
        self._stand_in = StandIn(thumbnails, self._stand, self)
        self.facts = Facts()
        self.captions = CaptionDraws()
        self.bars = BucketBars()
        self.summary = label(size=11, tone="quiet", wrap=True)
        self.warnings = RowList()
        self.shuffle = tool_button(
            "shuffle", "Captions of the next epoch", self.next_epoch, dense=True
        )
        self.adjust = tool_button(
            "sliders-horizontal",
            "Settings of training",
            lambda: self.form.setVisible(self.adjust.isChecked()),
            True,
            dense=True,
        )
        self._ticket = 0
        self._stale = self._counting = False
        self._refused: StylekilnError | None = None
        self._one = asyncio.Lock()
        self._build()
        self._connect()

    @cached_property
    def form(self) -> OutlookForm:
        """The settings, made when they are first asked for."""
        made = OutlookForm(self.state.session)
        self.body.insertWidget(0, made)
        made.hide()
        return made

    def _build(self) -> None:
        self.add_action(self.adjust)
        self.add_action(self.shuffle)
        self.top = QWidget()
        row = QHBoxLayout(self.top)
        row.setContentsMargins(0, 0, 0, metrics.GAP)
        row.setSpacing(metrics.PAD)
        row.addWidget(self.picture)
        row.addWidget(self.facts, 1)
        box = QVBoxLayout()
        box.setContentsMargins(metrics.PAD, 0, metrics.PAD, metrics.GAP)
        box.setSpacing(4)
        for widget in (self.top, self.captions, self.bars, self.summary):
            box.addWidget(widget)
        self.body.addLayout(box)
        self.body.addWidget(self.warnings)

    def _connect(self) -> None:
        self.state.reloaded.connect(self.refresh)
        self.state.selection_changed.connect(self._show_picture)
        self.state.session.run_settings.changed.connect(self._settings_changed)
        self.warnings.chosen.connect(self.warning_chosen)
        self.bars.chosen.connect(lambda size: self.bucket_chosen.emit(dimensions(*size)))
        language_signals.changed.connect(self._say_again)

    def ids_of(self, key: str) -> frozenset[int]:
        """The pictures of a warning, or of a bucket by its name."""
        if self.outlook is None:
            return frozenset()
        named = {dimensions(*size): ids for size, ids in self.outlook.members.items()}
        return frozenset(self.outlook.warnings.get(key, named.get(key, ())))

    def next_epoch(self) -> None:
        """Draw the captions of the next epoch."""
        self.epoch += 1
        self._show_picture()

    def refresh(self) -> None:
        """Count again and bake again."""
        project = self.state.session.project
        shown = project is not None and bool(self.state.pictures)
        self.setVisible(shown)
        if shown:
            self._stale = True
            if not self._counting:
                self._counting = True
                self.state.session.start(self._count_again())
            self._show_picture()

    def _settings_changed(self, _by: object) -> None:
        self.refresh()

    def _say_again(self) -> None:
        self._say()
        if self.state.current is not None:
            self._show_picture()

    async def _count_again(self) -> None:
        """Count until nothing has changed meanwhile; of many pictures, once they stay as they are
        for a moment: it is the longest work there is.
        """
        try:
            while self._stale:
                while self._stale and len(self.state.pictures) > FEW:
                    self._stale = self.state.session.is_listing
                    await asyncio.sleep(staying)
                self._stale = False
                await self.state.session.calm.rest(STEP_ASIDE)
                await self._look_ahead()
        finally:
            self._counting = False

    async def _look_ahead(self) -> None:
        session = self.state.session
        if session.project is None:
            return  # it was left meanwhile
        try:
            request = request_of(session)
        except BadInputError:
            return  # the settings above say what is wrong; the numbers stay those of before
        pictures = list(self.state.pictures.values())
        project = session.project
        refused, found = None, None
        try:
            aside = partial(session.calm.wait, BATCH_ASIDE)
            spec = spec_of(session)
            found = await session.bridge.behind(_counted, pictures, request, spec, aside)
        except StylekilnError as error:
            refused = error  # a folder that is not there, or a share that leaves nothing
        if session.project is project:
            before, self.outlook, self._refused = self.outlook, found or self.outlook, refused
            self._say()
            if before is not None and found is not None and before.apart != found.apart:
                self._show_picture()

    def _say(self) -> None:
        if self._refused is not None:
            self.summary.setText(tr_error(self._refused))
        elif self.outlook is not None:
            self._tell(self.outlook)
        set_tone(self.summary, "error" if self._refused is not None else "quiet")

    def _tell(self, outlook: Outlook) -> None:
        parts = [tr("{n} train", n=number(outlook.train))]
        if outlook.held_out:
            parts.append(tr("{n} held out", n=number(outlook.held_out)))
        parts.append(tr("{n} step per epoch", "{n} steps per epoch", n=number(outlook.steps)))
        self.summary.setText(" · ".join(parts))
        self.warnings.set_rows(warning_rows(outlook))
        self._mark_bucket()

    def _mark_bucket(self) -> None:
        picture = self.state.current
        found = placed(picture, spec_of(self.state.session)) if picture is not None else None
        buckets = self.outlook.buckets if self.outlook is not None else ()
        hard = self.outlook.hard if self.outlook is not None else {}
        self.bars.set_buckets(buckets, found.bucket if found is not None else None, hard)

    def _show_picture(self) -> None:
        project, picture = self.state.session.project, self.state.current
        seen = picture is not None and project is not None and not picture.problem
        self.top.setVisible(seen)
        self.captions.setVisible(seen)
        self.shuffle.setEnabled(seen)
        if seen and picture is not None and project is not None:
            found = placed(picture, spec_of(self.state.session))
            fill = picture.recipe.fill or project.file.fill_of(picture.category)
            self.facts.tell(picture, found, fill_text(fill))
            self._stand_in.begin(picture)
            self._ticket += 1
            self.state.session.start(self._look(picture, self._ticket))
        self._mark_bucket()

    async def _look(self, picture: Picture, ticket: int) -> None:
        session = self.state.session
        project, library = session.project, session.library
        if project is None or library is None:
            return
        # Who walks on does not wait for what was passed: a large picture takes seconds.
        await asyncio.sleep(staying if len(self.state.pictures) > FEW else passing)
        async with self._one:
            if ticket == self._ticket:
                await self._look_at(picture, project, library, ticket)

    async def _look_at(
        self, picture: Picture, project: Project, library: Library, ticket: int
    ) -> None:
        session = self.state.session
        try:
            request = sound_request_of(session) or request_of(session)
            apart = self.outlook.apart if self.outlook is not None else NOTHING
            look = _Look(
                picture, self.state.pictures, project, library,
                request, spec_of(session), self.epoch, apart,
            )  # fmt: skip
            seen, texts = await session.bridge.io(look.take)
        except StylekilnError:
            seen, texts = None, []  # the preview above says why the file cannot be read
        if ticket == self._ticket:
            self.picture.set_picture(None if seen is None else seen.rgb)
            self.facts.tell_mask(None if seen is None else seen.learned)
            self.captions.tell(self.epoch, texts, picture)
            self._stand_in.end()

    def _stand(self, pixmap: QPixmap | None, _: Picture) -> None:
        """Another picture: until it is baked its thumbnail is shown, and no caption of before."""
        self.picture.set_picture(pixmap)
        self.facts.tell_mask(None)
        self.captions.wait()


class _Look(NamedTuple):
    picture: Picture
    pictures: Mapping[int, Picture]
    project: Project
    library: Library
    request: TrainRequest
    spec: BucketSpec
    epoch: int
    apart: SetApart

    def take(self) -> tuple[Seen | None, list[str]]:
        """The picture and its captions. Raises PictureError."""
        spec = self.spec
        pictures = [self.pictures[key] for key in self.library.order() if key in self.pictures]
        learned = chosen(pictures, self.request.categories)
        texts = draws(self.picture, learned, self.request, spec, self.epoch, self.apart)
        seen = looked_at(self.picture, self.project, spec, 2 * side, self.request)
        return seen, texts


def _counted(
    pictures: Sequence[Picture],
    request: TrainRequest,
    spec: BucketSpec,
    aside: Callable[[], object],
) -> Outlook:
    word = request.trigger_word

    def count(captions: Sequence[str]) -> list[int]:
        texts = [plain_caption(text, word, request) for text in captions]
        found = _tokens.of(texts, aside)
        _tokens.keep(texts)
        return found

    return outlook_of(pictures, request, spec, count)
