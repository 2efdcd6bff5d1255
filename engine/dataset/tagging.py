"""Requests for automatic captions, and for the download of a model that writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import Field

from engine.runtime.job import Request
from engine.runtime.schema import setting

TagCategory = Literal["general", "character", "rating", "copyright", "artist", "meta"]


class CaptionRequest(Request):
    """Describe pictures of a project with a model and write what it says into their captions.

    Emits ``caption.done`` {id, text, probabilities} for each picture; ``text`` is the whole new
    caption, ``probabilities`` the model's likeliest tags (empty for one that writes sentences).
    """

    handler: ClassVar[str] = "engine.dataset.tagging_job:run"
    title_key: ClassVar[str] = "Write captions"
    project: str = setting(..., label="Project", help="The project folder.", level="simple")
    captioner: str = setting(
        ...,
        label="Model",
        level="simple",
        help="A folder with a WD tagger (model.onnx and selected_tags.csv), BLIP or Florence-2.",
    )
    pictures: tuple[int, ...] = Field((), description="Ids; none means all that are not rejected.")
    existing: Literal["skip", "append", "prepend", "replace"] = setting(
        "skip",
        label="Captions that are there",
        level="simple",
        help="Leave pictures that have a caption alone, add what is new at the end or at the "
        "start, or write a new caption.",
    )
    prefix: str = setting(
        "",
        label="Start with",
        level="simple",
        help="Put first in every caption that is written, such as a trigger word.",
    )
    shows: Literal["edited", "source"] = setting(
        "edited",
        label="The model sees",
        help="The picture with its crop and other edits, as training sees it, or the whole source.",
    )
    background: Literal["training", "white"] = setting(
        "training",
        label="Transparent parts",
        help="Filled as for training, or white.",
    )
    batch_size: int = setting(
        4,
        label="Pictures at a time",
        ge=1,
        le=64,
        help="More are faster on a graphics card; halved by itself when memory runs out.",
    )
    threshold: float = setting(
        0.35,
        label="Threshold",
        group="Tags",
        level="simple",
        ge=0.0,
        le=1.0,
        step=0.01,
        help="Tags that the model thinks less likely than this are left out.",
    )
    character_threshold: float = setting(
        0.85,
        label="Threshold for characters",
        group="Tags",
        level="simple",
        ge=0.0,
        le=1.0,
        step=0.01,
        help="The same for names of characters, which models guess too readily.",
    )
    cut: Literal["threshold", "gap"] = setting(
        "threshold",
        label="Where to cut",
        group="Tags",
        help="At the thresholds, or for each picture at the widest gap between two neighboring "
        "probabilities (maximum cut).",
    )
    categories: tuple[TagCategory, ...] = setting(
        ("general", "character"),
        label="Kinds of tags",
        group="Tags",
        help="Which kinds are written: general, character, rating, copyright, artist, meta.",
    )
    excluded: tuple[str, ...] = setting(
        (),
        label="Never write",
        group="Tags",
        help="Tags that are left out whatever the model says.",
    )
    replace_underscores: bool = setting(
        True,
        label="Spaces for underscores",
        group="Tags",
        help="Write long hair for long_hair; faces such as ^_^ stay as they are.",
    )
    detail: Literal["short", "detailed", "paragraph"] = setting(
        "detailed",
        label="Detail",
        group="Sentences",
        level="simple",
        help="How much Florence-2 writes.",
    )
    opening: str = setting(
        "",
        label="First words",
        group="Sentences",
        help="Words that BLIP goes on from, such as: a drawing of",
    )
    max_tokens: int = setting(
        128,
        label="Longest description",
        group="Sentences",
        unit="tokens",
        ge=4,
        le=1024,
        help="A description is cut there; a token is a short word or a part of one.",
    )
    beams: int = setting(
        3,
        label="Beams",
        group="Sentences",
        ge=1,
        le=16,
        help="How many wordings are followed at once; more are better and slower.",
    )


@dataclass(frozen=True)
class CaptionResult:
    """``count`` captions were written, ``skipped`` pictures left as they were. ``problems`` are
    sentences that say why, for all but those that had a caption already.
    """

    count: int
    skipped: int
    problems: tuple[str, ...]


class DownloadCaptionerRequest(Request):
    """Download a captioner, because the user asked for it. Nothing else uses the network."""

    handler: ClassVar[str] = "engine.dataset.tagging_download:run"
    title_key: ClassVar[str] = "Download {name}"
    captioner: str = setting(
        ..., label="Model", level="simple", help="The id of a captioner that can be downloaded."
    )
    endpoint: str = setting(
        "",
        label="Download from",
        help="A mirror of the Hugging Face Hub, such as https://hf-mirror.com. Empty means "
        "HF_ENDPOINT where that is set, else https://huggingface.co.",
    )

    @property
    def subject(self) -> str:
        """The name of the captioner."""
        from engine.dataset.captioners import known

        found = known(self.captioner)
        return found.label if found else self.captioner
