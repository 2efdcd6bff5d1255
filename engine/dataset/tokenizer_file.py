"""Reading a tokenizer.json without stopping other threads for long.

The tokenizers library reads the 2 MB of CLIP's in one call of 150 ms that keeps the interpreter,
and the window stands still. Here it is read as JSON first, and no call takes a third of that.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def read_tokenizer(path: Path) -> Any:
    """The tokenizer of a tokenizer.json, as ``tokenizers.Tokenizer.from_file`` makes it. Raises
    what that raises.
    """
    from tokenizers import Tokenizer, models

    try:
        record = json.loads(path.read_bytes().decode("utf-8"))
        told = record["model"]
        pairs = told["merges"]
        if told["type"] != "BPE" or any(isinstance(pair, str) for pair in pairs):
            raise ValueError("of another kind, or written in another way")
    except (ValueError, KeyError, TypeError):
        return Tokenizer.from_file(str(path))
    model = {key: told[key] for key in told if key != "type" and told[key] is not None}
    model["merges"] = list(map(tuple, pairs))
    # Tokens that are added keep their numbers only where the vocabulary has them.
    told["vocab"] = {one["content"]: one["id"] for one in record["added_tokens"]}
    told["merges"] = []
    made = Tokenizer.from_str(json.dumps(record))
    made.model = models.BPE(**model)
    return made
