"""Downloads that can be cut off: they go on where they stopped, and nothing unchecked is kept.

Only a job that the user started calls this. What has come so far lies beside the target under a
name that holds its checksum, so that it is never continued with another version of the file.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import math
import os
import shutil
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from engine.runtime.errors import MissingFileError, NetworkError, StorageError
from engine.runtime.files import storage_errors

if TYPE_CHECKING:
    from engine.runtime.job import Job

_CHUNK = 1 << 18
_TIMEOUT = 15.0  # seconds without a single byte
_ATTEMPTS = 4  # in a row that brought nothing
_LARGEST_ANSWER = 1 << 24  # bytes of a list of files
_CUT = (OSError, http.client.HTTPException)  # URLError, timeouts and resets are OSErrors


@dataclass(frozen=True)
class RemoteFile:
    """A file to fetch. ``size`` in bytes. ``digest`` is ``sha256:…`` or ``git:…`` (the SHA-1 git
    gives the content), empty when only the size is known.
    """

    url: str
    target: Path
    size: int
    digest: str = ""


class _Refused(Exception):
    """The server answered, and trying again will not change what it says."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def download(files: Sequence[RemoteFile], job: Job) -> None:
    """Fetch ``files`` in order; those that are there with the right size are not fetched again.

    Progress is in megabytes. A cut connection is taken up again. After an error or a cancel the
    next call goes on where this one stopped. Raises NetworkError, MissingFileError for what the
    server does not have, and StorageError.
    """
    lacking = [file for file in files if _size(file.target) != file.size]
    total = sum(file.size for file in lacking)
    _check_room(lacking)
    before = 0
    for file in lacking:

        def report(done: int, file: RemoteFile = file, before: int = before) -> None:
            job.breathe()
            come, wanted = math.ceil((before + done) / 1e6), math.ceil(total / 1e6)
            job.progress(come, wanted, "Download {name} (MB)", name=file.target.name)

        _fetch(file, report)
        before += file.size


def read_json(url: str, job: Job) -> Any:
    """What ``url`` answers, as JSON. Raises NetworkError, or MissingFileError when it is not
    there.
    """
    attempt = 0
    while True:
        job.breathe()
        try:
            with _opened(url, {}) as answer:
                return json.loads(answer.read(_LARGEST_ANSWER))
        except _Refused as error:
            raise _refusal(url, error) from error
        except ValueError as error:
            raise NetworkError(
                "{host} did not answer as expected.",
                host=_host(url),
                remedy="Check the download address in the settings.",
            ) from error
        except _CUT as error:
            attempt += 1
            if attempt == _ATTEMPTS:
                raise _unreachable(url, error) from error
            _wait(attempt, job.breathe)


def _fetch(file: RemoteFile, report: Callable[[int], None]) -> None:
    part = _part(file)
    with storage_errors(part):
        part.parent.mkdir(parents=True, exist_ok=True)
    resumed = 0 < _size(part) <= file.size
    _fill(file, part, report)
    if not _is_right(file, part):
        part.unlink()
        if not resumed:
            raise _damaged(file)
        _fill(file, part, report)  # the part of an earlier day was bad, or the server changed
        if not _is_right(file, part):
            part.unlink()
            raise _damaged(file)
    with storage_errors(file.target):
        os.replace(part, file.target)


def _fill(file: RemoteFile, part: Path, report: Callable[[int], None]) -> None:
    """Bring ``part`` to its full size, over as many connections as it takes."""
    attempt = 0
    while (have := _size(part)) != file.size:
        report(max(have, 0))
        if have > file.size:
            part.unlink()
            have = 0
        try:
            _receive(file, part, max(have, 0), report)
            cause: Exception = ConnectionError("the connection was closed")
        except _Refused as error:
            if error.status != 416 or have <= 0:
                raise _refusal(file.url, error) from error
            cause = error  # the server's file ends before ours goes on
            part.unlink()
        except _CUT as error:
            cause = error
        attempt = 0 if _size(part) > have else attempt + 1
        if attempt == _ATTEMPTS:
            raise _unreachable(file.url, cause) from cause
        if _size(part) != file.size:
            _wait(attempt, lambda: report(max(_size(part), 0)))
    report(file.size)


