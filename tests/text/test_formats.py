"""Numbers as they are written: in English as Python rounds them, in other languages with their own signs."""

from __future__ import annotations

import numpy as np
import pytest

from cxr_demo.text.catalogue import LANGUAGE
from cxr_demo.text.formats import format_digits, format_duration, format_interval, format_percent


@pytest.mark.parametrize("digits", [0, 1, 2, 3])
def test_english_rounds_as_python_does(digits):
    values = [*np.random.default_rng(0).normal(0, 50, 200), 0.5, 1.5, 2.675, 0.125, 1234567.25, np.float32(0.1)]
    for value in values:
        assert format_digits(value, digits) == f"{value:.{digits}f}".replace("-", "−")
        assert format_digits(value, digits, signed=True) == f"{value:+.{digits}f}".replace("-", "−")


@pytest.mark.parametrize(
    "share, text",
    [
        (0, "0 %"),
        (0.0004, "< 0.1 %"),
        (0.0006, "0.1 %"),
        (0.43, "43 %"),
        (0.004, "0.4 %"),
        (0.0095, "1 %"),
        (0.996, "100 %"),
    ],
)
def test_a_percentage_is_no_false_nought(share, text):
    assert format_percent(share) == text


def test_digits_may_be_given():
    assert format_percent(0.0345, 1) == "3.5 %" == f"{0.0345 * 100:.1f} %"


def test_an_interval_and_a_duration():
    assert format_interval(0.92, 0.9, float("nan")) == "0.92 (0.90 to not defined)"
    assert [format_duration(seconds) for seconds in (0.2, 4.4, 47, 200)] == [
        "about 1 s", "about 4 s", "about 50 s", "about 3 min",
    ]  # fmt: skip


def test_another_language_has_its_own_decimal_sign():
    token = LANGUAGE.set("de")
    try:
        assert format_digits(-0.5, 2) == "−0,50" and format_digits(1234.5, 1) == "1234,5"
    finally:
        LANGUAGE.reset(token)
