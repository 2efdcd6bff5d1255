"""What floats over the window: queue, notifications and palette, built when first opened."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from app.i18n import tr
from app.session import Session
from app.shell.commands import Commands
from app.shell.notices import Notices
from app.shell.picture_search import PictureSearch
from app.shell.setting_search import SettingSearch
from app.theme import metrics

if TYPE_CHECKING:  # imported when they are first opened
    from app.shell.notice_panel import NoticePanel
    from app.shell.palette import Found, Palette
    from app.shell.queue_panel import QueuePanel

RIGHT_GAP = 8
MOST_PICTURES = 8
MOST_SETTINGS = 6
PALETTE_LEAST = 480


class FloatingPanels:
    """One at a time; they close on Esc and stay at the right edge."""

    def __init__(
        self, window: QWidget, session: Session, notices: Notices, commands: Commands
    ) -> None:
        self._window, self._session = window, session
        self._notices, self._commands = notices, commands
        self._pictures = PictureSearch(session, window)
        self._settings = SettingSearch(session, window)

    @cached_property
    def queue(self) -> QueuePanel:
        """The queue's panel."""
        from app.shell.queue_panel import QueuePanel

        return QueuePanel(self._window, self._session)

    @cached_property
    def notice_panel(self) -> NoticePanel:
        """The list of what was said."""
        from app.shell.notice_panel import NoticePanel

        return NoticePanel(self._window, self._notices)

    @cached_property
    def palette(self) -> Palette:
        """The command palette."""
        from app.shell.palette import Palette

        made = Palette(self._window, self._commands.found_by_words, self._find)
        self._pictures.changed.connect(made.refresh)
        self._settings.changed.connect(made.refresh)
        return made

    def open_palette(self, search: QWidget) -> None:
        """Open the command palette in the place of the ``search`` field."""
        top = search.mapTo(self._window, QPoint(0, 0)).y() - 4
        wide = max(PALETTE_LEAST, search.width())
        self.palette.open_at(self._window.width() // 2, top, wide)

    def toggle_queue(self) -> None:
        """Open or close the queue."""
        self._hide_all(but="queue")
        self.queue.toggle(self._window.width() - RIGHT_GAP, metrics.BAR + 4)

    def toggle_notices(self) -> None:
        """Open or close the list of what was said."""
        self._hide_all(but="notice_panel")
        self.notice_panel.toggle(self._window.width() - RIGHT_GAP, metrics.BAR + 4)

    def hide_shown(self) -> bool:
        """Hide a panel that is open; whether there was one."""
        shown = [panel for panel in self._built().values() if panel.isVisible()]
        if shown:
            shown[0].hide()
        return bool(shown)

    def leave(self) -> None:
        """Close what is open: another workspace comes."""
        self._hide_all(but="")

    def follow_size(self) -> None:
        """Keep open panels at the right edge of the window."""
        for name, panel in self._built().items():
            if name != "palette" and panel.isVisible():
                panel.move(self._window.width() - RIGHT_GAP - panel.width(), metrics.BAR + 4)

    def _built(self) -> dict[str, QWidget]:
        """Those that were opened at least once, by their names here."""
        built = {name: vars(self).get(name) for name in ("palette", "queue", "notice_panel")}
        return {name: panel for name, panel in built.items() if panel is not None}

    def _hide_all(self, but: str) -> None:
        for name, panel in self._built().items():
            if name != but:
                panel.hide()

    def _find(self, text: str) -> list[Found]:
        """What is no action: settings of the next run, then pictures."""
        return [*self._find_settings(text), *self._find_pictures(text)]

    def _find_settings(self, text: str) -> list[Found]:
        from app.shell.palette import Found
        from app.widgets.row_list import Row

        return [
            Found(
                Row(f"setting.{item.name}", tr(item.label), icon="sliders-horizontal",
                    note=tr("Train")),
                partial(self._session.go, "train", setting=item.name),
            )
            for item in self._settings.find(text, most=MOST_SETTINGS)
        ]  # fmt: skip

    def _find_pictures(self, text: str) -> list[Found]:
        from app.shell.palette import Found
        from app.widgets.row_list import Row

        self._pictures.refresh()
        return [
            Found(
                Row(f"picture.{picture.id}", picture.name, icon="image", note=tr("Dataset")),
                partial(self._session.go, "dataset", picture=picture.id),
            )
            for picture in self._pictures.find(text, most=MOST_PICTURES)
        ]
