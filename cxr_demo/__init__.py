"""Compare what explanations of a chest X-ray classifier say.

A film goes in; per-label probabilities come out, with Grad-CAM and LRP maps of the same label on the same film. Reading
order: `image` (file -> Radiograph), `preprocess` (film -> square and back), `model` and `checkpoint` (-> logits),
`explain` (logits -> maps; `explain.proof` proves them), `analysis` (the Analyser holds the lock and the cache),
`render` (maps -> colours), `lesson` (drawn films of `phantom`: guess, then look), `ui` (the page). `labels` names the
findings, `errors` the only errors a user sees.

Shapes: H, W film; S square of the model; C channels; L labels; h, w cells of a class activation map. Arrays outside are
numpy float32, tensors live inside only.

    from cxr_demo import Analyser, load, read_image

    analyser = Analyser(load("weights/kermany-densenet121"))
    study = analyser.analyse(read_image("film.png"))
    maps = analyser.explain(study, ["bacterial_pneumonia"], ["grad-cam", "lrp-epsilon"])
"""

from cxr_demo.analysis import Analyser
from cxr_demo.explain.methods import METHODS
from cxr_demo.film.reading import read_image
from cxr_demo.networks.checkpoint import load

__all__ = ["METHODS", "Analyser", "load", "read_image"]
