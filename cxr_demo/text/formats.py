"""Numbers as a person reads them: a space before %, a minus sign that is no hyphen, no false precision."""

from __future__ import annotations

import math

UNDEFINED = "not defined"


def format_percent(share: float) -> str:
    """share 0..1 -> "43 %"; one digit more where it would be a false 0."""
    return f"{share * 100:.1f} %" if 0 < share < 0.0095 else f"{share * 100:.0f} %"


def format_signed(value: float) -> str:
    """-0.5 -> "−0.50", 0.5 -> "+0.50", and "0.00" for what rounds to it."""
    return f"{value:+.2f}".replace("-", "−") if abs(value) >= 0.005 else "0.00"


def format_rounded(value: float) -> str:
    """Two digits after the point, a sign only where it is negative; NaN is "not defined"."""
    if math.isnan(value):
        return UNDEFINED
    return format_signed(value).removeprefix("+")


def format_interval(value: float, low: float, high: float) -> str:
    """0.92, 0.9, 0.94 -> "0.92 (0.90 to 0.94)"."""
    return f"{format_rounded(value)} ({format_rounded(low)} to {format_rounded(high)})"


def format_duration(seconds: float) -> str:
    """Two steps of a digit: nobody can say more beforehand."""
    if seconds >= 90:
        return f"about {seconds / 60:.0f} min"
    step = 1 if seconds < 10 else 10
    return f"about {max(1, round(seconds / step) * step)} s"
