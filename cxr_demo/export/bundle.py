"""Everything of one film in one ZIP: report, pictures, arrays, and a manifest with which the same can be made again."""

from __future__ import annotations

import hashlib
import io
import json
import shlex
import zipfile
from collections.abc import Callable, Iterator

import numpy as np

from cxr_demo import __version__, render
from cxr_demo.analysis import Analyser
from cxr_demo.export import panel_pictures
from cxr_demo.export.report import describe_versions
from cxr_demo.export.report_pdf import PANEL_PX, make_panel_picture, make_report
from cxr_demo.export.results import (
    describe_changes,
    describe_gate,
    describe_region_shares,
    describe_study,
    name_values,
)
from cxr_demo.export.secondary_capture import make_secondary_capture
from cxr_demo.export.segmentation import make_segmentation
from cxr_demo.export.settings import describe_settings
from cxr_demo.export.shown import ShownStudy
from cxr_demo.limits import MAX_EXPORT_BYTES
from cxr_demo.progress import ProgressCallback, ignore_progress
from cxr_demo.text.catalogue import LANGUAGE, USUAL_LANGUAGE

SPREAD_PX = 1024  # longest side of a map that is spread over the film
LEAST_PX = 256  # of pictures, however many there are
MANIFEST, ARRAYS, REPORT, SEGMENTATION = "manifest.json", "maps.npz", "report.pdf", "dicom/regions.dcm"


def make_bundle(
    shown: ShownStudy,
    analyser: Analyser,
    on_progress: ProgressCallback = ignore_progress,
    most_bytes: int = MAX_EXPORT_BYTES,
) -> bytes:
    """The ZIP, of at most `most_bytes`, as far as smaller pictures make it so.

    report.pdf; pictures/ with each panel and its colour bar; overlays/ with each map over the film alone; dicom/ with
    the same as secondary captures, and the lungs and regions as a segmentation of the film's; maps.npz, where
    "method/label/native" (h, w) float32 is a map on its own grid over the square, and of a unit that adds up
    "method/label/spread" (H, W) float64 the same with each cell spread over the film, of at most `SPREAD_PX` a side:
    there the values of a region add up."""
    longest_px = PANEL_PX
    while True:
        file = _pack(shown, analyser, on_progress, longest_px, most_bytes)
        if file is not None:
            return file
        longest_px = longest_px * 7 // 10


def _pack(
    shown: ShownStudy, analyser: Analyser, on_progress: ProgressCallback, longest_px: int, most_bytes: int
) -> bytes | None:
    """With pictures of at most `longest_px` a side; None as soon as it is too large, unless they are small already. One
    file after the other, so that never more than one is held beside the ZIP."""
    makers = dict(_list_makers(shown, longest_px))
    hashes: dict[str, str] = {}
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:

        def add(name: str, file: bytes) -> None:
            entry = zipfile.ZipInfo(name, shown.made.timetuple()[:6])
            packed = zipfile.ZIP_DEFLATED if name.endswith((".json", ".dcm")) else zipfile.ZIP_STORED
            archive.writestr(entry, file, packed, 6)  # the others are packed already

        for name, make in makers.items():
            on_progress(len(hashes), len(makers))  # what is left out counts for nothing
            file = make()
            if file is None:
                continue
            hashes[name] = hashlib.sha256(file).hexdigest()
            add(name, file)
            if sink.tell() > most_bytes and longest_px > LEAST_PX:
                return None
        manifest = _describe_bundle(shown, analyser, longest_px) | {"sha256": hashes}
        add(MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False).encode())
    return sink.getvalue()


def _list_makers(shown: ShownStudy, longest_px: int) -> Iterator[tuple[str, Callable[[], bytes | None]]]:
    """(name, what makes the file, or None where there is nothing for it) of all but the manifest."""
    yield REPORT, lambda: make_report(shown)
    yield ARRAYS, lambda: _pack_arrays(shown, min(SPREAD_PX, longest_px))
    yield SEGMENTATION, lambda: make_segmentation(shown, longest_px)
    for panel in panel_pictures.list_panels(shown):
        yield f"pictures/{panel}.png", lambda panel=panel: make_panel_picture(shown, panel, longest_px)
        yield f"overlays/{panel}.png", lambda panel=panel: _draw_plain(shown, panel, longest_px)
        yield f"dicom/{panel}.dcm", lambda panel=panel: make_secondary_capture(shown, panel, longest_px)


def make_commands(shown: ShownStudy) -> list[str]:
    """What makes the same on the command line, with the films' files in the working folder, and the ZIP unpacked there;
    nothing of a synthetic film, which has no file, and no report of what is compared with one."""
    if shown.gate is None:
        return []
    language = "" if LANGUAGE.get() == USUAL_LANGUAGE else f" --lang {LANGUAGE.get()}"
    start, film = f"python -m cxr_demo{language}", shlex.quote(shown.film_name)
    weights = shlex.quote(f"weights/{shown.card.name}")
    commands = []
    if not (shown.prior and shown.prior.is_synthetic):
        prior = f" --prior={shlex.quote(shown.prior.name)}" if shown.prior else ""
        films = f"{prior} -- {film}"
        commands.append(f"{start} report --again {MANIFEST} --out again.zip --weights {weights} --anyway{films}")
    if methods := list(shown.list_drawn()):
        mends = "".join(f" --mend {mend}" for mend in shown.study.image.mends)
        chosen = f"--label {shlex.quote(shown.label)} --method {' '.join(methods)}{' --contrast' * shown.contrast}"
        commands.append(f"{start} explain --out maps --weights {weights} --anyway{mends} {chosen} -- {film}")
    return commands


def _draw_plain(shown: ShownStudy, panel: str, longest_px: int) -> bytes:
    return panel_pictures.encode_png(panel_pictures.draw_panel(shown, panel, longest_px))


def _pack_arrays(shown: ShownStudy, longest_px: int) -> bytes:
    arrays: dict[str, np.ndarray] = {}
    shape = render.fit_shape(shown.study.image.pixels.shape, longest_px)
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


def _describe_bundle(shown: ShownStudy, analyser: Analyser, longest_px: int) -> dict:
    maps = {
        _name_map(shown, key): {
            "unit": drawn.explanation.unit,
            "native_shape": list(drawn.explanation.map_square.shape),
            "sum_over_native_map": drawn.explanation.total,
            "logit": drawn.explanation.logit,
            "left_out_as_bias": drawn.explanation.left_out,
            "full_colour_at": drawn.scale.limit,
            "logarithmic_from": drawn.scale.start or None,
        }
        for key, drawn in shown.list_drawn().items()
    }
    prior = shown.prior
    return {
        "made": shown.made.isoformat(),
        "versions": [f"cxr-demo {__version__}", describe_versions()],
        "not_for_clinical_use": True,
        "file": shown.film_name,
        "settings": describe_settings(shown),
        "pictures_longest_px": longest_px,
        "gate": shown.gate and describe_gate(shown.gate),
        **describe_study(analyser, shown.study),
        "prior": prior and {"file": prior.name, **describe_changes(prior.changes, prior.study, prior.alignment)},
        "covered": None if shown.covered is None else name_values(shown.study.labels, shown.covered),
        "regions": {method: describe_region_shares(of) for method, of in shown.regions.items()},
        "maps": maps,
        "card": json.loads(shown.card.to_json()),
        "commands": make_commands(shown),
    }
