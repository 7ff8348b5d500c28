"""The words of the section that compares: two checkpoints on one film, or the members of an ensemble."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cxr_demo.comparison.checkpoint_pair import MapSide
from cxr_demo.explain.engine import MemberMap
from cxr_demo.explain.methods import Method
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.formats import format_digits, format_percent, format_signed
from cxr_demo.text.page_text import format_place, format_rank


def describe_unknown_label(finding: str, other: str, known: Sequence[str]) -> str:
    """The other checkpoint lacks the finding; all are names."""
    if not known:
        return format_text("pair-nothing-common", other=other, finding=finding)
    return format_text("pair-unknown", other=other, finding=finding, known=", ".join(known))


def describe_unavailable(name: str, reason: str) -> str:
    return format_text("pair-unavailable", name=name, reason=reason.rstrip("."))


def describe_preparing(name: str, is_read: bool) -> str:
    """Before the other checkpoint's maps can be made."""
    return format_text("pair-preparing" if is_read else "pair-asking", name=name)


def describe_pair_progress(method: Method, name: str, share: float) -> str:
    if share:
        return format_text("pair-computing-share", method=method.name, name=name, share=format_percent(share))
    return format_text("pair-computing", method=method.name, name=name)


def describe_side_sums(side: MapSide) -> str:
    """What one map holds, beside what it explains."""
    kind, logit = "calibrated" if side.unit.startswith("calibrated") else "plain", format_signed(side.logit)
    if math.isnan(side.total):
        return format_text("pair-logit", kind=kind, logit=logit)
    total = format_signed(side.total)
    if abs(side.outside) < 0.005:
        return format_text("pair-sums", total=total, kind=kind, logit=logit)
    outside = format_signed(side.outside)
    return format_text("pair-sums-outside", total=total, outside=outside, kind=kind, logit=logit)


def describe_difference_sum(this: MapSide, other: MapSide) -> str:
    if math.isnan(this.total):
        return ""
    return format_text("difference.sum", sum=format_signed(other.total - this.total))


def describe_most_different(found: tuple[int, int, float, bool] | None, this: str, other: str) -> str:
    """From `pair.most_different`: where, how much of it, and who has more there."""
    if found is None:
        return format_text("difference.nowhere")
    row, column, share, is_more = found
    place, more = format_place(row, column), other if is_more else this
    return format_text("difference.where", place=place, share=format_percent(share), more=more)


def describe_largest_spread(found: tuple[int, int, float] | None) -> str:
    if found is None:
        return format_text("spread.nowhere")
    row, column, share = found
    return format_text("spread.where", place=format_place(row, column), share=format_percent(share))


def describe_pair_canvas(method: str, finding: str, whose: str, where: str) -> str:
    return format_text("pair-map-of", method=method, finding=finding, whose=whose, where=where)


def describe_hidden_pair_map(method: str, finding: str, whose: str) -> str:
    return format_text("pair-map-hidden", method=method, finding=finding, whose=whose)


def describe_member(made: MemberMap, rank: float) -> str:
    return format_text("member-weighs", weight=format_digits(made.weight, 2), rank=format_rank(rank))
