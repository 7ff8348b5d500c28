"""The words of maps of different labels: which of them share one map, and what a map against the others is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from cxr_demo.evaluation.label_likeness import SHARED, find_most_alike, find_shared_maps
from cxr_demo.networks.card import Card
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.formats import format_digits, format_list, format_signed


def describe_shared_maps(method: str, names: Sequence[str], likeness: np.ndarray) -> list[str]:
    """Of one method's maps of the labels called `names`, (L, L): a sentence for each group of labels that share one
    map, or one that says that none do."""
    sentences = describe_groups(method, names, likeness, find_shared_maps(likeness))
    return sentences or [format_text("shared-none", method=method)]


def describe_groups(
    method: str, names: Sequence[str], likeness: np.ndarray, groups: Sequence[tuple[int, ...]]
) -> list[str]:
    """A sentence for each group of labels, by their places, that share one map."""
    sentences = []
    for group in groups:
        turned = "yes" if (likeness[np.ix_(group, group)] < 0).any() else "no"
        listed = format_list([names[place] for place in group])
        if turned == "yes" and len(group) == 2:  # as of two findings of which one is true
            sentences.append(format_text("shared-opposite", method=method, names=listed))
        elif len(group) == len(names):
            sentences.append(format_text("shared-all", method=method, labels=len(group), turned=turned))
        else:
            sentences.append(format_text("shared-some", method=method, names=listed, turned=turned))
    return sentences


def describe_share(method: str, names: Sequence[str], likeness: np.ndarray, label: int) -> tuple[bool, str]:
    """Of one label's map: whether it speaks of others too, and of which, or else which is the most alike."""
    shared = {label, *np.flatnonzero(np.abs(likeness[label]) >= SHARED).tolist()}
    if len(shared) > 1:
        places = sorted(shared)
        (told,) = describe_groups(method, names, likeness, [tuple(places)])
        return len(shared) > 2 or bool(likeness[places[0], places[1]] > 0), told
    told = format_text("shared-not", method=method), describe_most_alike(names, likeness, label)
    return False, " ".join(filter(None, told))


def describe_most_alike(names: Sequence[str], likeness: np.ndarray, label: int) -> str:
    """Of the map of one label; "" where it can be compared with none."""
    other = find_most_alike(likeness, label)
    if other is None:
        return ""
    rank = format_signed(likeness[label, other])
    if likeness[label, other] < 0:
        return format_text("most-opposite", finding=names[label], other=names[other], rank=rank)
    return format_text("most-alike", finding=names[label], other=names[other], rank=rank)


def format_likeness(value: float) -> str:
    return format_text("undefined") if math.isnan(value) else format_signed(value)


def name_finding(card: Card, label: str, is_contrast: bool) -> str:
    """What a map is of."""
    name = card.get_finding(label).name
    return format_text("contrast-of", finding=name) if is_contrast else name


def describe_contrast(card: Card, label: str) -> tuple[str, str]:
    """What a map against the other labels is, and how it is made."""
    finding = card.get_finding(label).name
    task = "shared" if card.task == "single-label" else "each"
    return format_text("contrast.meaning", finding=finding), format_text("contrast.made", finding=finding, task=task)


def describe_likeness() -> str:
    """How it is measured, and what is called one map."""
    return format_text("label-likeness.how", shared=format_digits(SHARED, 2))
