"""How many tokens a caption has, counted with the tokenizer that ships with the starter model.

All Stable Diffusion families use this vocabulary, so that the number holds for them too.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from engine.models.family import STARTER_FOLDER

if TYPE_CHECKING:
    from tokenizers import Tokenizer

limit = 75
"""What a text encoder reads at once; the rest of a longer caption is cut off."""


def count(caption: str) -> int:
    """Tokens of ``caption`` without the start and end marks. Call it off the UI thread."""
    if not caption.strip():
        return 0
    return len(_tokenizer().encode(caption, add_special_tokens=False).ids)


@lru_cache(maxsize=1)
def _tokenizer() -> Tokenizer:
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(STARTER_FOLDER / "tokenizer" / "tokenizer.json"))
