"""``buckets``: print, as JSON rows, the bucket that each picture size falls into."""

from __future__ import annotations

import argparse
import json
import re
from typing import Any

from engine.dataset.buckets import BucketSpec, describe
from engine.runtime.errors import BadInputError
from engine.runtime.schema import validated
from engine.runtime.thread import Engine


def add_parser(subparsers: Any) -> None:
    """Declare the verb and its options."""
    parser = subparsers.add_parser("buckets", help="show the training bucket of picture sizes")
    parser.add_argument("--resolution", default="512x512", help="WxH, the area budget (512x512)")
    parser.add_argument("--min", type=int, default=256, help="smallest side of a bucket (256)")
    parser.add_argument("--max", type=int, default=1024, help="largest side of a bucket (1024)")
    parser.add_argument("--step", type=int, default=64, help="bucket sides are multiples (64)")
    parser.add_argument("--no-upscale", action="store_true", help="never enlarge a picture")
    parser.add_argument("sizes", nargs="+", metavar="WxH", help="picture sizes, such as 1000x1500")


def run(args: argparse.Namespace, engine: Engine) -> int:
    """Print a JSON list with one row per size, on stdout."""
    values = {
        "resolution": parse_size(args.resolution),
        "minimum": args.min,
        "maximum": args.max,
        "step": args.step,
        "no_upscale": args.no_upscale,
    }
    spec = validated(BucketSpec, values)
    rows = [describe(spec, parse_size(size)) for size in args.sizes]
    print("[\n" + ",\n".join(" " + json.dumps(row) for row in rows) + "\n]")
    return 0


def parse_size(text: str) -> tuple[int, int]:
    """``"1000x1500"`` as (width, height); raises BadInputError for anything else."""
    match = re.fullmatch(r"\s*(\d{1,6})\s*[x×,]\s*(\d{1,6})\s*", text)
    if match is None or 0 in (size := (int(match[1]), int(match[2]))):
        raise BadInputError(
            "{text} is not a size.", text=text, remedy="Write width x height, such as 1000x1500."
        )
    return size
