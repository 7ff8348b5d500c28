"""What a class has answered as CSV: a row for every learner and every film that was shown."""

from __future__ import annotations

from cxr_demo.export.csv_lines import disarm, format_line
from cxr_demo.teaching.classroom import Classroom, Seat
from cxr_demo.teaching.deck import NO_FINDING, Deck
from cxr_demo.teaching.exam_score import score_answer

COLUMNS = (
    "learner", "nickname", "film", "name", "truth", "answered", "named", "hits", "misses", "false_alarms", "overlaps",
    "boxes", "seconds",
)  # fmt: skip


def write_class_table(classroom: Classroom) -> str:
    """COLUMNS: labels separated by ";"; `overlaps` as "label iou", where a box was drawn and the true place is known;
    `boxes` as "label left top width height", in shares of the film; `seconds` since the film was shown to all."""
    lines = [format_line(COLUMNS)]
    for seat in list(classroom.seats.values()):
        for turn in range(classroom.turn + 1):
            lines.append(format_line([seat.number, disarm(seat.nickname), *_list_cells(classroom.deck, seat, turn)]))
    return "".join(lines)


def _list_cells(deck: Deck, seat: Seat, turn: int) -> list[object]:
    film, answer = deck.films[turn], seat.answers.get(turn)
    name = film.file or f"synthetic:{film.synthetic.seed if film.synthetic else 0}"
    asked = [turn + 1, disarm(name), ";".join(film.kinds)]
    if answer is None:
        return [*asked, "no", *[""] * 7]
    score = score_answer(film, answer)
    return [
        *asked, "yes", ";".join(answer.own_labels or (NO_FINDING,)),
        *(";".join(labels) for labels in (score.hits, score.misses, score.false_alarms)),
        ";".join(f"{label} {overlap.iou:.3f}" for label, overlap in score.overlaps.items()),
        ";".join(" ".join((mark.label, *(f"{side:g}" for side in mark.box))) for mark in answer.own if mark.box),
        f"{seat.seconds[turn]:.1f}",
    ]  # fmt: skip
