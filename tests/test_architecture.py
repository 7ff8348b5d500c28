"""Imports flow one way, by file, in the product and in training; only their owners touch files, DICOM, weights, gradio.

`python -m pytest tests/test_architecture.py -s -k rooms` prints the rooms and the arrows between them.
"""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Every module of the house, from the bottom upwards, a line or more for each room: a file may import what stands before
# it and nothing else. A new file is given its place here.
ORDER = """
cxr_demo.text: __init__ catalogue formats
cxr_demo: limits errors labels progress grids
cxr_demo.explain: __init__ methods
cxr_demo: render
cxr_demo.text: gate_text method_text
cxr_demo.film: __init__ anatomy halving size jpeg header codestream dicom_tags dicom_voi dicom file_kinds tiff film_list
cxr_demo.film: picture_formats preprocess phantom reading film_message reader_process bounded_reading borders gate
cxr_demo.networks: __init__ memory held_folder whole_file backbones heads card_parts card standing tracing open_nets
cxr_demo.networks: torchvision_nets classifier ensemble checkpoint groups turns small_model folding gate_net
cxr_demo.explain.lrp: __init__ windows attention operations program accumulator rules rewriting lowering propagate
cxr_demo.explain.lrp: zennit_reference
cxr_demo.explain: gradient placement perturbation held_numbers cam relevance proof proof_cache engine
cxr_demo.explain: notebook_html study map_cache
cxr_demo.evaluation: __init__ checks nulls agreement label_likeness faithfulness randomisation stability regions
cxr_demo.evaluation: covering lung_segmentation evaluate
cxr_demo: analysis
cxr_demo.comparison: __init__ label_contrast checkpoint_pair ensemble_members film_pair
cxr_demo.teaching: __init__ planted toml_lines deck deck_file new_deck exam exam_score classroom
cxr_demo.text: label_text checkpoint_text
cxr_demo.export: __init__ output
cxr_demo.importing: __init__ published pickle_process weights_file source labels_given fitting verdict
cxr_demo.text: page_text scales_text localisation_text examples_text evaluation_text command_text
cxr_demo.text: findings_text pair_text film_pair_text upload_text exam_text class_text
cxr_demo.export: results csv_lines film_table class_table map_scales shown settings panel_pictures
cxr_demo.export: film_records film_answers predictions film_pair_results explanations evaluations listing
cxr_demo: __init__
cxr_demo.export: report report_pdf handout secondary_capture segmentation bundle report_file
cxr_demo.export.static: __init__ recording onnx_nodes onnx_operations graphs manifest_files manifest png_files
cxr_demo.export.static: graph_check gate_files deck_files libraries page_files single_file edition golden
cxr_demo.ui: markup terms parts faults components jobs image_encoding
cxr_demo.ui.app: __init__ host_settings hosts bounded_requests uploads upload_route wish
cxr_demo.ui.findings: __init__ findings_list localisation_table facts gate_table
cxr_demo.ui.viewer: __init__ colour_bar methods deep_film film_pictures agreement_table likeness_table view_controls
cxr_demo.ui.viewer: panels film_regions cover_table regions_table
cxr_demo.ui.evaluation: __init__ evaluation_curves evaluation_table evaluation_run
cxr_demo.ui.compare: __init__ pair_view members_view film_pair_view
cxr_demo.ui.lesson: __init__ lesson_view exam_room film_card exam_view exam_events class_view class_page class_routes
cxr_demo.ui.export: __init__ export_files take_home
cxr_demo.ui.app: strip example_films sessions reading_places desk exports work other_film view films_table whole_page
cxr_demo.ui.app: tour readiness prefetch follower intentions stream guard program_bounds tool_answers endpoints page
cxr_demo.ui: __init__
cxr_demo.commands: __init__ arguments opening launched films predict explain compare evaluate report checkpoints
cxr_demo.commands: listing deck static
cxr_demo: __main__
train: __init__ recipe markdown
train.data: __init__ table text_tables splits readers own_films films_csv datasets split_tables describe
train.measure: __init__ intervals metrics thresholds calibration floors plots predictions localisation
train.measure: hub_metadata explanation_sheet model_card compare
train.fit: __init__ environment imagenet losses processes run_state optimiser augment batches transfer loop
train: recipe_changes evaluate calibration_run ensembles push
train.report: __init__ run_report figures ensemble_report small_model_report
train.benchmarks: __init__ phantom_sets pointing_game marker_test phantoms lung_films lung_training lung_evidence
train.gate: __init__ sources films scans drawings examples report training
train.recipes: kermany kufel2023 adults boit2019 avola2022 children bassi2022 consilium rajaraman2021 own __init__
train: run __main__
"""
MODULES = [f"{room}.{name}" for room, names in (line.split(": ") for line in ORDER.strip().splitlines())
           for name in names.split()]  # fmt: skip
