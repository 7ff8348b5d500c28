"""Films as PNG files that hold every grey level that the product computes with."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np


def write_png(path: Path, pixels: np.ndarray, bits: int = 8) -> None:
    """pixels (H, W) float 0..1 -> a grey PNG of 8 or 16 bits."""
    white = 2**bits - 1
    levels = np.rint(np.clip(pixels, 0, 1) * white).astype(np.uint8 if bits == 8 else np.uint16)
    # A film's grain never repeats: codes by how common a level is make the smallest file.
    settings = [cv2.IMWRITE_PNG_COMPRESSION, 9, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_HUFFMAN_ONLY]
    _write(path, levels, settings)


def write_layer(path: Path, drawn: np.ndarray) -> None:
    """drawn (H, W, 4) uint8 BGRA -> a PNG in colour with what is transparent."""
    _write(path, drawn, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def _write(path: Path, levels: np.ndarray, settings: list[int]) -> None:
    is_made, data = cv2.imencode(".png", levels, settings)
    if not is_made:
        raise ValueError("the picture could not be written as PNG")
    path.write_bytes(data.tobytes())
