"""The stage of the culling page: a pair, one picture, or the sentence that nothing is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QStackedWidget

from app.dataset.cull_column import kind_name
from app.dataset.cull_foot import match_name
from app.dataset.cull_pair import PairStage
from app.dataset.cull_pictures import CullPictures
from app.dataset.cull_runs import TrainedRuns
from app.dataset.cull_single import SingleStage
from app.i18n import tr
from app.i18n.format import number
from app.widgets.buttons import button
from app.widgets.states import EmptyState
from engine.dataset.thresholds import CULL_KINDS

if TYPE_CHECKING:
    from app.dataset.cull_bars import CullBar
    from app.dataset.cull_state import CullState
    from engine.dataset.picture import Picture
    from engine.dataset.thresholds import Kind

AHEAD = 3
"""Pairs, or pictures, that are decoded before they are asked for."""


class CullStages(QStackedWidget):
    """Follows what is to be decided, says where that is in ``bar``, and decodes what comes next."""

    def __init__(self, cull: CullState, bar: CullBar) -> None:
        super().__init__()
        self.cull, self.state, self.bar = cull, cull.state, bar
        self.pixels = CullPictures(cull.session)
        self.runs = TrainedRuns(cull.session)
        self.pair = PairStage(self.pixels, self.runs)
        self.single = SingleStage(self.pixels, self.runs)
        self.done_button = button("Apply the decisions", "check", "primary")
        self.nothing = EmptyState("copy-check", "Nothing to decide", "", self.done_button)
        for page in (self.pair, self.single, self.nothing):
            self.addWidget(page)

    def refresh(self) -> None:
        """Show what is to be decided now."""
        self.pair.name_buttons()
        if self.cull.survey is None:
            self.nothing.say("Comparing pictures", "This takes a moment after pictures were added.")
            self._show_nothing()
        elif self.cull.kind == "duplicate":
            self._show_pair()
        else:
            self._show_single()

    def _show_pair(self) -> None:
        cull = self.cull
        pair = cull.deck.pair
        if pair is None:
            self._say_done()
            return
        place = cull.deck.groups.index(pair.group) + 1
        total = len(cull.deck.groups)
        self.bar.title.setText(tr("Group {n} of {total}", n=number(place), total=number(total)))
        bits = cull.survey.bits_between(pair.left, pair.right) if cull.survey else 0
        words = tr("{kind}, distance {n} of 64", kind=match_name(pair.group.kind), n=number(bits))
        if pair.total > 1:
            words += " · " + tr(
                "pair {n} of {total} in this group", n=number(pair.number), total=number(pair.total)
            )
        self.bar.words.setText(words)
        self.setCurrentWidget(self.pair)
        turn = cull.turn_of(pair.left, pair.right)
        self.pair.show_pair(pair, turn, cull.deck.rule.criterion)
        self._fetch_pairs()

    def _fetch_pairs(self) -> None:
        deck = self.cull.deck
        place = deck.groups.index(deck.current) + 1 if deck.current in deck.groups else 0
        coming = [g for g in deck.groups[place:] if g in deck.open][:AHEAD]
        for group in [deck.current, *coming]:
            if group is None:
                continue
            keeper = deck.pair_of(group).left
            others = [picture for picture in group.pictures if picture.id != keeper.id][:AHEAD]
            self.pixels.prefetch(
                [(keeper, 0), *((p, self.cull.turn_of(keeper, p)) for p in others)]
            )

    def _show_single(self) -> None:
        sorting = self.cull.sorting
        picture = self.state.pictures.get(sorting.current) if sorting.current else None
        if picture is None:
            self._say_done()
            return
        place = sorting.ids.index(picture.id)
        total = number(len(sorting.ids))
        self.bar.title.setText(kind_name(self.cull.kind))
        self.bar.words.setText(tr("{n} of {total}", n=number(place + 1), total=total))
        self.setCurrentWidget(self.single)
        self.single.show_picture(picture, self._found(picture))
        coming = [
            self.state.pictures.get(key) for key in sorting.ids[place + 1 : place + 1 + AHEAD]
        ]
        self.pixels.prefetch((one, 0) for one in coming if one is not None)

    def _found(self, picture: Picture) -> str:
        """What was measured, and where the limit is."""
        survey, kind, limits = self.cull.survey, self.cull.kind, self.cull.limits
        value = survey.measure_of(kind, picture.id, limits) if survey else None
        if survey is None or value is None:
            return ""
        limit = survey.limit(kind, limits)
        if kind == "too-small":
            facts = {"n": number(value), "limit": number(limit)}
            return tr("{n} pixel, less than {limit}", "{n} pixels, less than {limit}", **facts)
        digits = 1 if kind == "unusual-shape" else 2
        facts = {"value": number(value, digits), "limit": number(limit, digits)}
        if kind == "blurred":
            return tr("Sharpness {value}, below {limit}", **facts)
        if kind == "unusual-shape":
            return tr("{value} times as long as wide, above {limit}", **facts)
        return tr("{value} from the middle of its category, above {limit}", **facts)

    def _say_done(self) -> None:
        self.bar.title.setText(kind_name(self.cull.kind))
        self.bar.words.setText("")
        if self.cull.decisions:
            self.nothing.say(
                "Everything is decided",
                "Nothing is written yet. Rejected pictures leave the training set, and their "
                "files stay on disk.",
            )
            self.done_button.setText(tr("Apply the decisions"))
        elif (kind := self.next_kind) is not None:
            name = kind_name(kind)
            self.nothing.say(
                "Nothing more to decide here", "Other suggestions are left: {kind}.", kind=name
            )
            self.done_button.setText(tr("Go on to {kind}", kind=name))
        else:
            self.nothing.say(
                "Nothing to decide",
                "By these thresholds nothing is left. Move one at the right to look further.",
            )
            self.done_button.setText(tr("Back to grid"))
        self._show_nothing(button=True)

    @property
    def next_kind(self) -> Kind | None:
        """The next kind, round the end, that has suggestions, where this one has none."""
        place = CULL_KINDS.index(self.cull.kind) + 1
        others = (*CULL_KINDS[place:], *CULL_KINDS[: place - 1])
        return next((kind for kind in others if self.cull.kind_counts.get(kind)), None)

    def _show_nothing(self, *, button: bool = False) -> None:
        self.done_button.setVisible(button)
        self.setCurrentWidget(self.nothing)
