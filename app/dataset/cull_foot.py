"""The foot of the culling page: groups or pictures in a row, their order, and where one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.dataset.cull_strip import Card, CardStrip
from app.i18n import bind, tr
from app.i18n.format import number
from app.theme import metrics
from app.widgets.clear import keep_clear
from app.widgets.fields import Choice
from app.widgets.text import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.dataset.cull_state import CullState
    from app.widgets.thumbnails import ThumbnailCache
    from engine.dataset.cull_groups import Group


def match_name(kind: str) -> str:
    """What a kind of match is called in a sentence."""
    names = {
        "same": tr("same picture"),
        "softer": tr("softer copy"),
        "smaller": tr("smaller copy"),
        "turned": tr("turned copy"),
        "recolored": tr("other colors"),
    }
    return names[kind]


def pending_words(count: int) -> str:
    """That ``count`` decisions wait for the button that applies them."""
    one, many = "{n} decision is not applied yet.", "{n} decisions are not applied yet."
    return tr(one, many, n=count)


class CullFoot(QWidget):
    """Follows the culling state; a click on a card goes there."""

    def __init__(self, cull: CullState, thumbnails: ThumbnailCache) -> None:
        super().__init__()
        self.cull = cull
        keep_clear(self)
        self.setProperty("surface", "panel")
        self.title, self.words = label(weight=600), label(tone="quiet")
        self.pending = label(tone="warn")
        self.order = Choice([("found", "Order: found"), ("nearest", "Order: most alike first")])
        self.order.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        bind(self.order.setAccessibleName, "Order of the groups")
        self.strip = CardStrip(thumbnails)
        bind(self.strip.setAccessibleName, "Groups")
        head = QHBoxLayout()
        head.setSpacing(metrics.GAP)
        head.addWidget(self.title)
        head.addWidget(self.words)
        head.addWidget(self.pending)
        head.addStretch(1)
        head.addWidget(self.order)
        column = QVBoxLayout(self)
        column.setContentsMargins(metrics.PAD, 8, metrics.PAD, 2)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self.strip)
        self.order.changed.connect(lambda value: cull.set_order(str(value)))
        self.strip.chosen.connect(self._go)

    def refresh(self) -> None:
        """Show the cards anew."""
        pairs = self.cull.kind == "duplicate"
        self.title.setText(tr("Groups") if pairs else tr("Pictures"))
        self.order.setVisible(pairs)
        if pairs:
            deck = self.cull.deck
            left = len(deck.groups) - deck.counts()["decided"]
            cards = [self._card(group) for group in deck.groups]
            current = deck.groups.index(deck.current) if deck.current in deck.groups else -1
        else:
            sorting = self.cull.sorting
            done = len(sorting.marks)
            left = len(sorting.ids) - done
            cards = self._pictures(sorting.ids, sorting.marks)
            current = done if left else -1
        self.words.setText(tr("{n} left to decide", n=number(left)))
        self.pending.setText(pending_words(self.cull.decisions))
        self.pending.setVisible(bool(self.cull.decisions))
        self.strip.set_cards(cards, current)

    def _card(self, group: Group) -> Card:
        deck = self.cull.deck
        said = deck.answers(group)
        pair = deck.pair_of(group)
        first = said[0].left if said else pair.left.id
        members = sorted(group.pictures, key=lambda picture: picture.id != first)
        paths = tuple(picture.path for picture in members[:3])
        if not deck.is_decided(group):
            words = tr("distance {n}", n=group.distance)
            if deck.is_skipped(group):
                words = tr("skipped")
            if len(group.ids) > 2:
                words = tr("{n} pictures", n=len(group.ids))
            return Card(paths, words, "skip-forward" if deck.is_skipped(group) else "")
        gone = {one.right if one.answer == "left" else one.left for one in said if _won(one.answer)}
        going = tuple(picture.id in gone for picture in members[:3])
        return Card(paths, _verdict([one.answer for one in said]), "check", going)

    def _pictures(self, ids: list[int], marks: Sequence[str]) -> list[Card]:
        words = {"picked": tr("kept"), "rejected": tr("rejected"), "": tr("skipped")}
        signs = {"picked": "check", "rejected": "x", "": "skip-forward"}
        cards = []
        for place, key in enumerate(ids):
            picture = self.cull.pictures.get(key)
            if picture is None:
                continue
            if place < len(marks):
                mark = marks[place]
                going = (mark == "rejected",)
                cards.append(Card((picture.path,), words[mark], signs[mark], going))
            else:
                cards.append(Card((picture.path,), picture.path.name))
        return cards

    def _go(self, place: int) -> None:
        if self.cull.kind == "duplicate":
            self.cull.deck.go(self.cull.deck.groups[place])
            self.cull.changed.emit()


def _won(answer: str) -> bool:
    return answer in ("left", "right")


def _verdict(answers: list[str]) -> str:
    if len(answers) > 1:
        return tr("decided")
    names = {
        "left": tr("kept left"),
        "right": tr("kept right"),
        "both": tr("kept both"),
        "not-duplicates": tr("not duplicates"),
    }
    return names[answers[0]]
