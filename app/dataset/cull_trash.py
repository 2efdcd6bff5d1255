"""Rejected files to the trash of the computer: asked in the window, done off its thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QVBoxLayout, QWidget

from app.i18n import bind, tr
from app.i18n.format import number
from app.theme import metrics
from app.trash import to_trash
from app.widgets.buttons import button
from app.widgets.text import label
from engine.dataset.captions import caption_path
from engine.dataset.side_masks import side_mask_path
from engine.runtime.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from PySide6.QtGui import QKeyEvent

    from app.dataset.model import DatasetState
    from engine.dataset.library import Library
    from engine.dataset.picture import Changes, Picture

WIDE = 520


@dataclass(frozen=True)
class Thrown:
    """What became of it: ``moved`` pictures, names of files that ``failed`` and are still there."""

    moved: int
    failed: tuple[str, ...]
    changes: Changes


class TrashPage(QWidget):
    """Shows what would go, by name. ``closed`` asks for the grid."""

    closed = Signal()

    def __init__(self, state: DatasetState) -> None:
        super().__init__()
        self.state = state
        self.session = state.session
        self.pictures: list[Picture] = []
        self.mover: Callable[[Path], bool] = taken
        self.title = label(size=15, weight=600, wrap=True)
        self.names = QListWidget()
        self.names.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        bind(self.names.setAccessibleName, "Files that go to the trash")
        self.keep = button("Keep the files", on=self.closed.emit)
        self.keep.show_shortcut("Escape")
        self.throw = button("Move to the trash", "trash-2", "primary", on=self._throw)
        self.setProperty("surface", "stage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._build()

    def _build(self) -> None:
        box = QWidget()
        box.setFixedWidth(WIDE)
        column = QVBoxLayout(box)
        column.setSpacing(metrics.PAD)
        column.addWidget(self.title)
        column.addWidget(
            label(
                "Their captions and masks go along. Put back from the trash, they are found "
                "again with their marks. Nothing else on disk is touched.",
                tone="label",
                wrap=True,
            )
        )
        column.addWidget(self.names, 1)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.keep)
        foot.addWidget(self.throw)
        column.addLayout(foot)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 44, 24, 44)
        outer.addWidget(box, 1, Qt.AlignmentFlag.AlignHCenter)

    def open(self) -> None:
        """Ask about all rejected pictures."""
        found = [p for p in self.state.pictures.values() if p.flag == "rejected"]
        self.pictures = sorted(found, key=lambda picture: str(picture.path))
        self.title.setText(
            tr(
                "Move {n} rejected picture to the trash?",
                "Move {n} rejected pictures to the trash?",
                n=len(found),
            )
        )
        self.names.clear()
        self.names.addItems([str(picture.path) for picture in self.pictures])
        self.throw.setEnabled(bool(found))
        self.keep.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _throw(self) -> None:
        now = self.state.pictures
        chosen = [p for p in self.pictures if p.id in now and now[p.id].flag == "rejected"]
        self.pictures = []
        if chosen and self.session.library is not None:
            self.session.start(self._thrown(chosen, self.session.library))
        self.closed.emit()

    async def _thrown(self, pictures: list[Picture], library: Library) -> None:
        stay = [p.path for p in self.state.pictures.values() if p.flag != "rejected"]
        done = await self.session.bridge.io(throw_away, pictures, stay, library, self.mover)
        self.session.pictures_changed.emit(done.changes.ids)
        if done.moved:
            self.session.notify(
                "Moved {n} rejected picture to the trash of this computer.",
                "Moved {n} rejected pictures to the trash of this computer.",
                n=number(done.moved),
            )
        if done.failed:
            self.session.notify(
                "{n} file could not be moved to the trash and is still there: {names}.",
                "{n} files could not be moved to the trash and are still there: {names}.",
                error=True,
                n=number(len(done.failed)),
                names=", ".join(done.failed[:3]) + (" …" if len(done.failed) > 3 else ""),
            )


def taken(path: Path) -> bool:
    """Whether the system took ``path`` into its trash."""
    try:
        to_trash(path)
    except StorageError:
        return False
    return True


def throw_away(
    pictures: Sequence[Picture],
    stay: Iterable[Path],
    library: Library,
    move: Callable[[Path], bool] = taken,
) -> Thrown:
    """Move pictures with their captions and masks to the trash, and forget them.

    A caption or mask that a picture in ``stay`` shares is left. What belongs to a picture goes
    only after it, so that a picture never stays without its caption. One that is elsewhere just
    now, on a drive or in a folder that was renamed, is left alone with what belongs to it.
    """
    shared = {path for one in stay for path in belongings(one)}
    moved, failed = [], []
    for picture in pictures:
        if not picture.path.exists():
            continue
        if not move(picture.path):
            failed.append(picture.path.name)
            continue
        moved.append(picture.id)
        own = [path for path in belongings(picture.path) if path not in shared and path.exists()]
        failed += [path.name for path in own if not move(path)]
    return Thrown(len(moved), tuple(failed), library.forget(moved))


def belongings(picture: Path) -> tuple[Path, Path]:
    """Files beside a picture that are about it: its caption and its mask."""
    return caption_path(picture), side_mask_path(picture)