FLOOR = {module: floor for floor, module in enumerate(MODULES)}
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path
    for folder in ("cxr_demo", "train")
    for path in sorted((ROOT / folder).rglob("*.py"))
}
# A room and the one inside it: the order of their files says which way.
SHARED_FLOORS = ({"cxr_demo.explain", "cxr_demo.explain.lrp"}, {"cxr_demo.ui", "cxr_demo.ui.app"})
CATALOGUE = {"cxr_demo.text.__init__", "cxr_demo.text.catalogue", "cxr_demo.text.formats"}
OWNERS = {  # package -> the only rooms, or modules of them, of the product that may import it
    "gradio": ("cxr_demo.ui",),
    "onnx": ("cxr_demo.export.static",),
    "onnxruntime": ("cxr_demo.export.static.graph_check",),
    "typst": ("cxr_demo.export.report_pdf",),
    "pydicom": (
        "cxr_demo.film.dicom",
        "cxr_demo.film.dicom_tags",
        "cxr_demo.film.dicom_voi",
        "cxr_demo.film.codestream",
        "cxr_demo.export.secondary_capture",
    ),
    "highdicom": ("cxr_demo.export.segmentation",),
    "PIL": ("cxr_demo.film.picture_formats",),
    "safetensors": (
        "cxr_demo.networks.checkpoint",
        "cxr_demo.importing.weights_file",
        "cxr_demo.importing.pickle_process",
    ),
    "timm": ("cxr_demo.networks", "cxr_demo.importing", "cxr_demo.explain.lrp.lowering"),
    "torchvision": ("cxr_demo.networks", "cxr_demo.importing", "cxr_demo.explain.lrp.lowering"),
    "zennit": ("cxr_demo.explain.lrp.zennit_reference",),
    "pytorch_grad_cam": ("cxr_demo.explain.cam",),
    "scipy": (
        "cxr_demo.evaluation.agreement",
        "cxr_demo.evaluation.label_likeness",
        "cxr_demo.evaluation.nulls",
        "cxr_demo.evaluation.regions",
    ),
    "fluent": ("cxr_demo.text.catalogue",),
    "babel": ("cxr_demo.text.formats",),
}


def imports_of(path: Path) -> set[str]:
    """Everything a file imports, wherever in it: modules, and what is taken from them, with dots."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports by dots: give the full name"
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def arrows_of(module: str) -> set[str]:
    """The modules of the house that one of them imports: of `from a.b import c` a.b.c where that is a module, else
    a.b, which may be a package's `__init__`."""
    found = set()
    for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            candidates = [(f"{node.module}.{alias.name}", node.module) for alias in node.names]
        elif isinstance(node, ast.Import):
            candidates = [(alias.name,) for alias in node.names]
        else:
            continue
        for names in candidates:
            files = (file for name in names for file in (name, f"{name}.__init__") if file in FILES)
            found |= {next(files, module)}
    return found - {module}


@pytest.mark.parametrize("module", FILES)
def test_imports_point_downwards(module):
    assert module in FLOOR, f"{module} has no place in the house: give it one in ORDER, above all that it imports."
    for other in arrows_of(module):
        assert other in FLOOR, f"{other} has no place in the house: give it one in ORDER, above all that it imports."
        assert FLOOR[other] < FLOOR[module], f"{module} imports {other}, which stands above it in ORDER."
    if module.startswith("cxr_demo."):
        assert not any(name.split(".")[0] == "train" for name in imports_of(FILES[module])), (
            f"{module} is of the product and imports train, which is not installed with it."
        )


def test_the_house_names_every_module_once():
    assert [name for name, count in Counter(MODULES).items() if count > 1] == []
    assert [name for name in MODULES if name not in FILES] == [], "ORDER names modules that are gone."
    for folder in ("cxr_demo", "train"):
        entries = [path for path in (ROOT / folder).iterdir() if path.name != "__pycache__"]
        assert len(entries) <= 20, f"{folder}/ has {len(entries)} entries; make a room."


def test_rooms_and_their_arrows():
    """Between rooms all arrows go one way too, but for the files that stand in no room, as they are on every floor, and
    the catalogue, by which everybody speaks."""
    arrows = Counter(
        (module.rpartition(".")[0], other.rpartition(".")[0])
        for module in FILES
        for other in arrows_of(module) - CATALOGUE
    )
    between = {(a, b): count for (a, b), count in arrows.items() if a != b}
    for (room, other), count in sorted(between.items()):
        print(f"{room} -> {other} ({count})")
    assert between
    for room, other in between:
        if {room, other} & {"cxr_demo", "train"} or {room, other} in SHARED_FLOORS:
            continue
        assert (other, room) not in between, f"{room} and {other} import each other"


@pytest.mark.parametrize("module", [name for name in FILES if name.startswith("cxr_demo.")])
def test_a_package_has_one_owner(module):
    for name in imports_of(FILES[module]):
        owners = OWNERS.get(name.split(".")[0])
        assert owners is None or any(f"{module}.".startswith(f"{owner}.") for owner in owners), (
            f"{module} imports {name}, which belongs to {', '.join(owners or ())}."
        )


@pytest.mark.parametrize("path", [*FILES.values(), ROOT / "app.py"], ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_stay_readable(path):
    """A file is one idea, whatever its length, but not a book; a function fits on a screen."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 60, node.name
