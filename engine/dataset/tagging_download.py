"""The job behind DownloadCaptionerRequest: a known model from the Hugging Face Hub or a mirror."""

from __future__ import annotations

import os
import re
import urllib.parse
from pathlib import Path
from typing import Any

from engine.dataset.captioners import KNOWN, MODEL, TAGS, KnownCaptioner, known, recognize
from engine.dataset.tagging import DownloadCaptionerRequest
from engine.runtime.download import RemoteFile, download, read_json
from engine.runtime.errors import BadInputError, NetworkError
from engine.runtime.job import Job

HUB = "https://huggingface.co"
_PLAIN_NAME = re.compile(r"[\w][\w.-]*")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
_SIDE = (".json", ".txt")


def run(request: DownloadCaptionerRequest, job: Job) -> str:
    """Download the captioner and return its folder. Emits ``captioner.done`` {id, folder}.

    What has come stays when it is cancelled, and the next time goes on from there.
    """
    wanted = known(request.captioner)
    if wanted is None:
        raise BadInputError(
            "{id} is not a captioner that can be downloaded.",
            id=request.captioner,
            remedy="Choose one of: {ids}.",
            ids=", ".join(item.id for item in KNOWN),
        )
    folder = wanted.folder
    download(list_files(wanted, endpoint(request.endpoint), folder, job), job)
    recognize(folder)
    job.emit("captioner.done", id=wanted.id, folder=str(folder))
    return str(folder)


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


def list_files(wanted: KnownCaptioner, address: str, folder: Path, job: Job) -> list[RemoteFile]:
    """What of the repository is needed, small files first, with size and checksum of each.

    Every file is of the commit that was listed, so that an update meanwhile cannot mix versions.
    """
    listing = read_json(f"{address}/api/models/{wanted.repo}/revision/main?blobs=true", job)
    try:
        commit = str(listing["sha"])
        entries = {entry["rfilename"]: entry for entry in listing["siblings"]}
        base = f"{address}/{wanted.repo}/resolve/{urllib.parse.quote(commit, safe='')}"
        files = [
            _file(f"{base}/{urllib.parse.quote(name)}", folder / name, entries[name])
            for name in _needed(wanted, set(entries))
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise NetworkError(
            "{host} did not answer as expected.",
            host=address,
            remedy="Check the download address in the settings.",
        ) from error
    return sorted(files, key=lambda file: file.size)


def _needed(wanted: KnownCaptioner, names: set[str]) -> list[str]:
    """The files a captioner is made of. Weights come as safetensors where there are any."""
    if wanted.kind == "wd":
        return [MODEL, TAGS]
    plain = sorted(name for name in names if _PLAIN_NAME.fullmatch(name))
    weights = [name for name in plain if name.endswith(".safetensors")]
    if not weights:
        weights = ["pytorch_model.bin"]
    index = "model.safetensors.index.json"
    side = [name for name in plain if name.endswith(_SIDE) and ".bin." not in name]
    return [*weights, *(name for name in side if name != index or len(weights) > 1)]


def _file(url: str, target: Path, entry: dict[str, Any]) -> RemoteFile:
    """``entry`` of the hub's list; large files are told by SHA-256, others by git's SHA-1."""
    large = entry.get("lfs")
    digest = f"sha256:{large['sha256']}" if large else f"git:{entry['blobId']}"
    kind, _, number = digest.partition(":")
    if not (_SHA256 if kind == "sha256" else _SHA1).fullmatch(number):
        raise ValueError(digest)
    return RemoteFile(url, target, int(entry["size"]), digest)
