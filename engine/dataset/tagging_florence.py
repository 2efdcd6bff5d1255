"""Florence-2 (Xiao et al., 2023, arXiv:2311.06242) as transformers has it: three lengths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PIL import Image
from transformers import Florence2ForConditionalGeneration, Florence2Processor

from engine.dataset.tagging import CaptionRequest
from engine.dataset.tagging_text import TextCaptioner

TASKS = {
    "short": "<CAPTION>",
    "detailed": "<DETAILED_CAPTION>",
    "paragraph": "<MORE_DETAILED_CAPTION>",
}
"""The task that each choice of ``CaptionRequest.detail`` asks for."""


class Florence(TextCaptioner):
    """``request.detail`` says how much is written."""

    model_class = Florence2ForConditionalGeneration
    processor_class = Florence2Processor

    def _inputs(self, images: list[Image.Image], request: CaptionRequest) -> Mapping[str, Any]:
        return {"images": images, "text": [TASKS[request.detail]] * len(images)}
