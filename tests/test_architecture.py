"""Imports flow one way, files stay small, and only their owners touch files, DICOM, weights and gradio."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PRODUCT = sorted((ROOT / "cxr_demo").rglob("*.py"))
TRAIN = sorted((ROOT / "train").rglob("*.py"))
LAYERS = [
    {"errors", "labels", "progress"},
    {"image", "dicom", "preprocess", "render", "anatomy", "phantom", "checks"},
    {"backbones", "heads", "torchvision_nets"},
    {"model"},
    {"card", "checkpoint", "ensemble", "explain"},
    {"agreement", "lungs"},
    {"faithfulness", "randomisation", "stability", "where"},
    {"belief", "cache"},
    {"analysis"},
    {"lesson", "pairing", "members"},
    {"ui", "__main__", "written"},
]
OWNERS = {  # package -> the only modules, or files of them, of the product that may import it
    "gradio": {"ui"},
    "pydicom": {"dicom"},
    "PIL": {"image"},
    "safetensors": {"checkpoint"},
    "timm": {"model", "torchvision_nets", "explain/lowering"},
    "torchvision": {"torchvision_nets", "explain/lowering"},
    "zennit": {"explain/rebuilt"},
    "pytorch_grad_cam": {"explain/cam"},
    "scipy": {"agreement"},
}


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def module_of(path: Path) -> str:
    """cxr_demo/ui/page.py -> ui; cxr_demo/image.py -> image."""
    return path.relative_to(ROOT / "cxr_demo").parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", PRODUCT, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_product_imports_downwards(path):
    layer = {name: depth for depth, names in enumerate(LAYERS) for name in names}
    module = module_of(path)
    assert not {name for name in imported(path) if name.split(".")[0] == "train"}
    if module == "__init__":
        return
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "cxr_demo" and len(parts) > 1 and parts[1] in layer and parts[1] != module:
            assert layer[parts[1]] <= layer[module], f"{module} imports {parts[1]}, which lies above it"


@pytest.mark.parametrize("path", PRODUCT, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_package_has_one_owner(path):
    for name in imported(path):
        owners, file = OWNERS.get(name.split(".")[0]), path.relative_to(ROOT / "cxr_demo").with_suffix("")
        assert owners is None or {module_of(path), file.as_posix()} & owners, f"{name} belongs to {owners}"


@pytest.mark.parametrize("path", PRODUCT + TRAIN + [ROOT / "app.py"], ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_stay_small(path):
    assert len(path.read_text().splitlines()) <= 315
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 60, node.name
