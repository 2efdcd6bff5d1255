"""The job behind DownloadCaptionerRequest: a known model from the Hugging Face Hub or a mirror."""

from __future__ import annotations

import re
from pathlib import Path

from engine.dataset.captioners import KNOWN, MODEL, TAGS, KnownCaptioner, known, recognize
from engine.dataset.tagging import DownloadCaptionerRequest
from engine.runtime.download import RemoteFile, download
from engine.runtime.errors import BadInputError
from engine.runtime.hub import endpoint, hub_files
from engine.runtime.job import Job

_PLAIN_NAME = re.compile(r"[\w][\w.-]*")
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


def list_files(wanted: KnownCaptioner, address: str, folder: Path, job: Job) -> list[RemoteFile]:
    """What of the repository is needed, small files first, with size and checksum of each."""
    return hub_files(wanted.repo, lambda names: _needed(wanted, names), address, folder, job)


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
