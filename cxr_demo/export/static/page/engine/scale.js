// What the colours of a map mean. Twin of `render`.

import { formatNumber, roundEven } from "./numbers.js";

const { fround } = Math;

/**
 * Of rising values, between neighbours in a straight line; `share` 0..1.
 * @param {Float64Array | Float32Array} rising
 * @param {number} share
 */
export function findPercentile(rising, share) {
  const place = share * (rising.length - 1);
  const at = Math.floor(place);
  const low = rising[at];
  const high = rising[Math.min(at + 1, rising.length - 1)];
  const part = place - at;
  return part >= 0.5 ? high - (high - low) * (1 - part) : low + (high - low) * part;
}

/**
 * @param {Float32Array} values of a map
 * @param {{ shown: "positive" | "signed", unit: { key: string, amount: string } }} method
 * @param {RenderFacts} facts
 * @returns {MapScale}
 */
export function chooseScale(values, { shown, unit: { key: unit, amount } }, facts) {
  const evidence = new Float64Array(values.length);
  let count = 0;
  let sum = 0;
  let most = 0;
  for (const value of values) {
    const one = shown === "signed" ? Math.abs(value) : value;
    if (!(one > 0)) continue;
    evidence[count++] = one;
    sum += one;
    most = Math.max(most, one);
  }
  const isLittle = amount !== "" && (amount === "sum" ? sum : most) < facts.evidence_floor;
  if (!count || isLittle) return { shown, unit, limit: 0, nothing: true, start: 0 };
  const rising = evidence.subarray(0, count).sort();
  return { shown, unit, limit: findPercentile(rising, facts.clip_percentile / 100), nothing: false, start: 0 };
}

/**
 * Values -> 0..255 for 0..limit, or 1..255 with the zero of signed scales in the middle.
 * @param {Float32Array} values
 * @param {MapScale} scale
 * @param {number} signedZero
 */
export function quantise(values, { shown, limit, nothing, start }, signedZero) {
  const isSigned = shown === "signed";
  const levels = new Uint8Array(values.length);
  if (nothing) return isSigned ? levels.fill(signedZero) : levels;
  const [lowest, steps, zero] = isSigned ? [-1, 127, signedZero] : [0, 255, 0];
  const most = fround(limit);
  const span = start ? Math.log(limit / start) : 1;
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    if (start) {
      const magnitude = Math.max(Math.abs(value), fround(start));
      const share = (Math.sign(value) * fround(Math.log(fround(magnitude / fround(start))))) / span;
      levels[at] = roundEven(Math.min(1, Math.max(lowest, share)) * steps + zero);
    } else {
      const share = Math.min(1, Math.max(lowest, fround(value / most)));
      levels[at] = roundEven(fround(fround(share * steps) + zero));
    }
  }
  return levels;
}

/**
 * The numbers at the start, the middle and the end of a colour bar; none when there is nothing to show.
 * @param {MapScale} scale
 * @param {string} point the decimal sign of the language
 */
export function chooseTicks({ shown, limit, nothing, start }, point = ".") {
  if (nothing) return [];
  const [low, end] = [formatNumber(start, point), formatNumber(limit, point)];
  if (shown === "signed") return [`≤ −${end}`, start ? `±${low}` : "0", `≥ +${end}`];
  const middle = start ? Math.sqrt(start * limit) : limit / 2;
  return [start ? `≤ ${low}` : "0", formatNumber(middle, point), `≥ ${end}`];
}

/**
 * Greys under coloured levels -> RGB, as exported pictures have it.
 * @param {Uint8Array} greys
 * @param {Uint8Array} levels
 * @param {Uint8Array} table 256 x RGBA
 * @param {number} opacity
 */
export function drawOverlay(greys, levels, table, opacity) {
  const rgb = new Uint8Array(3 * greys.length);
  const part = fround(opacity / 255);
  for (let at = 0; at < greys.length; at++) {
    const colour = 4 * levels[at];
    const alpha = fround(table[colour + 3] * part);
    for (let channel = 0; channel < 3; channel++) {
      const change = fround((table[colour + channel] - greys[at]) * alpha);
      rgb[3 * at + channel] = roundEven(fround(greys[at] + change));
    }
  }
  return rgb;
}

/** @param {Float32Array} pixels 0..1 */
export function makeGreys(pixels) {
  return Uint8Array.from(pixels, (value) => roundEven(fround(Math.min(1, Math.max(0, value)) * 255)));
}
