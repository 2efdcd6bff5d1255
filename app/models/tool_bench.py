"""The work of the tools: sent to the engine, followed, and told when it has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engine.runtime.errors import JobCancelled

if TYPE_CHECKING:
    from app.models.tools import Tool
    from app.session import Session
    from engine.models.tools.requests import ToolRequest
    from engine.runtime.job import JobHandle


class ToolBench(QObject):
    """``done`` carries tool, request and result of what went well. ``ended`` carries the handle of
    any work, and what stopped it or None. A failure that no form waits for becomes a message.
    """

    done = Signal(object, object, object)
    ended = Signal(object, object)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self.session = session
        self._watched: JobHandle | None = None

    def begin(self, tool: Tool, request: ToolRequest) -> JobHandle:
        """Send ``request`` off. A short one goes between two steps of what runs."""
        handle = self.session.bridge.submit(request, interactive=not tool.is_long)
        self.session.start(self._follow(tool, request, handle))
        return handle

    def watch(self, handle: JobHandle | None) -> None:
        """A form waits for ``handle`` and tells itself what stops it; None: no form waits."""
        self._watched = handle

    async def _follow(self, tool: Tool, request: ToolRequest, handle: JobHandle) -> None:
        import asyncio

        try:
            result = await asyncio.wrap_future(handle)
        except asyncio.CancelledError:
            if not handle.cancel_asked:
                raise  # the window closes
            self.ended.emit(handle, JobCancelled())
        except Exception as error:  # whatever it is, the form must not wait for ever: it is told
            self._fail(handle, error)
        else:
            self.ended.emit(handle, None)
            self.done.emit(tool, request, result)

    def _fail(self, handle: JobHandle, error: Exception) -> None:
        watched = handle is self._watched
        self.ended.emit(handle, error)
        if not watched and not isinstance(error, JobCancelled):
            self.session.show_error(error)
