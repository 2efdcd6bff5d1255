"""Filters over 20,000 pictures: columns against looking at one picture after the other.

python tests/benchmarks/bench_filter.py
"""

from __future__ import annotations

import random
import sys
import time
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from engine.dataset.columns import Columns, TokenCounts
from engine.dataset.query import parse
from engine.dataset.query_complete import complete
from engine.dataset.tags import tags_of
from engine.models.family import STARTER_FOLDER
from tests.engine.dataset.query_case import picture

COUNT = 20_000
# Each filter, and the same test for one picture, as a program without columns would write it.
FILTERS = {
    "": lambda p: True,
    "stars>=3 and width<900": lambda p: p.stars >= 3 and p.width < 900,
    "abc": lambda p: "abc" in p.caption.casefold() or "abc" in p.name.casefold(),
    "tag:*hair": lambda p: any(fnmatchcase(t.casefold(), "*hair") for t in tags_of(p.caption)),
    "caption:a*b*hair": lambda p: fnmatchcase(p.caption.casefold(), "*a*b*hair*"),
    "caption:???x": lambda p: fnmatchcase(p.caption.casefold(), "*???x*"),
    "tags>9 -tag:b* (abc or stars=5)": lambda p: (
        len(tags_of(p.caption)) > 9
        and not any(fnmatchcase(t.casefold(), "b*") for t in tags_of(p.caption))
        and ("abc" in p.caption.casefold() or "abc" in p.name.casefold() or p.stars == 5)
    ),
    "tokens>75": None,
    r"caption:/\bab\w+ hair/": None,
    r"caption:/hair.*hair.*zz/": None,
    r"caption:/[aeiou]{4}/": None,
    r"tag:/^a.*[xyz]$/": None,
}


def library() -> list:
    """Pictures with captions of 5 to 30 tags out of 8,000."""
    chance = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    tags = [
        "".join(chance.choices(letters, k=chance.randint(3, 9))) + chance.choice(("", "", " hair"))
        for _ in range(8000)
    ]
    return [
        replace(
            picture(key, ", ".join(chance.choices(tags, k=chance.randint(5, 30)))),
            stars=chance.randint(0, 5),
            width=chance.randint(256, 2048),
        )
        for key in range(COUNT)
    ]


def tokenizer() -> TokenCounts:
    """Real token counts, as the window has them."""
    from tokenizers import Tokenizer

    read = Tokenizer.from_file(str(STARTER_FOLDER / "tokenizer" / "tokenizer.json"))
    return TokenCounts(lambda texts: [len(one.ids) for one in read.encode_batch(list(texts))])


def seconds(work, times: int = 3) -> float:
    """The best of a few runs, in processor time of this thread."""
    best = 1e9
    for _ in range(times):
        began = time.thread_time()
        work()
        best = min(best, time.thread_time() - began)
    return best


def main() -> None:
    """Print milliseconds and ratios."""
    pictures = library()
    columns = Columns(pictures, tokens=tokenizer())
    print(f"{seconds(columns.prepare, 1) * 1e3:8.1f} once, in a worker, after reading")
    print(f"{COUNT} pictures; milliseconds; best of 3")
    print(f"{'first':>8} {'again':>8} {'naive':>8} {'ratio':>6}")
    for text, naive in FILTERS.items():
        query = parse(text)
        first = seconds(lambda query=query: query.select(columns), 1) * 1e3
        again = seconds(lambda query=query: query.select(columns)) * 1e3
        line = f"{first:8.1f} {again:8.1f}"
        if naive is not None:
            plain = seconds(lambda fits=naive: [p.id for p in pictures if fits(p)]) * 1e3
            line += f" {plain:8.1f} {plain / again:6.1f}"
        print(line if naive else f"{line} {'':15}", text or "(nothing)")
    edited = [replace(pictures[5], caption="one more tag")]
    print(f"{seconds(lambda: columns.updated(edited)) * 1e3:8.1f} one caption changed")
    print(f"{seconds(lambda: complete('tag:ha', 6, columns)) * 1e3:8.1f} completion of a tag")


if __name__ == "__main__":
    main()
