"""Everything of one film in one ZIP: report, pictures, arrays, and a manifest with which the same can be made again."""

from __future__ import annotations

import hashlib
import io
import json
import shlex
import zipfile
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from cxr_demo import __version__, render
from cxr_demo.analysis import Analyser
from cxr_demo.evaluation.regions import Region, name_drawn_region
from cxr_demo.export import panel_pictures
from cxr_demo.export.report import describe_versions
from cxr_demo.export.report_pdf import PANEL_PX, make_panel_picture, make_report
from cxr_demo.export.results import describe_gate, describe_study
from cxr_demo.export.secondary_capture import make_secondary_capture
from cxr_demo.export.shown import DrawnMap, ShownStudy
from cxr_demo.progress import ProgressCallback, ignore_progress

SPREAD_PX = 1024  # longest side of a map that is spread over the film
MANIFEST, ARRAYS, REPORT = "manifest.json", "maps.npz", "report.pdf"


def make_bundle(
    shown: ShownStudy,
    analyser: Analyser,
    drawn: Sequence[Region] = (),
    on_progress: ProgressCallback = ignore_progress,
) -> bytes:
    """The ZIP. `drawn`: the person's own regions; the commands of the manifest name those that are boxes.

    report.pdf; pictures/ with each panel and its colour bar; overlays/ with each map over the film alone, and dicom/
    with the same as secondary captures; maps.npz, where "method/label/native" (h, w) float32 is a map on its own grid
    over the square, and of a unit that adds up "method/label/spread" (H, W) float64 the same with each cell spread over
    the film, of at most `SPREAD_PX` a side: there the values of a region add up."""
    panels = panel_pictures.list_panels(shown)
    makers: dict[str, Callable[[], bytes]] = {REPORT: lambda: make_report(shown), ARRAYS: lambda: _pack_arrays(shown)}
    for panel in panels:
        makers[f"pictures/{panel}.png"] = lambda panel=panel: make_panel_picture(shown, panel)
        makers[f"overlays/{panel}.png"] = lambda panel=panel: _draw_plain(shown, panel)
        makers[f"dicom/{panel}.dcm"] = lambda panel=panel: make_secondary_capture(shown, panel, PANEL_PX)
    files: dict[str, bytes] = {}
    for name, make in makers.items():
        on_progress(len(files), len(makers))
        files[name] = make()
    manifest = _describe_bundle(shown, analyser, drawn, files)
    files = {MANIFEST: json.dumps(manifest, indent=2, ensure_ascii=False).encode(), **files}
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, file in files.items():
            entry = zipfile.ZipInfo(name, shown.made.timetuple()[:6])
            packed = zipfile.ZIP_DEFLATED if name == MANIFEST else zipfile.ZIP_STORED  # the others are packed already
            archive.writestr(entry, file, packed)
    return sink.getvalue()


def make_commands(shown: ShownStudy, drawn: Sequence[Region] = ()) -> list[str]:
    """What makes the same on the command line, with the film's file in the working folder."""
    film, weights = shlex.quote(shown.film_name), shlex.quote(f"weights/{shown.card.name}")
    start = f"python -m cxr_demo {{}} {film} --weights {weights} --anyway"
    methods = [key for key, each in shown.maps.items() if isinstance(each, DrawnMap)]
    chosen = f" --label {shlex.quote(shown.label)}" + (f" --method {' '.join(methods)}" if methods else "")
    chosen += " --contrast" if shown.contrast else ""
    boxes = [region for region in drawn if not isinstance(region[0], tuple)]
    box = "".join(f" --region {' '.join(f'{side:.6g}' for side in each)}" for each in boxes)
    checks = " --checks" if shown.evaluations else ""
    return [
        f"{start.format('report')}{chosen}{box}{checks} --out report.pdf",
        f"{start.format('explain')}{chosen} --out maps",
    ]


def _draw_plain(shown: ShownStudy, panel: str) -> bytes:
    return panel_pictures.encode_png(panel_pictures.draw_panel(shown, panel, PANEL_PX))


def _pack_arrays(shown: ShownStudy) -> bytes:
    arrays: dict[str, np.ndarray] = {}
    shape = render.fit_shape(shown.study.image.pixels.shape, SPREAD_PX)
    for key, drawn in shown.list_drawn().items():
        made, name = drawn.explanation, _name_map(shown, key)
        arrays[f"{name}/native"] = made.map_square
        if made.unit.per_area:
            spread = shown.card.preprocess.spread_on_image(made.map_square, shape, made.placement)
            arrays[f"{name}/spread"] = spread
    sink = io.BytesIO()
    np.savez_compressed(sink, allow_pickle=False, **arrays)
    return sink.getvalue()


def _name_map(shown: ShownStudy, method: str) -> str:
    """As in the maps.npz of the command line."""
    return f"{method}/{shown.label}/contrast" if shown.contrast else f"{method}/{shown.label}"


def _describe_bundle(
    shown: ShownStudy, analyser: Analyser, drawn: Sequence[Region], files: Mapping[str, bytes]
) -> dict:
    maps = {
        _name_map(shown, key): {
            "unit": drawn.explanation.unit,
            "native_shape": list(drawn.explanation.map_square.shape),
            "sum_over_native_map": drawn.explanation.total,
            "logit": drawn.explanation.logit,
            "left_out_as_bias": drawn.explanation.left_out,
            "full_colour_at": drawn.scale.limit,
        }
        for key, drawn in shown.list_drawn().items()
    }
    greys = shown.greys
    return {
        "made": shown.made.isoformat(),
        "versions": [f"cxr-demo {__version__}", describe_versions()],
        "not_for_clinical_use": True,
        "file": shown.film_name,
        "label": shown.label,
        "opacity": shown.opacity,
        "greys": {"black_at": greys.low, "white_at": greys.high, "inverted": greys.inverted},
        "regions": [{"name": name_drawn_region(at), "shape": list(region)} for at, region in enumerate(drawn)],
        "gate": shown.gate and describe_gate(shown.gate),
        **describe_study(analyser, shown.study),
        "maps": maps,
        "card": json.loads(shown.card.to_json()),
        "sha256": {name: hashlib.sha256(file).hexdigest() for name, file in files.items()},
        "commands": make_commands(shown, drawn),
    }
