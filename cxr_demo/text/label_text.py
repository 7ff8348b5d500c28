"""The words of maps of different labels: which of them share one map, and what a map against the others is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from cxr_demo.evaluation.label_likeness import SHARED, find_most_alike, find_shared_maps
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.formats import format_digits, format_list, format_signed


def describe_shared_maps(method: str, names: Sequence[str], likeness: np.ndarray) -> list[str]:
    """Of one method's maps of the labels called `names`, (L, L): a sentence for each group of labels that share one
    map, or one that says that none do."""
    sentences = []
    for group in find_shared_maps(likeness):
        turned = "yes" if (likeness[np.ix_(group, group)] < 0).any() else "no"
        listed = format_list([names[place] for place in group])
        if len(group) == len(names):
            sentences.append(format_text("shared-all", method=method, labels=len(group), turned=turned))
        else:
            sentences.append(format_text("shared-some", method=method, names=listed, turned=turned))
    return sentences or [format_text("shared-none", method=method)]


def describe_most_alike(names: Sequence[str], likeness: np.ndarray, label: int) -> str:
    """Of the map of one label; "" where it can be compared with none."""
    other = find_most_alike(likeness, label)
    if other is None:
        return ""
    return format_text(
        "most-alike", finding=names[label], other=names[other], rank=format_signed(likeness[label, other])
    )


def format_likeness(value: float) -> str:
    return format_text("undefined") if math.isnan(value) else format_signed(value)


def describe_likeness() -> str:
    """How it is measured, and what is called one map."""
    return format_text("label-likeness.how", shared=format_digits(SHARED, 2))
