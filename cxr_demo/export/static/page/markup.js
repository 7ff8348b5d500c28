// Elements with their attributes and children; texts are texts, whatever they hold.
const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * `true` gives a bare attribute, `false`, `null` and `undefined` give none, and such children are left out.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Readonly<Record<string, string | number | boolean | null | undefined>>} attributes
 * @param {...(Child | readonly Child[])} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function tag(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "style")
      element.style.cssText = String(value); // under a strict policy the attribute is not read
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of /** @type {Child[]} */ (children.flat()))
    if (child !== null && child !== undefined && child !== false) element.append(child);
  return element;
}

/**
 * @param {string} viewBox
 * @param {string} path
 */
export function drawIcon(viewBox, path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", viewBox);
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/**
 * @param {string} summary
 * @param {...(Child | readonly Child[])} children
 */
export const renderDetails = (summary, ...children) =>
  tag("details", { class: "how" }, tag("summary", {}, summary), ...children);

/**
 * A table that may be wider than the page, in a frame of this name that scrolls sideways, also by the keyboard.
 * @param {string} name
 * @param {Node} table
 */
export const renderScrollable = (name, table) =>
  tag("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": name }, table);

/**
 * A number and its bar, from `start` to `value` of 0..1, with a mark at chance.
 * @param {string} text
 * @param {number} start
 * @param {number} value
 * @param {number} chance
 */
export function renderMeasure(text, start, value, chance) {
  const number = tag("span", { class: "number" }, text);
  if (Number.isNaN(value)) return [number];
  const [low, high] = [Math.min(start, value), Math.max(start, value)];
  const fill = tag("i", { class: "fill", style: `left:${low * 100}%;width:${(high - low) * 100}%` });
  const mark = tag("i", { class: "mark", style: `left:${chance * 100}%` });
  return [number, tag("span", { class: "meter", "aria-hidden": "true" }, fill, mark)];
}
