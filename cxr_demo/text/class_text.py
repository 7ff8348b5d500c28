"""The words of a class: who is there, how many have answered, what was said."""

from __future__ import annotations

from collections.abc import Sequence

from cxr_demo.labels import FINDINGS
from cxr_demo.limits import CLASS_MINUTES
from cxr_demo.teaching.classroom import Tally
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.formats import format_list


def describe_seats(seats: int) -> str:
    return format_text("class-seats", seats=seats)


def describe_answered(answered: int, seats: int) -> str:
    """12 of 30 have answered."""
    return format_text("class-answered", answered=answered, seats=seats)


def describe_right(tally: Tally) -> str:
    """9 of 12 name all that is there, and nothing else. 7 of them drew it where it is."""
    if not tally.answered:
        return format_text("class-nobody")
    right = format_text("class-right", right=tally.right, answered=tally.answered)
    return right if tally.placed is None else f"{right} {format_text('class-placed', placed=tally.placed)}"


def describe_class_place(number: int, films: int) -> str:
    return format_text("class-place", number=number, films=films)


def describe_count(label: str, count: int) -> str:
    """Effusion: 12."""
    return format_text("class-count", name=FINDINGS[label].name, count=count)


def describe_answers_of_class(tally: Tally) -> list[str]:
    """How many were right, and then each label that was named, the most frequent first."""
    counts = sorted(tally.named.items(), key=lambda pair: -pair[1])
    return [describe_right(tally), *(describe_count(label, count) for label, count in counts)]


def describe_crowd(boxes: int) -> str:
    return format_text("class-crowd", boxes=boxes)


def describe_other_addresses(addresses: Sequence[str]) -> str:
    """Where the first of them leads nowhere, as in another network of the same machine."""
    return format_text("class-other-addresses", addresses=format_list(addresses))


def describe_no_way_in(is_alone: bool) -> tuple[str, str]:
    """Why no phone reaches the page, which may listen on its own machine alone; and what to do."""
    if is_alone:
        return format_text("class-unreachable"), format_text("class-unreachable.hint")
    return format_text("class-no-network"), format_text("class-no-network.hint")


def describe_qr(address: str) -> str:
    """The text alternative of the picture."""
    return format_text("class-qr", address=address)


def describe_end() -> str:
    """What the teacher reads, with how long all of it is kept."""
    return format_text("class-ended", minutes=CLASS_MINUTES)


def name_seat(number: int) -> str:
    return format_text("class-number", number=number)


def name_act(act: str, is_last: bool) -> str:
    """A button of the teacher; the one after the last film leads to the results."""
    return format_text("class-act-last" if act == "next" and is_last else f"class-act-{act}")


def describe_open(title: str) -> str:
    """The button of a deck, for those who hear it without the rest."""
    return format_text("class-open-deck", title=title)
