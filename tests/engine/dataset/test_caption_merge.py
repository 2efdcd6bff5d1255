"""Two programs changed one caption: different tags are merged, everything else is asked about."""

from __future__ import annotations

import pytest

from engine.dataset.caption_merge import merge


@pytest.mark.parametrize(
    ("base", "theirs", "mine", "merged"),
    [
        ("a, b", "a, b, c", "a, b, d", "a, b, c, d"),
        ("a, b", "a", "a, b, d", "a, d"),
        ("a, b", "x, a, b", "b", "x, b"),
        ("a, b, c", "b, c", "a, b", "b"),
        ("a, b", "a, b, c", "a, b, c", "a, b, c"),
        ("a, b", "b", "b, c", "b, c"),
        ("a,b", "a,b,c", "a,b,d", "a,b,c,d"),
        ("a, b", "a, b", "z", "z"),
        ("a, b", "z", "a, b", "z"),
        ("a", "a, b", "", "b"),
    ],
)
def test_sides_that_changed_different_tags_are_merged(base, theirs, mine, merged):
    assert merge(base, theirs, mine) == merged


@pytest.mark.parametrize(
    ("base", "theirs", "mine"),
    [
        ("a red cat", "a blue cat", "a green cat"),
        ("a, b", "a, c", "a, d"),
        ("a, b", "b, a", "a, b, c"),
        ("a, a, b", "a, b", "a, a, b, c"),
        ("first\nsecond", "first\nsecond, x", "first\nthird"),
        ("", "theirs", "mine"),
        ("a, b", "", "a, b, c"),
    ],
)
def test_what_only_a_person_can_decide_is_not_merged(base, theirs, mine):
    assert merge(base, theirs, mine) is None
