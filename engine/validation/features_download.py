"""The job behind DownloadExtractorRequest: a known model from the Hugging Face Hub or a mirror."""

from __future__ import annotations

from engine.runtime.download import download
from engine.runtime.errors import BadInputError
from engine.runtime.hub import endpoint, hub_files
from engine.runtime.job import Job
from engine.validation.features_catalogue import (
    CONFIG,
    KNOWN,
    PROCESSOR,
    WEIGHTS,
    DownloadExtractorRequest,
    known,
)

_NEEDED = (CONFIG, PROCESSOR, WEIGHTS)
# Only a model that reads prompts has these.
_TOKENIZER = (
    "merges.txt",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
)


def run(request: DownloadExtractorRequest, job: Job) -> str:
    """Download the extractor and return its folder. Emits ``extractor.done`` {id, folder}.

    What has come stays when it is cancelled, and the next time goes on from there. Raises
    BadInputError for an unknown one, NetworkError, MissingFileError, StorageError.
    """
    wanted = known(request.extractor)
    if wanted is None:
        raise BadInputError(
            "{id} is not an extractor that can be downloaded.",
            id=request.extractor,
            remedy="Choose one of: {ids}.",
            ids=", ".join(item.id for item in KNOWN),
        )
    address = endpoint(request.endpoint)
    download(hub_files(wanted.repo, _needed, address, wanted.folder, job), job)
    job.emit("extractor.done", id=wanted.id, folder=str(wanted.folder))
    return str(wanted.folder)


def _needed(names: set[str]) -> list[str]:
    """Weights and configs; of the tokenizer what there is. What is lacking the server will say."""
    return [*_NEEDED, *(name for name in _TOKENIZER if name in names)]
