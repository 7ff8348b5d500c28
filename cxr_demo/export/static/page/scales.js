// From which magnitude colours are full: of a map alone, of all maps of its unit, or kept by a person; and the bar that
// says so in numbers.
import { findMethod, isMade } from "./maps.js";
import { tag } from "./markup.js";
import { chooseText, formatNumber, formatText, formatTicks } from "./words.js";

const FAR_APART = 30; // colours of a thirtieth of the strength are hardly seen
const BELOW_WEAKEST = 10; // of the weakest map, values down to a tenth of its own limit are seen
const SAME_SHAPE = 0.01; // films that differ by less in height by width
const BAR_GREY = 56; // the colour bar lies on a film grey of its own

/** @typedef {{ limit: number, start: number, sharing: number, kept: boolean }} Shared */

/**
 * Maps of one unit share the largest limit of theirs, unless a person keeps another.
 * @param {readonly EngineMap[]} maps
 * @param {import("./panels.js").Looked["pinned"]} pinned
 * @param {Manifest} network
 * @returns {Map<string, Shared>} by method
 */
export function shareScales(maps, pinned, network) {
  const shared = new Map();
  for (const { key, scale } of maps) {
    const { unit } = findMethod(network, key);
    const limits = maps
      .filter((other) => findMethod(network, other.key).unit.key === unit.key && !other.scale.nothing)
      .map((other) => other.scale.limit);
    if (scale.nothing || !unit.comparable || !limits.length) {
      shared.set(key, { limit: scale.limit, start: 0, sharing: 1, kept: false });
      continue;
    }
    const [least, most] = [Math.min(...limits), Math.max(...limits)];
    const own = { limit: most, start: most > FAR_APART * least ? least / BELOW_WEAKEST : 0 };
    const kept = pinned?.get(unit.key);
    shared.set(key, { ...(kept ?? own), sharing: limits.length, kept: Boolean(kept) });
  }
  return shared;
}

/**
 * The ends that maps of one unit share now, for a person to keep.
 * @param {Iterable<import("./maps.js").Entry>} entries
 * @param {Manifest} network
 */
export function listEnds(entries, network) {
  const maps = [...entries].filter(isMade);
  const shared = shareScales(maps, null, network);
  const comparable = maps.filter(({ key, scale }) => !scale.nothing && findMethod(network, key).unit.comparable);
  return new Map(
    comparable.map(({ key }) => {
      const { limit, start } = /** @type {Shared} */ (shared.get(key));
      return [findMethod(network, key).unit.key, { limit, start }];
    }),
  );
}

/**
 * @param {MapScale} own
 * @param {ManifestMethod["unit"]} of
 * @param {Shared} shared
 */
function describeShared(own, of, { limit, start, sharing, kept }) {
  const unit = chooseText(of.name);
  if (!of.comparable) return formatText("scale-shared-no-unit", { unit });
  if (sharing === 1 && !kept) return formatText("scale-shared-alone", { unit });
  const told = kept ? formatText("scale-kept", { unit }) : formatText("scale-shared", { unit, maps: sharing });
  const scale = start ? formatText("scale-logarithmic", { scale: told }) : told;
  const [alone, together] = [formatNumber(own.limit), formatNumber(limit)];
  return alone === together ? scale : formatText("scale-alone-full", { scale, limit: alone });
}

/**
 * A cell or a pixel of the square covers the same share of two films of one shape.
 * @param {readonly { film: FilmTold }[]} films
 * @param {ManifestMethod} method
 */
export function areComparable([{ film: one }, { film: two }], { unit }) {
  return unit.comparable && Math.abs((one.width * two.height) / (one.height * two.width) - 1) < SAME_SHAPE;
}

/**
 * On which both maps are drawn: that of the stronger one where values of two maps can be compared.
 * @param {readonly (EngineMap | null)[]} maps
 * @param {boolean} isComparable
 */
export function chooseLimits(maps, isComparable) {
  const limits = maps.map((made) => (made && !made.scale.nothing ? made.scale.limit : 0));
  return isComparable ? limits.map(() => Math.max(...limits)) : limits;
}

/** @type {Map<Colours, string>} */
const ramps = new Map();

/**
 * The colours from the low to the high end of a scale, on a dark grey.
 * @param {Colours} shown
 * @param {string} table
 */
function drawRamp(shown, table) {
  const known = ramps.get(shown);
  if (known) return known;
  const colours = tableOf({ table });
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [256, 1];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const picture = context.createImageData(256, 1);
  for (let at = 0; at < 256; at++) {
    const level = Math.max(at, shown === "signed" ? 1 : 0);
    const alpha = colours[level * 4 + 3] / 255;
    for (let part = 0; part < 3; part++)
      picture.data[at * 4 + part] = Math.round(BAR_GREY + (colours[level * 4 + part] - BAR_GREY) * alpha);
    picture.data[at * 4 + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
  ramps.set(shown, canvas.toDataURL());
  return canvas.toDataURL();
}

/**
 * Where there is one scale alone.
 * @param {MapScale} scale
 * @param {ManifestMethod["unit"]} unit
 * @param {boolean} isShared with another map
 * @param {Readonly<Record<Colours, string>>} tables
 */
export function renderOneScale(scale, { name, comparable }, isShared, tables) {
  const numbers = formatTicks(scale).map((text) => tag("span", {}, text));
  const text = isShared ? "film-pair-scale" : comparable ? "scale-own" : "scale-own-no-unit";
  const told = formatText(text, { unit: chooseText(name) });
  const ramp = tag("img", { src: drawRamp(scale.shown, tables[scale.shown]), alt: "", class: "ramp" });
  return tag("div", { class: "bar" }, ramp, tag("div", { class: "ticks" }, numbers), tag("p", { class: "unit" }, told));
}

/**
 * @param {EngineMap} made
 * @param {Shared} shared
 * @param {import("./panels.js").Looked} looked
 */
export function renderColourBar({ key, scale }, shared, { tables, network }) {
  /** @type {(of: MapScale, told: string, which: string) => HTMLElement[]} */
  const ticks = (of, told, which) => [
    tag("div", { class: `ticks ${which}` }, formatTicks(of).map((text) => tag("span", {}, text))),
    tag("p", { class: `unit ${which}` }, told),
  ]; // biome-ignore format: a pair
  const of = findMethod(network, key).unit;
  const unit = chooseText(of.name);
  const own = of.comparable ? formatText("scale-own", { unit }) : formatText("scale-own-no-unit", { unit });
  return tag(
    "div",
    { class: "bar" },
    tag("img", { src: drawRamp(scale.shown, tables[scale.shown]), alt: "", class: "ramp" }),
    ticks(scale, own, "own"),
    ticks({ ...scale, ...shared }, describeShared(scale, of, shared), "shared"),
  );
}
