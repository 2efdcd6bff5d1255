"""Files of a repository on the Hugging Face Hub, or on a mirror of it, ready to be downloaded."""

from __future__ import annotations

import os
import re
import urllib.parse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from engine.runtime.download import RemoteFile, read_json
from engine.runtime.errors import BadInputError, NetworkError
from engine.runtime.job import Job

HUB = "https://huggingface.co"
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")


def endpoint(chosen: str) -> str:
    """The address to download from, without a slash at its end. Raises BadInputError."""
    address = (chosen or os.environ.get("HF_ENDPOINT", "") or HUB).strip().rstrip("/")
    parts = urllib.parse.urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInputError(
            "{address} is no address to download from.",
            address=address,
            remedy="It begins with https://, such as {hub}.",
            hub=HUB,
        )
    return address


def hub_files(
    repo: str,
    needed: Callable[[set[str]], Iterable[str]],
    address: str,
    folder: Path,
    job: Job,
) -> list[RemoteFile]:
    """What of ``repo`` is ``needed`` of its names, small files first, with size and checksum.

    Every file is of the commit that was listed, so that an update meanwhile cannot mix versions.
    """
    listing = read_json(f"{address}/api/models/{repo}/revision/main?blobs=true", job)
    try:
        commit = str(listing["sha"])
        entries = {entry["rfilename"]: entry for entry in listing["siblings"]}
        base = f"{address}/{repo}/resolve/{urllib.parse.quote(commit, safe='')}"
        files = [
            _file(f"{base}/{urllib.parse.quote(name)}", folder / name, entries[name])
            for name in needed(set(entries))
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise NetworkError(
            "{host} did not answer as expected.",
            host=address,
            remedy="Check the download address in the settings.",
        ) from error
    return sorted(files, key=lambda file: file.size)


def _file(url: str, target: Path, entry: dict[str, Any]) -> RemoteFile:
    """``entry`` of the hub's list; large files are told by SHA-256, others by git's SHA-1."""
    large = entry.get("lfs")
    digest = f"sha256:{large['sha256']}" if large else f"git:{entry['blobId']}"
    kind, _, number = digest.partition(":")
    if not (_SHA256 if kind == "sha256" else _SHA1).fullmatch(number):
        raise ValueError(digest)
    return RemoteFile(url, target, int(entry["size"]), digest)
