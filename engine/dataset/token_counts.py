"""How many tokens a caption has, counted with the tokenizer of the model it is meant for.

The starter, SD 1.x, SD 2.x and both encoders of SDXL share one vocabulary, CLIP's byte pairs; the
copy that ships with the starter counts for all of them, as loading does. A diffusers folder whose
text encoder has a vocabulary of another size is counted with its own tokenizer.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.dataset.tokenizer_file import read_tokenizer
from engine.runtime.errors import ModelFileError
from engine.runtime.resources import resource

if TYPE_CHECKING:
    from collections.abc import Sequence

LIMITS = (75, 150, 225)
"""Tokens of one, two and three windows of the text encoder, without start and end marks."""
# One thread: it would take every core for the counting of many captions, and the window waits.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
CLIP = resource("starter", "tokenizer")
CLIP_VOCABULARY = 49408
_BATCH = 256  # lines at a time: what is found of one takes six kilobytes until it is counted


def tokenizer_folder(model: str) -> Path:
    """Where the tokenizer of ``model`` lies: a diffusers folder, a single file, or "starter"."""
    folder = Path(model)
    try:
        config = json.loads((folder / "text_encoder" / "config.json").read_text("utf-8"))
        own = int(config["vocab_size"]) != CLIP_VOCABULARY
    except (OSError, ValueError, KeyError, TypeError):
        return CLIP  # a single file, or a folder that loading will complain about
    return folder / "tokenizer" if own else CLIP


def read_clip() -> None:
    """Read CLIP's tokenizer, which is kept: two calls of 30 ms that keep the interpreter."""
    _tokenizer(CLIP)


def limit_for(tokens: int) -> int | None:
    """The smallest of :data:`LIMITS` that ``tokens`` fit, or None beyond the last."""
    return next((limit for limit in LIMITS if tokens <= limit), None)


class TokenCounter:
    """Counts tokens of captions, without start and end marks.

    Each line of a caption is a caption of its own, so that its longest line counts. Counting
    releases the interpreter: call it from a worker.
    """

    def __init__(self, folder: Path = CLIP) -> None:
        self._folder = folder

    def counts(self, captions: Sequence[str]) -> list[int]:
        """Tokens of each caption; this is what ``columns.TokenCounts`` asks for, which keeps the
        counts by text. Raises ModelFileError when the tokenizer cannot be read.
        """
        lines = [line for caption in captions for line in caption.split("\n")]
        tokenizer, lengths = _tokenizer(self._folder), list[int]()
        for start in range(0, len(lines), _BATCH):
            part = lines[start : start + _BATCH]
            found = tokenizer.encode_batch_fast(part, add_special_tokens=False)
            lengths += [len(one.ids) for one in found]
        sizes = iter(lengths)
        return [max(next(sizes) for _ in caption.split("\n")) for caption in captions]

    def count(self, caption: str) -> int:
        """Tokens of one caption."""
        return self.counts([caption])[0]

    def ids(self, text: str) -> list[int]:
        """The tokens of ``text``, without start and end marks."""
        found: list[int] = _tokenizer(self._folder).encode(text, add_special_tokens=False).ids
        return found

    def cut(self, line: str, limit: int = LIMITS[0]) -> int:
        """The place in ``line`` from which on a text encoder that reads ``limit`` tokens reads
        nothing; the length of the line when it fits.
        """
        offsets = _tokenizer(self._folder).encode(line, add_special_tokens=False).offsets
        return offsets[limit][0] if len(offsets) > limit else len(line)


@lru_cache(maxsize=4)
def _tokenizer(folder: Path) -> Any:
    from tokenizers import models

    whole = folder / "tokenizer.json"
    try:
        if whole.exists():
            return read_tokenizer(whole)
        return _clip_like(
            models.BPE.from_file(
                str(folder / "vocab.json"),
                str(folder / "merges.txt"),
                end_of_word_suffix="</w>",
                unk_token="<|endoftext|>",
            )
        )
    except Exception as error:  # the library raises plain Exception for whatever is wrong
        raise ModelFileError(
            "The tokenizer in {folder} cannot be read: {reason}.",
            remedy="Copy the model folder again from its source.",
            folder=folder,
            reason=error,
        ) from error


def _clip_like(model: Any) -> Any:
    """A tokenizer that prepares text as CLIP's does."""
    made = read_tokenizer(CLIP / "tokenizer.json")
    made.model = model
    return made
