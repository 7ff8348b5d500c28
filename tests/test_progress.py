"""Progress of a part in the whole."""

import pytest

from cxr_demo.progress import ignore_progress, subrange


def test_parts_of_parts_count_in_the_whole():
    told = []
    whole = lambda done, total: told.append((done, total))  # noqa: E731
    part = subrange(whole, 3, 5, 10)
    part(0, 4)
    part(4, 4)
    subrange(part, 1, 1, 2)(0.5, 1)  # the middle of the second half
    assert told == [(3, 10), (8, 10), (3 + 5 * 0.75, 10)]


def test_what_a_pause_raises_comes_through_and_the_empty_one_says_nothing():
    def ends(done, total):
        raise TimeoutError

    with pytest.raises(TimeoutError):
        subrange(ends, 0, 1, 2)(1, 1)
    assert ignore_progress(1, 2) is None
