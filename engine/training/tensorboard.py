"""Numbers for TensorBoard: its event files, written without its packages.

A file is a row of records: the length as uint64, its checksum as uint32, the data, the data's
checksum, all little-endian. A checksum is CRC-32C, turned by 15 bits and shifted by a constant. The
data is a protocol buffer of the type ``Event``.
"""

from __future__ import annotations

import itertools
import os
import platform
import struct
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from engine.runtime.files import storage_errors
from engine.training.config import TrainRequest
from engine.training.run_log import append_bytes

_numbers = itertools.count()


class EventFile:
    """One event file in ``folder``, which TensorBoard reads together with others that lie there.

    Every call writes whole records at once; nothing waits in memory. ``after`` is the step that the
    run goes on from: what others say of later ones is forgotten. Raises StorageError.
    """

    def __init__(self, folder: Path, after: int = 0) -> None:
        self._after = after
        name = f"events.out.tfevents.{time.time():.0f}.{platform.node()}.{os.getpid()}"
        self.path = Path(folder) / f"{name}.{next(_numbers)}"

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Add one point at ``step`` to each of the curves named."""
        with storage_errors(self.path):
            if not self.path.exists():
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._append(_event(0, _text(3, b"brain.Event:2")))
                if self._after:
                    # SessionLog = 7 with status = 1 (START).
                    self._append(_event(self._after + 1, _text(7, b"\x08\x01")))
            self._append(_event(step, _summary(values)))

    def _append(self, data: bytes) -> None:
        append_bytes(self.path, record(data))


def board_of(request: TrainRequest, run: Path, after: int = 0) -> EventFile | None:
    """Where ``request`` logs to: ``<logging_dir>/<log_prefix><date>/network_train`` as kohya's
    scripts do, or the run's own folder; None when it does not.
    """
    if request.log_with != "tensorboard":
        return None
    if not request.logging_dir:
        return EventFile(run / "tensorboard", after)
    name = f"{request.log_prefix}{datetime.now():%Y%m%d%H%M%S}"
    return EventFile(Path(request.logging_dir) / name / "network_train")


def record(data: bytes) -> bytes:
    """``data`` between its length and its checksums."""
    length = struct.pack("<Q", len(data))
    return length + _masked(length) + data + _masked(data)


def _event(step: int, what: bytes) -> bytes:
    # Event: wall_time = 1 (double), step = 2 (int64), then file_version = 3 or summary = 5.
    return b"\x09" + struct.pack("<d", time.time()) + b"\x10" + _varint(step) + what


def _summary(values: Mapping[str, float]) -> bytes:
    # Summary: repeated value = 1, each with tag = 1 (text) and simple_value = 2 (float).
    points = (
        _text(1, name.encode()) + b"\x15" + struct.pack("<f", _narrow(value))
        for name, value in values.items()
    )
    return _text(5, b"".join(_text(1, point) for point in points))


def _narrow(value: float) -> float:
    """``value`` within what four bytes can hold."""
    return max(-3.4e38, min(3.4e38, value)) if value == value else value


def _text(field: int, data: bytes) -> bytes:
    return bytes([field << 3 | 2]) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def _masked(data: bytes) -> bytes:
    checksum = crc32c(data)
    turned = (checksum >> 15 | checksum << 17) & 0xFFFFFFFF
    return struct.pack("<I", (turned + 0xA282EAD8) & 0xFFFFFFFF)


def crc32c(data: bytes) -> int:
    """The Castagnoli checksum of ``data`` (RFC 3720, appendix B.4)."""
    value = 0xFFFFFFFF
    for byte in data:
        value = _TABLE[(value ^ byte) & 255] ^ value >> 8
    return value ^ 0xFFFFFFFF


def _row(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value


_TABLE = [_row(number) for number in range(256)]