def _receive(file: RemoteFile, part: Path, have: int, report: Callable[[int], None]) -> None:
    """One connection: append what it brings to ``part``, from the byte ``have`` on."""
    headers = {"Range": f"bytes={have}-"} if have else {}
    with _opened(file.url, headers) as answer:
        goes_on = answer.status == 206 and _starts_at(answer) == have
        with storage_errors(part):
            stream = open(part, "ab" if goes_on else "wb")  # noqa: SIM115
        with stream:
            done = have if goes_on else 0
            while chunk := answer.read1(_CHUNK):
                done += len(chunk)
                if done > file.size:
                    raise _damaged(file)
                _write(stream, part, chunk)
                report(done)
            with storage_errors(part):
                stream.flush()
                os.fsync(stream.fileno())


def _write(stream: BinaryIO, part: Path, chunk: bytes) -> None:
    with storage_errors(part):
        stream.write(chunk)
        stream.flush()


@contextlib.contextmanager
def _opened(url: str, headers: dict[str, str]) -> Iterator[Any]:
    asked = {"User-Agent": "Stylekiln", "Accept-Encoding": "identity", **headers}
    request = urllib.request.Request(url, headers=asked)
    try:
        answer = urllib.request.urlopen(request, timeout=_TIMEOUT, context=_trusted())
    except urllib.error.HTTPError as error:
        error.close()
        if error.code >= 500 or error.code in (408, 429):
            raise ConnectionError(f"{error.code} {error.reason}") from error
        raise _Refused(error.code) from error
    with answer:
        yield answer


def _trusted() -> ssl.SSLContext:
    """The system's certificates, and certifi's for a Python that finds none."""
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _starts_at(answer: Any) -> int:
    told = answer.headers.get("Content-Range", "")
    start = told.removeprefix("bytes ").partition("-")[0]
    return int(start) if start.isdigit() else -1


def _is_right(file: RemoteFile, part: Path) -> bool:
    kind, _, wanted = file.digest.partition(":")
    if not wanted:
        return True
    found = hashlib.sha256() if kind == "sha256" else hashlib.sha1(b"blob %d\0" % file.size)
    with open(part, "rb") as stream:
        while chunk := stream.read(1 << 20):
            found.update(chunk)
    return found.hexdigest() == wanted.lower()


def _part(file: RemoteFile) -> Path:
    version = file.digest.partition(":")[2][:12] or str(file.size)
    return file.target.with_name(f"{file.target.name}.{version}.part")


def _size(path: Path) -> int:
    """Bytes of a file, -1 without one."""
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _check_room(files: Sequence[RemoteFile]) -> None:
    """Say that the disk is too small before an hour of downloading, not after it."""
    if not files:
        return
    place = files[0].target.parent
    while not place.exists():
        place = place.parent
    needed = sum(file.size - max(_size(_part(file)), 0) for file in files)
    with storage_errors(place):
        free = shutil.disk_usage(place).free
    if needed > free:
        raise StorageError(
            "The download needs {needed} MB; {free} MB are free in {place}.",
            needed=f"{needed / 1e6:.0f}",
            free=f"{free / 1e6:.0f}",
            place=place,
            remedy="Free some space and try again.",
        )


def _wait(attempt: int, breathe: Callable[[], None]) -> None:
    """Give the network a moment, longer each time, but hear a cancel."""
    until = time.monotonic() + 0.25 * 2**attempt
    while time.monotonic() < until:
        breathe()
        time.sleep(0.05)


def _host(url: str) -> str:
    return urllib.request.Request(url).host or url


def _refusal(url: str, error: _Refused) -> MissingFileError | NetworkError:
    if error.status in (404, 410):
        return MissingFileError(
            "{host} does not have {name}.",
            host=_host(url),
            name=url.rpartition("/")[2],
            remedy="Check the download address in the settings.",
        )
    return NetworkError(
        "{host} refuses the download (status {status}).",
        host=_host(url),
        status=error.status,
        remedy="Try again later, or choose a mirror in the settings.",
    )


def _unreachable(url: str, error: Exception) -> NetworkError:
    return NetworkError(
        "{host} cannot be reached: {reason}.",
        host=_host(url),
        reason=str(getattr(error, "reason", "") or error).rstrip("."),
        remedy="Check the connection, or choose a mirror in the settings; "
        "what has come so far is kept.",
    )


def _damaged(file: RemoteFile) -> NetworkError:
    return NetworkError(
        "What came for {name} is not the file that was announced.",
        name=file.target.name,
        remedy="Try again, or choose another mirror in the settings.",
    )
