// Pictures that the browser decodes, and whether it hands out their pixels as they are.

import { Failure } from "./failure.js";
import { checkSize } from "./size.js";

const SIDE = 16; // of the known picture
/** @type {boolean | null} */
let isTrusted = null;

/**
 * Eight bits of red, green, blue and opacity, its colours as they are stored. Some browsers change what is read back, so
 * that nobody is known by it: a Failure there.
 * @param {Uint8Array} bytes
 */
export async function drawPicture(bytes) {
  isTrusted ??= isKnownPictureKept();
  if (!isTrusted) throw new Failure("static-pixels-changed");
  const picture = await createImageBitmap(new Blob([/** @type {BlobPart} */ (bytes)]), {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  });
  const { width, height } = picture;
  checkSize(width, height, "pixels");
  const context = openCanvas(width, height);
  context.drawImage(picture, 0, 0);
  picture.close();
  const rgba = context.getImageData(0, 0, width, height).data;
  return { width, height, rgba };
}

/** @type {(width: number, height: number) => OffscreenCanvasRenderingContext2D} */
const openCanvas = (width, height) =>
  /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(width, height).getContext("2d"));

/** Drawn by the same way, and read back. */
function isKnownPictureKept() {
  const known = new ImageData(SIDE, SIDE);
  for (let at = 0; at < known.data.length; at++) known.data[at] = at % 4 === 3 ? 255 : (at * 73 + (at >> 4) * 31) & 255;
  const drawn = openCanvas(SIDE, SIDE);
  drawn.putImageData(known, 0, 0);
  const context = openCanvas(SIDE, SIDE);
  context.drawImage(drawn.canvas, 0, 0);
  return context.getImageData(0, 0, SIDE, SIDE).data.every((value, at) => value === known.data[at]);
}
