"""What the text encoder reads."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ValidationInfo, field_validator

from engine.runtime.refusals import SettingError
from engine.runtime.schema import setting
from engine.training.settings.base import Settings


class CaptionRules(Settings):
    """How a caption is drawn. Folders of a dataset file may have rules of their own."""

    # fmt: off
    trigger_word: str = setting(
        "", label="Trigger word", group="Captions", level="simple",
        help="Put first in every caption and never shuffled; calls the style up later.")
    caption_prefix: str = setting(
        "", label="Caption prefix", group="Captions", kohya="caption_prefix",
        help="Put before every caption, with a space; separators are yours to write.")
    caption_suffix: str = setting(
        "", label="Caption suffix", group="Captions", kohya="caption_suffix",
        help="Put after every caption, with a space; separators are yours to write.")
    caption_separator: str = setting(
        ",", label="Tag separator", group="Captions", kohya="caption_separator", min_length=1,
        help="What stands between two tags in the caption files.")
    shuffle_caption: bool = setting(
        False, label="Shuffle captions", group="Captions", kohya="shuffle_caption",
        help="Mix the order of tags at every draw.")
    keep_tokens: int = setting(
        0, label="Keep first tags", group="Captions", unit="tags", kohya="keep_tokens",
        help="This many leading tags are never moved or dropped.", ge=0, le=255)
    keep_tokens_separator: str = setting(
        "", label="Keep separator", group="Captions", kohya="keep_tokens_separator",
        help="Tags before this mark in a caption are kept in place, and those after a second one; "
             "it replaces the count of kept tags. Usual is |||.")
    secondary_separator: str = setting(
        "", label="Second separator", group="Captions", kohya="secondary_separator",
        help="Tags joined by this mark stay together when tags are shuffled or dropped. "
             "Usual is ;;;.")
    enable_wildcard: bool = setting(
        False, label="Wildcards", group="Captions", kohya="enable_wildcard",
        help="Draw one of the lines of a caption file, and one of the words in {red|blue}.")
    caption_dropout_rate: float = setting(
        0.0, label="Caption dropout", group="Captions", kohya="caption_dropout_rate",
        help="Share of draws that are learned without a caption.", ge=0, le=1)
    caption_dropout_every_n_epochs: int = setting(
        0, label="Drop captions every", group="Captions", unit="epochs",
        kohya="caption_dropout_every_n_epochs", ge=0,
        help="Every so many epochs all pictures are learned without captions; 0 is off.")
    caption_tag_dropout_rate: float = setting(
        0.0, label="Tag dropout", group="Captions", kohya="caption_tag_dropout_rate",
        help="Share of tags left out of each draw; kept tags stay.", ge=0, le=1)
    token_warmup_step: float = setting(
        0.0, label="Tag warm-up", group="Captions", unit="steps", kohya="token_warmup_step",
        help="Tags are added one by one until this step; below 1 it is a share of the run, "
             "0 is off.", ge=0)
    token_warmup_min: int = setting(
        1, label="Tags at first", group="Captions", unit="tags", kohya="token_warmup_min",
        when="token_warmup_step", help="So many tags are read at the first step.", ge=0)
    # fmt: on

    @field_validator("secondary_separator")
    @classmethod
    def _two_separators(cls, value: str, info: ValidationInfo) -> str:
        if value and value == info.data.get("caption_separator"):
            raise SettingError("The second separator must differ from the tag separator.")
        return value


class CaptionSettings(CaptionRules):
    """How captions are drawn, and how the text encoder reads them."""

    # fmt: off
    max_token_length: Literal["75", "150", "225"] = setting(
        "75", label="Caption length", group="Captions", unit="tokens", kohya="max_token_length",
        help="So much of a caption is read; the rest is cut off.")
    no_token_padding: bool = setting(
        False, label="No token padding", group="Captions", kohya="no_token_padding",
        help="Captions are filled up only to the longest of a batch.")
    weighted_captions: bool = setting(
        False, label="Weighted captions", group="Captions", kohya="weighted_captions",
        help="Read (word:1.3) and [word] as emphasis; otherwise brackets are plain text.")
    clip_skip: int = setting(
        1, label="Clip skip", group="Captions", kohya="clip_skip",
        help="Reads the text encoder this many layers before its end; 1 is the end.", ge=1, le=12)
    # fmt: on

    @field_validator("max_token_length", mode="before")
    @classmethod
    def _length_as_number(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) else value
