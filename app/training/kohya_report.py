"""The two parts of the report of an import, made when there is a first one."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.training.kohya_detail import ReportDetail
from app.training.kohya_page import ReportPage

if TYPE_CHECKING:
    from app.training.kohya_files import KohyaFiles
    from app.training.kohya_page import Taken
    from app.training.model import TrainState


class ReportParts(QObject):
    """``page`` for the stage and ``detail`` for the right column; they speak through this."""

    back_asked = Signal()
    go_asked = Signal(str)
    preset_asked = Signal()
    add_asked = Signal()

    def __init__(self, state: TrainState, files: KohyaFiles) -> None:
        super().__init__(files)
        self._state, self._files = state, files

    @cached_property
    def page(self) -> ReportPage:
        """The table, for the stage."""
        page = ReportPage(self._state)
        page.back_asked.connect(self.back_asked)
        page.undo_asked.connect(self._files.undo)
        page.save_asked.connect(self._files.ask_save_report)
        page.again_asked.connect(self._files.again)
        return page

    @cached_property
    def detail(self) -> ReportDetail:
        """What is said of the chosen row, for the right column."""
        detail = ReportDetail(self._state, self.page.table.lines)
        detail.go_asked.connect(self.go_asked)
        detail.preset_asked.connect(self.preset_asked)
        detail.fixes.add_asked.connect(self.add_asked)
        detail.export_asked.connect(lambda: self._files.ask_export())
        self.page.chosen.connect(detail.show_row)
        self.page.go_asked.connect(detail.go_to_field)
        self.page.table.copy_asked.connect(detail.copy_row)
        return detail

    def shown(self, taken: Taken) -> tuple[ReportPage, ReportDetail]:
        """Both, with what became of ``taken``."""
        page, detail = self.page, self.detail
        if page.taken is not taken:
            page.show_taken(taken)
        return page, detail
