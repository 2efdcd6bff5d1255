"""What the text encoder reads."""

from __future__ import annotations

from engine.runtime.schema import setting
from engine.training.settings.base import Settings


class CaptionSettings(Settings):
    """What the text encoder reads."""

    # fmt: off
    trigger_word: str = setting(
        "", label="Trigger word", group="Captions", level="simple",
        help="Put first in every caption and never shuffled; calls the style up later.")
    shuffle_caption: bool = setting(
        False, label="Shuffle captions", group="Captions", kohya="shuffle_caption",
        help="Mix the order of tags at every draw.")
    keep_tokens: int = setting(
        0, label="Keep first tags", group="Captions", unit="tags", kohya="keep_tokens",
        when="shuffle_caption", help="This many leading tags stay where they are.", ge=0, le=255)
    caption_dropout_rate: float = setting(
        0.0, label="Caption dropout", group="Captions", kohya="caption_dropout_rate",
        help="Share of draws that are learned without a caption.", ge=0, le=1)
    clip_skip: int = setting(
        1, label="Clip skip", group="Captions", kohya="clip_skip",
        help="Reads the text encoder this many layers before its end; 1 is the end.", ge=1, le=12)
    # fmt: on
