"""``lora``: say what a LoRA file is, or write it again with kohya's names."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from engine.runtime.thread import Engine


def add_parser(subparsers: Any) -> None:
    """Declare the verb and its options."""
    parser = subparsers.add_parser("lora", help="inspect a LoRA file, or rewrite its names")
    parser.add_argument("file", type=Path, help="a .safetensors file in any known naming")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it with kohya's names")


def run(args: argparse.Namespace, engine: Engine) -> int:
    """Print family, rank, alpha and metadata as JSON; with ``--out`` also write the file."""
    from engine.models.lora_file import read_lora, write_lora

    lora = read_lora(args.file)
    if args.out is not None:
        write_lora(args.out, lora.tensors, lora.metadata)
    facts = {
        "file": str(args.file),
        "family": lora.family,
        "rank": lora.rank,
        "tensors": len(lora.tensors),
        "metadata": lora.metadata,
    }
    print(json.dumps(facts, indent=1, ensure_ascii=False))
    return 0
