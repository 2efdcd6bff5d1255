"""The right column of Models: what is known about what is chosen, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from app.i18n import bind, tr
from app.i18n import signals as language_signals
from app.i18n.format import size
from app.models.about import AboutPanel, PictureStrip, UsePanel, UsesPanel
from app.models.approval_panel import ApprovalPanel
from app.models.check_panel import CheckPanel
from app.models.tool_bench import ToolBench
from app.models.tool_buttons import ToolsPanel
from app.models.tool_form import ToolForm
from app.models.tools import CHECK, EDIT, Tool
from app.models.unsaved import UnsavedForms
from app.models.uses import Told, Use
from app.models.weights import USUAL
from app.models.words import problem_of, title_of
from app.theme import icons, metrics
from app.widgets.buttons import button, tool_button
from app.widgets.panel import Column, note
from app.widgets.text import ElidedLabel, hairline
from app.widgets.thumbnails import ThumbnailCache
from engine.models.approvals import Approved
from engine.models.inspect import ModelInfo

WIDTH = 344


class Inspector(Column):
    """Empty until something is chosen. The form of a tool takes its place while one is used."""

    weight_changed = Signal(object, float)
    withdrawn = Signal(object)

    def __init__(self, bench: ToolBench, thumbnails: ThumbnailCache) -> None:
        super().__init__(WIDTH, "right")
        self._session, self._bench = bench.session, bench
        self._chosen: list[ModelInfo] = []
        self._library: Sequence[ModelInfo] = ()
        self._told = Told()
        self._weight = USUAL
        self.form: ToolForm | None = None
        self.unsaved = UnsavedForms(self)
        self.pictures = PictureStrip(thumbnails)
        self.about, self.use, self.uses = AboutPanel(), UsePanel(), UsesPanel()
        self.approval = ApprovalPanel()
        self.approval.withdrawn.connect(self._withdraw)
        self.tools, self.check = ToolsPanel(), CheckPanel(bench)
        self._lay_out()
        self.tools.asked.connect(self.open_tool)
        self.uses.asked.connect(self._open_use)
        self.use.changed.connect(self._set_weight)
        language_signals.changed.connect(self._show)
        self.show_models([], (), self._told, USUAL)

    def _lay_out(self) -> None:
        self.add_head(self._head())
        self._problem, self._problem_text = note("", "circle-alert", "error")
        self._hint, self._hint_text = note("", tone="quiet")
        self._hint_words = bind(self._hint_text.setText, "")
        self._known = QWidget()
        column = QVBoxLayout(self._known)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._lines: list[tuple[QWidget, QWidget]] = []
        for widget in (self.pictures, self._hint, self._problem):
            column.addWidget(widget)
        for words in (self._hint, self._problem):
            words.setContentsMargins(0, metrics.GAP, 0, metrics.GAP)
        for panel in (self.approval, self.about, self.use, self.check, self.tools, self.uses):
            line = hairline("panel")
            self._lines.append((line, panel))
            column.addWidget(line)
            column.addWidget(panel)
        self._forms = QVBoxLayout()
        self._forms.setContentsMargins(0, metrics.GAP, 0, 0)
        self.add(self._known, line=False)
        self.stack.insertLayout(1, self._forms)
        self._feet = QWidget()
        foot = QHBoxLayout(self._feet)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(metrics.GAP)
        self.run = button("Open its run", "flame", on=self._open_run)
        self.folder = button("Show in folder", "folder-open", on=self._open_folder)
        self.paint = button("Paint with it", "brush", "primary", on=self._paint)
        foot.addWidget(self.run)
        foot.addWidget(self.folder)
        foot.addWidget(self.paint, 1)
        self.add_foot(self._feet, 1)

    def _head(self) -> QWidget:
        head = QWidget()
        head.setFixedHeight(metrics.HEADER_TOP)
        self._title = ElidedLabel("", Qt.TextElideMode.ElideMiddle, size=12, weight=600)
        self.back = tool_button("arrow-left", "Back", self.close_tool)
        self.edit = tool_button("pencil", "Edit what it says…", lambda: self.open_tool(EDIT))
        self.show_folder = tool_button("folder-open", "Show in folder", self._open_folder)
        self.more = tool_button("ellipsis", "More", self._offer)
        line = QHBoxLayout(head)
        line.setContentsMargins(12, 0, 8, 0)
        line.setSpacing(metrics.GAP_ICONS)
        line.addWidget(self.back)
        line.addWidget(self._title, 1)
        for made in (self.edit, self.show_folder, self.more):
            line.addWidget(made)
        return head

    # What is shown

    def show_models(
        self, chosen: list[ModelInfo], library: Sequence[ModelInfo], told: Told, weight: float
    ) -> None:
        """Show what is known about ``chosen``; a form of other models is closed. Where words of the
        one that is chosen wait to be saved, they are shown again.
        """
        other = [info.path for info in chosen] != [info.path for info in self._chosen]
        if other:
            self.close_tool()
        self._chosen, self._library = chosen, library
        self._told, self._weight = told, weight
        waiting = self.unsaved.form_of(chosen[0].path) if other and len(chosen) == 1 else None
        if waiting is not None:
            self._show_form(waiting)
        self._show()

    @property
    def info(self) -> ModelInfo | None:
        """The model that is shown, when it is one."""
        return self._chosen[0] if len(self._chosen) == 1 else None

    def _show(self) -> None:
        info = self.info
        usable = info is not None and not info.problem
        self._show_head()
        self._known.setVisible(self.form is None)
        self.pictures.show_pictures(self._told.pictures if info is not None else [])
        self._say_hint()
        self._problem.setVisible(bool(info and info.problem))
        self._problem_text.setText(problem_of(info) if info else "")
        if info is not None and usable:
            self.about.show_model(info)
            self.use.show_model(info, self._weight)
        self.check.show_model(info if usable else None)
        self.tools.show_models(self._chosen)
        self.uses.show_uses(self._told.uses if usable else [])
        self.about.setVisible(usable)
        self.approval.show_approval(self._told.approval if usable else None)
        self.use.setVisible(usable)
        # The head has a line of its own.
        first = self.pictures.isHidden() and self._hint.isHidden() and self._problem.isHidden()
        for line, panel in self._lines:
            line.setVisible(not panel.isHidden() and not first)
            first = first and panel.isHidden()
        self._show_foot(usable)

    def _show_head(self) -> None:
        info = self.info
        one = info is not None and self.form is None
        self.back.setVisible(self.form is not None)
        lora = info is not None and info.kind == "lora" and not info.problem
        self.edit.setVisible(one and lora)
        self.show_folder.setVisible(one)
        self.more.setVisible(one)
        if self.form is not None:
            self._title.setText(tr(self.form.tool.title))
        elif info is not None:
            self._title.setText(title_of(info))
        else:
            self._title.setText(tr("{n} models", n=len(self._chosen)) if self._chosen else "")

    def _say_hint(self) -> None:
        self._hint.setVisible(self.info is None)
        if not self._chosen:
            self._hint_words.say("Choose a model to see what is known about it.")
        elif len(self._chosen) > 1:
            total = size(sum(info.bytes for info in self._chosen))
            self._hint_words.say("{size} together.", size=total)

    def _show_foot(self, usable: bool) -> None:
        self._feet.setVisible(self.form is None)
        has_run = usable and bool(self._told.run)
        self.run.setVisible(has_run)
        self.folder.setVisible(self.info is not None and not has_run)
        self.paint.setVisible(usable)
        shown = self.form is not None or self.info is not None
        self._foot.setVisible(shown)
        self._foot_line.setVisible(shown)

    # Tools

    def open_tool(self, tool: Tool) -> None:
        """Show the form of ``tool`` for what is chosen; a check needs none."""
        if tool is CHECK:
            self.check.start()
            self._show()
            return
        self.close_tool()
        waiting = self.unsaved.form_of(self._chosen[0].path) if tool is EDIT else None
        form = waiting or self._new_form(tool)
        self._show_form(form)
        self._show()
        form.setFocus(Qt.FocusReason.OtherFocusReason)
        form.focusNextChild()

    def _new_form(self, tool: Tool) -> ToolForm:
        form = ToolForm(self._bench, tool, self._chosen, self._library)
        self.unsaved.follow(form)
        form.closed.connect(lambda: self._end(form))
        self._forms.addWidget(form)
        self.add_foot(form.foot, 1)
        return form

    def _show_form(self, form: ToolForm) -> None:
        self.form = form
        self._bench.watch(form.handle)
        for widget in (form, form.foot):
            widget.show()

    def close_tool(self) -> None:
        """Show again what is known; work goes on, and words that are not saved wait."""
        if self.form is None:
            return
        form, self.form = self.form, None
        self._bench.watch(None)
        for widget in (form, form.foot):
            widget.hide()
            if not self.unsaved.holds(form):
                widget.deleteLater()
        self._show()

    def _end(self, form: ToolForm) -> None:
        """Nobody needs ``form`` any more, whether it is shown or waits."""
        if form is self.form:
            self.close_tool()
        else:
            form.foot.deleteLater()
            form.deleteLater()

    # What can be done

    def _set_weight(self, value: float) -> None:
        self._weight = value
        if self.info is not None:
            self.weight_changed.emit(self.info, value)

    def _withdraw(self) -> None:
        if self.info is not None and self._told.approval is not None:
            self.withdrawn.emit(Approved(self.info.path, self._told.approval))

    def _open_folder(self) -> None:
        if self.info is not None:
            place = self.info.path if self.info.path.is_dir() else self.info.path.parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(place)))

    def _open_run(self) -> None:
        self._session.go("train", run=self._told.run)

    def _open_use(self, use: Use) -> None:
        if use.kind == "run":
            self._session.go("train", run=use.place)
        elif use.kind == "canvas":
            self._session.go("canvas", document=use.place)
        else:
            self._session.go("validate")

    def _offer(self) -> None:
        info = self.info
        if info is None:
            return
        menu = QMenu(self)
        clipboard = QGuiApplication.clipboard()
        path = menu.addAction(icons.icon("copy", 14), tr("Copy the path"))
        path.triggered.connect(lambda: clipboard.setText(str(info.path)))
        known = info.metadata.get("sshs_model_hash", "")
        if known:
            whole = menu.addAction(icons.icon("hash", 14), tr("Copy the hash"))
            whole.triggered.connect(lambda: clipboard.setText(known))
        if info.kind == "lora" and not info.problem:
            look = menu.addAction(icons.icon("grid-3x3", 14), tr("Look at it in Validate"))
            look.triggered.connect(lambda: self._session.go("validate", files=(str(info.path),)))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def _paint(self) -> None:
        if self.info is None:
            return
        if self.info.kind == "lora":
            self._session.go("canvas", loras=((str(self.info.path), self._weight),))
        else:
            self._session.go("canvas", model=self.info.ref)
