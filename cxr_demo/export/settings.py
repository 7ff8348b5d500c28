"""What a person has chosen of a report, as options of a command or the manifest of a ZIP say it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cxr_demo.errors import CxrError, ExplanationError
from cxr_demo.evaluation.covering import COVERS
from cxr_demo.evaluation.regions import DrawnRegion
from cxr_demo.export.shown import PAGE_OPACITY, Greys, ShownStudy
from cxr_demo.film.gate import Mend
from cxr_demo.render import ScaleEnds

CHOSEN = ("label", "method", "contrast", "mend", "region", "cover", "checks")  # options of `report` that a manifest has


@dataclass(frozen=True)
class Settings:
    """`label` is empty for the first of the list, `methods` for those that the page begins with; `film_sha256` and
    `checkpoint_sha256` are what they were chosen for, empty for any, and so is `prior_sha256` of the film compared
    with, which `prior_mends` turn or invert first. The rest as in `ShownStudy`. ExplanationError for
    `checks` of a `contrast`."""

    label: str = ""
    methods: tuple[str, ...] = ()
    contrast: bool = False
    mends: tuple[Mend, ...] = ()
    regions: tuple[DrawnRegion, ...] = ()
    cover: str = ""
    opacity: float = PAGE_OPACITY
    greys: Greys = Greys()
    held: bool = False
    absolute: bool = False
    pinned: Mapping[str, ScaleEnds] = field(default_factory=dict)
    checks: bool = False
    made: datetime = field(default_factory=lambda: datetime.now(UTC))
    film_sha256: str = ""
    checkpoint_sha256: str = ""
    prior_mends: tuple[Mend, ...] = ()
    prior_sha256: str = ""

    def __post_init__(self) -> None:
        if self.contrast and self.checks:
            raise ExplanationError("contrast-not-checked")


def choose_settings(options: argparse.Namespace) -> Settings:
    """Those of the options of `report`, or of the manifest that --again names. CxrError for both."""
    given = {f"--{name}": getattr(options, name) for name in CHOSEN}
    if options.again:
        if told := [name for name, value in given.items() if value]:
            raise CxrError("report-again-alone", options=", ".join(told))
        settings = read_settings(options.again)
        if options.prior and not settings.prior_sha256:
            raise CxrError("report-again-alone", options="--prior")
        return settings
    return Settings(
        options.label or "", tuple(options.method or ()), options.contrast, tuple(map(Mend, options.mend)),
        tuple(DrawnRegion(tuple(region)) for region in options.region or ()), options.cover or "",
        checks=options.checks,
    )  # fmt: skip


def describe_settings(shown: ShownStudy) -> dict:
    """As JSON holds it, for `read_settings`."""
    greys = shown.greys
    return {
        "label": shown.label,
        "methods": list(shown.maps),
        "contrast": shown.contrast,
        "mends": list(shown.study.image.mends),
        "regions": [{"shape": list(region.shape), "covered": region.is_covered} for region in shown.drawn],
        "cover": shown.cover,
        "opacity": shown.opacity,
        "greys": {"black_at": greys.low, "white_at": greys.high, "inverted": greys.inverted, "window": greys.window},
        "maps_left_out": shown.held,
        "absolute_scale": shown.absolute,
        "pinned_scale": dict(shown.pinned),
        "checks": bool(shown.evaluations),
    }


def read_settings(path: Path) -> Settings:
    """Of the manifest of a ZIP. CxrError where it is none."""
    try:
        told = json.loads(path.read_bytes())
        chosen, greys = told["settings"], told["settings"]["greys"]
        regions = [DrawnRegion(_read_shape(each["shape"]), bool(each["covered"])) for each in chosen["regions"]]
        cover, prior = chosen["cover"], told["prior"] or {"sha256": "", "mends": ()}
        if cover and cover not in COVERS:
            raise ValueError(cover)
        return Settings(
            str(chosen["label"]), tuple(map(str, chosen["methods"])), bool(chosen["contrast"]),
            tuple(map(Mend, chosen["mends"])), tuple(regions), cover, float(chosen["opacity"]),
            Greys(float(greys["black_at"]), float(greys["white_at"]), bool(greys["inverted"]),
                  int(greys.get("window", 0))),
            bool(chosen["maps_left_out"]), bool(chosen["absolute_scale"]),
            {str(unit): ScaleEnds(*map(float, ends)) for unit, ends in chosen["pinned_scale"].items()},
            bool(chosen["checks"]),
            datetime.fromisoformat(told["made"]), str(told["film"]["sha256"]), str(told["checkpoint_sha256"]),
            tuple(map(Mend, prior.get("mends", ()))), str(prior["sha256"]),
        )  # fmt: skip
    except OSError as error:
        raise CxrError("again-not-read", path=str(path), reason=error.strerror or type(error).__name__) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CxrError("again-no-manifest", path=str(path)) from error


def _read_shape(given: list) -> tuple:
    return tuple(tuple(map(float, each)) if isinstance(each, list) else float(each) for each in given)
