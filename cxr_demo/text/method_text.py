"""The words of methods, families and units: an entry's own where it has some, else those of the catalogue."""

from __future__ import annotations

from cxr_demo.explain.methods import EVIDENCE_FLOOR, Family, Method, Unit
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.formats import format_digits

CALIBRATED = "calibrated "  # before the unit of maps that two networks have in common
UNIT_NAMES = {
    Unit.CELL: "unit-cell",
    Unit.PIXEL: "unit-pixel",
    Unit.SLOPE: "unit-slope",
    Unit.HIDDEN: "unit-hidden",
    Unit.RELATIVE: "unit-relative",
    Unit.CELL.per_area: "unit-film-share",
    Unit.SLOPE.per_area: "unit-slope-film-share",
}


def describe_caption(method: Method, is_contrast: bool = False) -> str:
    """What a map of this method does not show; `is_contrast`: of a finding against the others, which is drawn with what
    speaks against it."""
    if is_contrast and method.shown == "positive":
        return format_text("contrast-caption")
    return method.caption or format_text(f"caption-{method.key}")


def describe_promise(family: Family) -> str:
    """What a panel says before there is a map."""
    return family.promise or format_text(f"family-{family.key}")


def name_unit(unit: str) -> str:
    """A `Unit`, or what JSON holds instead of one; a unit that the catalogue does not know is called what it is."""
    if unit.startswith(CALIBRATED):
        return format_text("unit-calibrated", unit=name_unit(unit.removeprefix(CALIBRATED)))
    return format_text(UNIT_NAMES[unit]) if unit in UNIT_NAMES else unit


def describe_too_little(unit: Unit) -> str:
    """Of a map that holds less than `EVIDENCE_FLOOR`; "" where its values are no amounts of evidence."""
    if not unit.amount:
        return ""
    floor = format_digits(EVIDENCE_FLOOR, 2)
    if unit.too_little:
        return unit.too_little.format(floor=floor)
    return format_text(f"unit-{unit.name.lower()}.too-little", floor=floor)
