"""BLIP (Li et al., 2022, arXiv:2201.12086): one short sentence about a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PIL import Image
from transformers import BlipForConditionalGeneration, BlipProcessor

from engine.dataset.tagging import CaptionRequest
from engine.dataset.tagging_text import TextCaptioner


class Blip(TextCaptioner):
    """``request.opening`` are words that the sentence goes on from."""

    model_class = BlipForConditionalGeneration
    processor_class = BlipProcessor

    def _inputs(self, images: list[Image.Image], request: CaptionRequest) -> Mapping[str, Any]:
        opening = request.opening.strip()
        words = {"text": [opening] * len(images)} if opening else {}
        return {"images": images, **words}
