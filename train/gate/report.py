"""What the gate does on pictures that nothing of it was fitted on, and the words for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from cxr_demo.evaluation.lung_segmentation import Lungs
from cxr_demo.film.gate import Doubt, GateAnswer, judge_image
from cxr_demo.film.reading import Radiograph
from cxr_demo.networks.card_parts import compute_wilson
from cxr_demo.networks.gate_net import Gate
from cxr_demo.text.gate_text import MEASURED, describe_measured
from train.gate.examples import Example
from train.markdown import format_table
from train.report.small_model_report import format_small_report


def measure_gate(gate: Gate, lungs: Lungs, examples: Iterable[Example]) -> dict[str, dict[str, dict]]:
    """What is asked -> source, or "all" -> figures. "frontal": how many are questioned; of every other kind also how
    many with the right reason, how many in general words alone and how many with none but a wrong reason."""
    found: dict[str, dict[str, list[tuple[bool, ...]]]] = {}
    for example in examples:
        answer = judge_image(make_image(example), gate, lungs)
        is_named, is_unnamed = is_right(example.kind, answer), is_general(answer)
        is_wrong = bool(answer.doubts) and not is_named and not is_unnamed
        kind = "turned" if example.kind.startswith("turned-") else example.kind
        of_kind = found.setdefault(kind, {})
        for source in ("all", example.source):
            of_kind.setdefault(source, []).append((bool(answer.doubts), is_named, is_unnamed, is_wrong))
    return {
        kind: {source: _summarise(kind, rows) for source, rows in sorted(of_kind.items())}
        for kind, of_kind in sorted(found.items())
    }


def make_image(example: Example) -> Radiograph:
    """As if it had been read from a file without a header."""
    pixels = np.ascontiguousarray(example.pixels)
    sha256 = hashlib.sha256(pixels.tobytes()).hexdigest()
    return Radiograph(pixels, (), sha256, "PNG", None, example.is_colour)


def is_right(kind: str, answer: GateAnswer) -> bool:
    """Whether one of the reasons is that kind, and of a turned film whether its mend would put it right."""

    def names(doubt: Doubt) -> bool:
        if kind.startswith("turned-"):
            return doubt.kind == "turned" and doubt.mend == f"turn-{kind.removeprefix('turned-')}"
        return doubt.kind == kind

    return any(names(doubt) for doubt in answer.doubts)


def is_general(answer: GateAnswer) -> bool:
    """Whether it says only that this is no frontal film, has no lungs or is coloured, and not what it is: true of any
    picture that should be questioned, but for turned, inverted and mirrored films."""
    return bool(answer.doubts) and {doubt.kind for doubt in answer.doubts} <= {"not-frontal", "no-lungs", "coloured"}


def _summarise(kind: str, rows: Sequence[tuple[bool, ...]]) -> dict:
    names = ("questioned", "right_reason", "general_words", "wrong_reason")[: 1 if kind == "frontal" else 4]
    columns = zip(*rows, strict=True)
    return {"n": len(rows)} | {
        name: compute_wilson(sum(column), len(rows)).model_dump() for name, column in zip(names, columns, strict=False)
    }


def format_share(entry: Mapping[str, float]) -> str:
    return "{value:.1%} ({low:.1%} to {high:.1%})".format(**entry).replace("%", " %")


def format_measured(measured: Mapping[str, Mapping[str, Mapping]]) -> list[str]:
    """A row for each kind and source, kinds in the order of MEASURED, "all" first."""
    rows = []
    for kind in MEASURED:
        title = describe_measured(kind)
        of_kind = measured.get(kind, {})
        sources = [source for source in of_kind if source != "all"]
        for source in ["all", *sources] if len(sources) > 1 else sources:
            of = of_kind[source]
            right = format_share(of["right_reason"]) if "right_reason" in of else ""
            name = f"**{title}**" if source == "all" else f"{title}: {source}" if len(sources) == 1 else source
            others = (
                f"{of[key]['value']:.1%}".replace("%", " %") if key in of else ""
                for key in ("general_words", "wrong_reason")
            )
            rows.append((name, str(of["n"]), format_share(of["questioned"]), right, *others))
    head = ("", "pictures", "questioned", "with the right reason", "in general words", "with a wrong reason")
    return format_table(head, rows)


def format_report(card: Mapping) -> list[str]:
    """The README.md of the gate's folder."""
    training, initial = card["training"], card["initial_weights"]
    purpose = (
        "Does a picture look like a frontal chest film, upright, as usual? The app asks before it shows what a network "
        "says of the picture."
    )
    origin = (
        f"Its features are those of ImageNet: {initial['file']} of {initial['package']}, {initial['licence']}, "
        f"SHA-256 {initial['sha256'][:12]}; nothing of them was trained here",
    )
    counts = [
        f"- {describe_measured(kind) if kind in MEASURED else kind}: "
        + ", ".join(f"{count} {source}" for source, count in sources.items())
        for kind, sources in training["examples"].items()
    ]
    licences = [f"- {licence}: {', '.join(sources)}" for licence, sources in training["licences"].items()]
    return [
        *format_small_report(card, "image-classification", purpose, origin),
        "## Measured", "",
        "The whole gate, on patients, origins and sources that nothing was fitted on; 95 % Wilson intervals. "
        '"made" was made from test films, as mirrored films are. Bones, side views and chest CT are kinds of which no '
        "real picture was trained on.", "",
        *format_measured(card["measured"]), "",
        "## Trained on", "",
        *counts,
        "- the right way round, against their mirror images: "
        + ", ".join(f"{count} {source}" for source, count in training["sides"]["examples"].items()),
        "", "Licences of these films and pictures:", "", *licences, "",
    ]  # fmt: skip
