"""Feature extractors that the application offers to download, and those that are there. Light."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from engine.project.settings import data_dir
from engine.runtime.errors import MissingFileError, ModelFileError
from engine.runtime.files import exists
from engine.runtime.job import Request
from engine.runtime.schema import setting

SSCD_PAGE = "https://github.com/facebookresearch/sscd-copy-detection"
"""Where SSCD's file is offered (``sscd_disc_mixup.torchscript.pt``, MIT): the user gets it there
and names it, because it lies on no hub that tells sizes and checksums."""
CONFIG, PROCESSOR, WEIGHTS = "config.json", "preprocessor_config.json", "model.safetensors"
KINDS = ("dinov2", "clip")
SCRIPTS = (".pt", ".ts", ".torchscript")
_LARGEST_CONFIG = 1 << 24


@dataclass(frozen=True)
class KnownExtractor:
    """A model that can be downloaded. ``repo`` is its place on the Hugging Face Hub, ``licence``
    that of its weights, ``megabytes`` about what comes, ``reads_prompts`` whether it also tells how
    prompts are followed.
    """

    id: str
    label: str
    repo: str
    licence: str
    megabytes: int
    reads_prompts: bool = False

    @property
    def folder(self) -> Path:
        """Where it lies once it is downloaded."""
        return downloads() / self.id


KNOWN = (
    KnownExtractor("dinov2-small", "DINOv2 Small", "facebook/dinov2-small", "Apache-2.0", 88),
    KnownExtractor("dinov2-base", "DINOv2 Base", "facebook/dinov2-base", "Apache-2.0", 346),
    KnownExtractor(
        "clip-vit-b-32",
        "CLIP ViT-B/32",
        "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
        "MIT",
        608,
        reads_prompts=True,
    ),
)
"""What the application offers to download."""


def known(extractor_id: str) -> KnownExtractor | None:
    """The downloadable extractor of that id."""
    return next((item for item in KNOWN if item.id == extractor_id), None)


def downloads() -> Path:
    """The folder that downloaded extractors go to; an SSCD file put there is found as well."""
    return data_dir() / "extractors"


def find_extractors(folders: Iterable[Path | str] = ()) -> list[Path]:
    """Extractors that are downloaded, or in ``folders`` or directly inside them, by name.

    They are told by their names and configs; whether one works, opening it tells.
    """
    found: dict[Path, Path] = {}
    for place in (downloads(), *map(Path, folders)):
        for path in (place, *_inside(place)):
            if _looks_right(path):
                found.setdefault(path.resolve(), path)
    return list(found.values())


def require_extractor(path: Path) -> Path:
    """``path`` as what :func:`find_extractors` would find, before work that takes long. Raises
    MissingFileError or ModelFileError; whether it works, opening it tells.
    """
    if not exists(path):
        raise MissingFileError(
            "The file {path} does not exist.", path=path, remedy="Check the path."
        )
    if not _looks_right(path):
        raise ModelFileError(
            "{name} is no model that compares pictures.",
            name=path.name,
            remedy="Choose a folder of DINOv2 or CLIP, or an SSCD file.",
        )
    return path


class DownloadExtractorRequest(Request):
    """Download an extractor, because the user asked for it."""

    handler: ClassVar[str] = "engine.validation.features_download:run"
    title_key: ClassVar[str] = "Download {name}"
    extractor: str = setting(
        ...,
        label="Model",
        level="simple",
        help="The id of an extractor that can be downloaded.",
    )
    endpoint: str = setting(
        "",
        label="Download from",
        help="A mirror of the Hugging Face Hub, such as https://hf-mirror.com. Empty means "
        "HF_ENDPOINT where that is set, else https://huggingface.co.",
    )

    @property
    def subject(self) -> str:
        """The name of the extractor."""
        found = known(self.extractor)
        return found.label if found else self.extractor


def _inside(place: Path) -> list[Path]:
    try:
        return sorted(place.iterdir())
    except OSError:  # missing or locked: it has none to offer
        return []


def _looks_right(path: Path) -> bool:
    try:
        if path.suffix.lower() in SCRIPTS:
            return path.is_file()
        if not (path / WEIGHTS).is_file() or not (path / PROCESSOR).is_file():
            return False
        with open(path / CONFIG, "rb") as stream:
            values = json.loads(stream.read(_LARGEST_CONFIG))
        return isinstance(values, dict) and values.get("model_type") in KINDS
    except (OSError, ValueError, RecursionError):
        return False
