"""Maps in the colours that `render` gives them: the script of the page against numpy, on every kind of scale."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Browser

from cxr_demo.render import Scale, make_colour_table, quantise_map
from cxr_demo.ui.components import read_script

SIZE = 48
RASTERISE = """([script, values, size, table, signed, limit, start]) => {
  const { rasterise } = new Function(`${script}; return { rasterise };`)();
  const all = [0, 1];
  const map = { rows: size, columns: size, down: all, across: all, values: Float32Array.from(values) };
  const whole = [0, size];
  const frame = { width: size, height: size, size, seenX: whole, seenY: whole, placedX: whole, placedY: whole };
  const canvas = rasterise(map, frame, Uint8Array.from(table), signed, { limit, start }, true);
  return [...canvas.getContext("2d").getImageData(0, 0, size, size).data];
}"""


@pytest.mark.parametrize("shown", ["positive", "signed"])
@pytest.mark.parametrize("start", [0.0, 2e-5])
def test_a_browser_draws_a_map_as_numpy_does(browser: Browser, shown, start):
    scale = Scale(shown, "logit points per pixel", 0.15, start=start)
    random = np.random.default_rng(0)
    map_raw = (random.choice([-1, 1], SIZE**2) * 10.0 ** random.uniform(-6, 0, SIZE**2)).astype(np.float32)
    map_raw[:SIZE] = 0
    table = make_colour_table(scale)
    page = browser.new_page()
    given = [read_script("viewer/drawing"), map_raw.tolist(), SIZE, table.ravel().tolist(), scale.signed, 0.15, start]
    drawn = np.array(page.evaluate(RASTERISE, given), np.uint8).reshape(-1, 4)
    page.close()
    levels = quantise_map(map_raw, scale)
    near = [_lay_on_black(table[np.clip(levels.astype(int) + step, 0, 255)]) for step in (-1, 0, 1)]
    far = [np.abs(_lay_on_black(drawn) - colours).max(axis=1) for colours in near]
    assert np.min(far, axis=0).max() <= 2 and np.mean(far[1] > 2) < 0.01, "a half may be rounded up or down"
    assert not drawn[:SIZE].any(), "where a map is zero the film is untouched"
    assert not start or not drawn[np.abs(map_raw) <= start].any()


def _lay_on_black(colours: np.ndarray) -> np.ndarray:
    """RGBA (N, 4) uint8 -> (N, 4), without what a canvas does not keep of a colour that is nearly clear."""
    return np.column_stack([colours[:, :3] * (colours[:, 3:] / 255), colours[:, 3]])
