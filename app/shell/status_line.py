"""The status line: device, memory, project, running job and how far it is."""

from __future__ import annotations

import platform
import sys
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.i18n import bind
from app.i18n import signals as language_signals
from app.i18n.format import number, percent
from app.session import Session
from app.shell.jobs import is_live, line_of, title_of
from app.theme import color, metrics
from app.widgets.text import hairline, label
from engine.runtime.device import memory_in_use

if TYPE_CHECKING:
    from engine.project.project import Project
    from engine.runtime.job import JobHandle


class Meter(QWidget):
    """64x4: how much of something is used."""

    def __init__(self, token: str = "t3") -> None:
        super().__init__()
        self._part, self._token = 0.0, token
        self.setFixedSize(64, 12)

    def set_part(self, part: float) -> None:
        """Show ``part`` of the whole, 0 to 1."""
        if abs(part - self._part) > 0.002:
            self._part = part
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(QRectF(0, 4, 64, 4), color("g3"))
        painter.fillRect(QRectF(0, 4, 64 * min(1.0, self._part), 4), color(self._token))


class Dot(QWidget):
    """7 px: green when the engine is ready, quiet while it warms up."""

    def __init__(self) -> None:
        super().__init__()
        self.ready = False
        self.setFixedSize(QSize(7, 12))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color("ok" if self.ready else "t3"))
        painter.drawEllipse(QRectF(0, 2.5, 7, 7))


class StatusLine(QWidget):
    """26 px under everything. Reads memory once in two seconds, progress as it comes."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setProperty("surface", "chrome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(metrics.STATUS)
        self._dot = Dot()
        self._device, self._memory = _words(), _words()
        self._project, self._job, self._left = _words(), _words(), _words("quiet")
        self._meter, self._progress = Meter(), Meter("acc")
        self._device_text = bind(self._device.setText, "{name}", name=processor_name())
        self._memory_text = bind(self._memory.setText, "")
        self._project_text = bind(self._project.setText, "No project open")
        self._job_text = bind(self._job.setText, "Nothing is running")
        self._left_text = bind(self._left.setText, "")
        memory = label("Memory", size=11, tone="label")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(14, 0, 12, 0)
        self._row.setSpacing(0)
        self._group(self._dot, self._device)
        self._group(memory, self._meter, self._memory)
        self._group(self._project)
        self._group(self._job, self._progress, self._left, last=True)
        self._row.addStretch(1)
        self._progress.hide()
        self._timer = QTimer(self)
        self._timer.setInterval(2000)
        self._timer.timeout.connect(self.refresh)
        session.project_changed.connect(self._show_project)
        language_signals.changed.connect(self._row.activate)
        for signal in (session.job_added, session.job_changed, session.job_finished):
            signal.connect(self.show_jobs)

    def watch(self) -> None:
        """Start reading memory; called once the window has been painted."""
        self._timer.start()
        self.refresh()

    def refresh(self) -> None:
        """Read what the device and the memory say now."""
        used, total = memory_in_use()
        self._meter.set_part(used / total)
        self._memory_text.say(
            "{used} / {total} GB", used=number(used / 1e9, 1), total=number(total / 1e9, 1)
        )
        torch = sys.modules.get("torch")
        self._dot.ready = torch is not None and hasattr(torch, "cuda")
        self._dot.update()
        if torch is not None and hasattr(torch, "cuda") and torch.cuda.is_available():
            self._device_text.update(name=torch.cuda.get_device_name())

    def show_jobs(self, _: JobHandle | None = None) -> None:
        """Show the job that runs, or that none does."""
        live = [job for job in self._session.bridge.jobs if is_live(job)]
        started = [job for job in live if job.state != "queued"]
        # One that went in between is what moves.
        running = next((job for job in started if job.interactive), next(iter(started), None))
        self._progress.setVisible(running is not None)
        if running is None:
            self._job_text.say("Nothing is running")
            self._left_text.say("")
            return
        self._job_text.say("{title}", title=partial(title_of, running.request))
        self._progress.set_part(running.progress.fraction)
        waiting = len(live) - 1
        more = "{line}" if not waiting else "{line}, {n} waiting"
        self._left_text.say(more, line=partial(_line, running), n=waiting)
        self._row.activate()

    def _show_project(self, project: Project | None) -> None:
        if project is None:
            self._project_text.say("No project open")
        else:
            self._project_text.say("{name}", name=project.file.name)
            self._project.setToolTip(str(project.root))

    def _group(self, *widgets: QWidget, last: bool = False) -> None:
        for index, widget in enumerate(widgets):
            if index:
                self._row.addSpacing(6)
            self._row.addWidget(widget)
        if not last:
            rule = hairline("stage", vertical=True)
            rule.setFixedHeight(12)
            self._row.addSpacing(14)
            self._row.addWidget(rule)
            self._row.addSpacing(13)


def _line(running: JobHandle) -> str:
    return line_of(running) if running.progress.total else percent(0)


def processor_name() -> str:
    """The processor as the system calls it; a graphics card replaces it once torch has one."""
    if sys.platform == "linux":
        try:
            with open("/proc/cpuinfo", encoding="utf-8") as lines:
                for line in lines:
                    if line.startswith("model name"):
                        return " ".join(line.partition(":")[2].split())
        except OSError:
            return platform.machine()
    return platform.processor() or platform.machine()


def _words(tone: str = "label") -> QLabel:
    return label(size=11, tone=tone)
