"""Planted comparisons: what a LoRA should do with a prompt whose right answer is known.

A thing it never saw must come in the style, a thing it was trained on must not come back as its
training picture, the trigger word alone must give different things, and without the trigger word
the base model must be left alone.
"""

from __future__ import annotations

from typing import Literal

PromptKind = Literal["seen", "unseen", "trigger", "off"]
"""What a prompt asks for: a caption of the training, another subject, the trigger word alone, or a
subject without the trigger word."""
KINDS: tuple[PromptKind, ...] = ("unseen", "seen", "trigger", "off")
