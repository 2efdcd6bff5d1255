"""Random filters against a second, naive evaluator that looks at one picture at a time."""

from __future__ import annotations

import operator
import random
from fnmatch import fnmatchcase

import regex

from engine.dataset.query import parse
from engine.dataset.query_text import Expression
from tests.engine.dataset.query_case import columns, picture, words_in

TAGS = ("fox", "Wolf", "long hair", "short hair", "den", "foxglove", "a.b", "night")
SIGNS = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
    "!=": operator.ne,
}
NUMBERS = {
    "stars": lambda p: p.stars,
    "width": lambda p: p.width,
    "area": lambda p: p.width * p.height,
    "tags": lambda p: len(tags_of(p)),
    "chars": lambda p: len(p.caption),
    "tokens": lambda p: words_in([p.caption])[0],
    "size": lambda p: p.bytes,
}


def tags_of(item):
    return [tag.strip() for tag in item.caption.split(",") if tag.strip()]


def some_pictures(random_, count):
    made = []
    for key in range(1, count + 1):
        folder, name = random_.choice(("biped", "raw")), random_.choice(("fox", "den_2", "x"))
        made.append(
            picture(
                key,
                ", ".join(random_.choices(TAGS, k=random_.randint(0, 5))),
                f"/art/{folder}/{name}.{random_.choice(('png', 'JPG'))}",
                stars=random_.randint(0, 5),
                width=random_.choice((256, 512, 1024)),
                bytes=random_.randint(1, 5),
                flag=random_.choice(("", "picked", "rejected")),
                held_out=random_.random() < 0.5,
            )
        )
    return made


def term(random_):
    """A random term: its text, and whether it fits a picture."""
    kind = random_.randrange(6)
    if kind == 0:
        name, sign = random_.choice(list(NUMBERS)), random_.choice(list(SIGNS))
        limit = random_.choice((0, 1, 2, 3, 5, 12, 512, 512 * 768))
        spelled = random_.choice((f"{name}{sign}{limit}", f"{name}:{sign}{limit}"))
        return spelled, lambda p: SIGNS[sign](NUMBERS[name](p), limit)
    if kind == 1:
        wanted = random_.choice((*TAGS, "*hair", "f?x", "*o*", "?o*g*", "none", "*", "l*g*r"))
        folded = wanted.casefold()
        return f'tag:"{wanted}"', lambda p: any(
            fnmatchcase(tag.casefold(), folded) for tag in tags_of(p)
        )
    if kind == 2:
        wanted = random_.choice(("fox", "hair, d", "OX*n", "l?ng", "**", ", ", "x*x"))
        folded = f"*{wanted}*".casefold()
        return f"caption:'{wanted}'", lambda p: fnmatchcase(p.caption.casefold(), folded)
    if kind == 3:
        wanted = random_.choice(("fox", "den", "hair", "X", "2", "NIGHT"))
        folded = wanted.casefold()
        return wanted, lambda p: folded in p.caption.casefold() or folded in p.name.casefold()
    if kind == 4:
        flag = random_.choice(("picked", "rejected", "none"))
        return f"flag:{flag}", lambda p: (p.flag or "none") == flag
    return "heldout:yes", lambda p: p.held_out


def expression(random_, depth):
    """A random filter: its text, and whether it fits a picture."""
    if depth == 0 or random_.random() < 0.2:
        text, fits = term(random_)
        if random_.random() < 0.3:
            negation = random_.choice(("-", "not ", "NOT "))
            return negation + text, lambda p: not fits(p)
        return text, fits
    left, first = expression(random_, depth - 1)
    right, second = expression(random_, depth - 1)
    if random_.random() < 0.5:
        joint = random_.choice((" and ", " AND ", " "))
        return f"({left}){joint}({right})", lambda p: first(p) and second(p)
    joint = random_.choice((" or ", " OR ", " | "))
    return f"({left}{joint}{right})", lambda p: first(p) or second(p)


def test_random_filters_find_what_a_naive_evaluator_finds():
    random_ = random.Random(7)
    pictures = some_pictures(random_, 60)
    table = columns(*pictures)
    seen = set()
    for _ in range(1000):
        text, fits = expression(random_, random_.randint(0, 4))
        expected = [p.id for p in pictures if fits(p)]
        assert parse(text).select(table) == expected, text
        seen.add(len(expected))
    assert len(seen) > 30


def test_changed_rows_are_found_as_if_everything_was_read_again():
    random_ = random.Random(8)
    pictures = some_pictures(random_, 40)
    table, following = columns(*pictures), 41
    queries = [parse(expression(random_, 3)[0]) for _ in range(40)]
    for _ in range(15):
        for query in random_.sample(queries, 5):
            query.select(table)  # builds some of the columns, not all
        before = list(pictures)
        gone = {p.id for p in random_.sample(pictures, random_.randint(0, 2))}
        pictures = [p for p in pictures if p.id not in gone]
        fresh = {p.id: p for p in some_pictures(random_, 200)}
        changed = [fresh[p.id] for p in random_.sample(pictures, 4) if p.id in fresh]
        added = [picture(following, "fox, new"), picture(following + 1, "brand new tag")]
        following += 2
        by_id = {p.id: p for p in changed}
        pictures = [by_id.get(p.id, p) for p in pictures] + added
        earlier, table = table, table.updated([*changed, *added], gone)
        assert [p.id for p in table.pictures] == [p.id for p in pictures]
        for query in queries:
            assert query.select(table) == query.select(columns(*pictures)), query.text
            assert query.select(earlier) == query.select(columns(*before)), query.text
        assert table.tag_counts() == columns(*pictures).tag_counts()


def test_shortcuts_of_regular_expressions_change_no_answer():
    random_ = random.Random(9)
    parts = [
        r"fo",
        r"ox+",
        r"ha*ir",
        r"l.ng",
        r"[nd]en",
        r"\w+",
        r",",
        r"\b",
        r"^",
        r"$",
        r"x?",
        r"hair{1,2}",
        r"(den|fox)",
        r"\x66",
        r"[^a-c]",
        r"FOX",
        r"\.",
        r"wol.",
        r"-",
    ]
    captions = [p.caption for p in some_pictures(random_, 60)] + ["", "f", "foox\nden"]
    for _ in range(600):
        source = "".join(random_.choices(parts, k=random_.randint(1, 4)))
        expected = [regex.search(source, text, regex.I) is not None for text in captions]
        assert Expression(source, 0, len(source)).search(captions) == expected, source
