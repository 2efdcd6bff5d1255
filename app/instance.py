"""One window per user: a second start hands its folder to the window that is open, and leaves.

Two windows on one queue file would each call the other's running job "interrupted".
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QLockFile

_PATIENCE_MS = 2000


class Instance:
    """The claim to be the only window on the data folder ``home``."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._name = "stylekiln-" + hashlib.sha256(str(home).encode()).hexdigest()[:16]
        self._lock = QLockFile(str(home / "window.lock"))
        self._lock.setStaleLockTime(0)  # only a dead process makes it stale, never its age

    def claim(self) -> bool:
        """Whether this process is the first; a claim left by a killed process is taken over.
        Where no lock can be written nobody can be found, so the window opens.
        """
        with contextlib.suppress(OSError):
            self._home.mkdir(parents=True, exist_ok=True)
        return self._lock.tryLock(0) or self._lock.error() != QLockFile.LockError.LockFailedError

    def listen(self, opened: Callable[[list[str]], None]) -> None:
        """Call ``opened`` with the arguments of every later start."""
        from PySide6.QtNetwork import QLocalServer

        QLocalServer.removeServer(self._name)
        self._server = QLocalServer()
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)

        def accept() -> None:
            socket = self._server.nextPendingConnection()
            socket.readyRead.connect(lambda: opened(_arguments(bytes(socket.readLine().data()))))

        self._server.newConnection.connect(accept)
        self._server.listen(self._name)

    def hand_over(self, arguments: Sequence[str]) -> bool:
        """Give ``arguments`` to the window that is open; False when it does not answer."""
        from PySide6.QtNetwork import QLocalSocket

        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(_PATIENCE_MS):
            return False
        socket.write(json.dumps([str(a) for a in arguments]).encode() + b"\n")
        return socket.waitForBytesWritten(_PATIENCE_MS)

    def release(self) -> None:
        """Give the claim up."""
        self._lock.unlock()


def _arguments(line: bytes) -> list[str]:
    try:
        found = json.loads(line)
    except ValueError:  # not one of ours: another program may write to a local socket
        return []
    return [str(item) for item in found] if isinstance(found, list) else []
