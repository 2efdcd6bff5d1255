"""The settings that decide what training reads of a picture: the same as those of the next run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.dataset.outlook_settings import FIELDS, request_of
from app.i18n import tr_error
from app.widgets.form import SchemaForm
from app.widgets.text import label
from engine.runtime.errors import BadInputError
from engine.training.config import TrainRequest

if TYPE_CHECKING:
    from app.session import Session
    from engine.project.project import Project

label_width = 124
"""Pixels: the longest name of these settings is seen whole."""
smallest = 64
"""Pixels; a project is not looked at with less."""
_OTHERS = tuple(name for name in TrainRequest.model_fields if name not in FIELDS)


class OutlookForm(QWidget):
    """Buckets, captions, batch and seed. What is set here, Train uses too."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.form = SchemaForm(TrainRequest, "advanced", skip=_OTHERS)
        for row in self.form.rows.values():
            row.label.setFixedWidth(label_width)
        self.problem = label(size=11, tone="error", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.form)
        column.addWidget(self.problem)
        self.problem.hide()
        self.form.changed.connect(self._edited)
        session.run_settings.changed.connect(self._follow)
        session.project_changed.connect(self._follow)
        self._follow(None)

    def _follow(self, by: object) -> None:
        if by is not self:
            values = self.session.run_settings.next_values()
            self.form.set_values({name: values[name] for name in FIELDS if name in values})
            self._judge()

    def _edited(self, name: str) -> None:
        value: Any = self.form.values()[name]
        self.session.run_settings.put(self, **{name: value})
        request = self._judge()
        project = self.session.project
        size = request.size if request is not None and name == "resolution" else None
        if project is not None and size is not None and size[0] == size[1] >= smallest:
            self.session.start(self.session.bridge.io(_keep, project, size[0]))

    def _judge(self) -> TrainRequest | None:
        """The request when its settings agree; otherwise what is wrong is said."""
        try:
            request = request_of(self.session)
        except BadInputError as error:
            self.problem.setText(tr_error(error))
            self.problem.show()
            return None
        self.problem.hide()
        return request


def _keep(project: Project, resolution: int) -> None:
    """Make ``resolution`` the one the project is looked at with from now on."""
    if project.file.resolution != resolution:
        project.save(project.file.model_copy(update={"resolution": resolution}))
