"""Numbers as a person reads them: a space before %, a minus sign that is no hyphen, no false precision.

Decimal signs and patterns are those of the language of the moment.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from babel import lists, numbers

from cxr_demo.text.catalogue import LANGUAGE, format_text, use_language


def name_score(calibrated: bool) -> str:
    """What a number from 0 to 1 of a network is called."""
    return format_text("score-calibrated" if calibrated else "score-uncalibrated")


def make_printable(text: str) -> str:
    """A name from a disk may hold bytes that are no letters, which neither a terminal nor a browser takes: \\xe9."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def format_digits(value: float, digits: int, signed: bool = False) -> str:
    """0.5, 2 -> "0.50", or "+0.50" where it is `signed`; rounded as it is, not as its shortest decimals are."""
    pattern = f"0.{'0' * digits}" if digits else "0"
    return _format_decimal(float(value), f"+{pattern};-{pattern}" if signed else pattern, LANGUAGE.get())


@lru_cache(4096)  # a page says the same figures again with every press
def _format_decimal(value: float, pattern: str, language: str) -> str:
    return numbers.format_decimal(Decimal(value), pattern, language).replace("-", "−")


def format_significant(value: float) -> str:
    """Up to six digits, as few as it has: 40 -> "40", 0.5 -> "0.5", 1e6 -> "1e+06"."""
    return localise_point(f"{value:.6g}")


def localise_point(digits: str) -> str:
    """The decimal sign of the language in what Python has written."""
    return digits.replace(".", numbers.get_decimal_symbol(LANGUAGE.get()))


def format_percent(share: float, digits: int | None = None) -> str:
    """share 0..1 -> "43 %"; one digit more where it would be a false 0, "< 0.1 %" where that were one too, or as many
    as `digits` says."""
    if digits is None:
        if 0 < share < 0.0005:
            return format_text("score-below", limit=format_percent(0.001, 1))
        digits = 1 if 0 < share < 0.0095 else 0
    return _format_percent(format_digits(share * 100, digits), LANGUAGE.get())


@lru_cache(4096)
def _format_percent(number: str, language: str) -> str:
    with use_language(language):
        return format_text("percent", number=number)


def format_signed(value: float) -> str:
    """-0.5 -> "−0.50", 0.5 -> "+0.50", and "0.00" for what rounds to it."""
    return format_digits(value, 2, signed=True) if abs(value) >= 0.005 else format_digits(0, 2)


def format_rounded(value: float, digits: int = 2) -> str:
    """Two digits after the point, a sign only where it is negative; NaN is "not defined"."""
    if math.isnan(value):
        return format_text("undefined")
    return format_digits(value if abs(value) >= 0.5 / 10**digits else 0, digits)


def format_interval(value: float, low: float | None, high: float | None, digits: int = 2) -> str:
    """0.92, 0.9, 0.94 -> "0.92 (0.90 to 0.94)"; the value alone where there is no interval."""
    if low is None or high is None:
        return format_rounded(value, digits)
    return format_text(
        "interval",
        value=format_rounded(value, digits),
        low=format_rounded(low, digits),
        high=format_rounded(high, digits),
    )


def format_p(value: float) -> str:
    """0.05 -> "p = 0.05"."""
    return format_text("p-value", p=format_digits(value, 2))


def format_duration(seconds: float) -> str:
    """Two steps of a digit: nobody can say more beforehand."""
    if seconds >= 90:
        return format_text("duration-minutes", minutes=round(seconds / 60))
    step = 1 if seconds < 10 else 10
    return format_text("duration-seconds", seconds=max(1, round(seconds / step) * step))


def format_moment(moment: datetime) -> str:
    """ "2026-11-29 16:20 UTC", in every language."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def format_list(items: Sequence[str]) -> str:
    """A, B -> "A and B"."""
    return lists.format_list(items, locale=LANGUAGE.get())
