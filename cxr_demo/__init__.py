"""Compare what explanations of a chest X-ray classifier say.

An image goes in; per-label probabilities come out, with Grad-CAM and LRP maps of the same label on the same image.
Reading order: `film` (file -> Radiograph -> square and back), `networks` (checkpoint -> logits), `explain` (logits ->
maps; `explain.proof` proves them), `analysis` (the Analyser holds the lock and the cache), `render` (maps -> colours),
`teaching` (synthetic films: guess, then look), `ui` (the page). `labels` names the findings, `errors` the only errors a
user sees.

Shapes: H, W image; S square of the model; C channels; L labels; h, w cells of a class activation map. Arrays outside
are numpy float32, tensors live inside only.

    from cxr_demo import Analyser, load, read_image

    analyser = Analyser(load("weights/kermany-densenet121"))
    study = analyser.analyse(read_image("film.png"))
    maps = analyser.explain(study, ["bacterial_pneumonia"], ["grad-cam", "lrp-epsilon"])

Each name is imported when it is first asked for, so that `cxr_demo.labels` alone loads no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxr_demo.analysis import Analyser
    from cxr_demo.errors import CxrError
    from cxr_demo.explain.methods import METHODS
    from cxr_demo.explain.study import Explanation, Study
    from cxr_demo.film.reading import Radiograph, read_image
    from cxr_demo.networks.checkpoint import load
    from cxr_demo.render import draw_overlay as overlay

__version__ = "0.1.0"
__all__ = [
    "METHODS", "Analyser", "CxrError", "Explanation", "Radiograph", "Study", "__version__", "load", "overlay",
    "read_image",
]  # fmt: skip

_HOMES = {
    "METHODS": ("explain.methods", "METHODS"),
    "Analyser": ("analysis", "Analyser"),
    "CxrError": ("errors", "CxrError"),
    "Explanation": ("explain.study", "Explanation"),
    "Radiograph": ("film.reading", "Radiograph"),
    "Study": ("explain.study", "Study"),
    "load": ("networks.checkpoint", "load"),
    "overlay": ("render", "draw_overlay"),
    "read_image": ("film.reading", "read_image"),
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, there = _HOMES[name]
    globals()[name] = getattr(import_module(f"{__name__}.{module}"), there)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
