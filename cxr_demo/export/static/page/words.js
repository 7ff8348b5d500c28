// Every word that a person reads, by the name of its message, in the language of the moment; numbers as the product
// writes them. The catalogues are the product's own files.
import {
  formatSignificant,
  roundEven,
  subtractShown,
  writeFixed,
  formatNumber as writeNumber,
} from "./engine/numbers.js";
import { chooseTicks } from "./engine/scale.js";
import { FluentBundle, FluentNumber, FluentResource } from "./lib/fluent/index.js";

/** @type {Map<string, FluentBundle>} */
const catalogues = new Map();
const languageNow = () => document.documentElement.lang;

/**
 * @param {string} code
 * @param {string} source of Project Fluent
 */
export function addCatalogue(code, source) {
  const bundle = new FluentBundle(code, { useIsolating: false });
  bundle.addResource(new FluentResource(source));
  catalogues.set(code, bundle);
}

/**
 * `message` is a name of the catalogue, or "name.attribute". Throws for one that is not there, and for a value that it
 * needs and did not get.
 * @param {string} message
 * @param {Readonly<Record<string, MessageValue>>} [values]
 * @returns {string}
 */
export function formatText(message, values = {}) {
  const [name, attribute] = message.split(".");
  const bundle = catalogues.get(languageNow());
  const found = bundle?.getMessage(name);
  const pattern = attribute ? found?.attributes[attribute] : found?.value;
  if (!bundle || !pattern) throw new Error(`there is no message ${message}`);
  /** @type {Record<string, string | FluentNumber>} */
  const given = {};
  for (const [key, value] of Object.entries(values))
    given[key] = typeof value === "number" ? new FluentNumber(value, { useGrouping: false }) : formatValue(value);
  /** @type {Error[]} */
  const errors = [];
  const text = bundle.formatPattern(pattern, given, errors);
  if (errors.length) throw new Error(`${message}: ${errors[0].message}`);
  return text.replace(/\n/g, " "); // a line break within a message is a space
}

/** @param {Exclude<MessageValue, number>} value */
function formatValue(value) {
  if (typeof value === "string") return value;
  if ("significant" in value) return formatSignificant(value.significant, findPoint());
  if ("digits" in value) return formatDigits(...value.digits);
  if ("percent" in value) return formatPercent(value.percent);
  return formatText(value.name, value.values);
}

/** @param {string} message */
export function hasText(message) {
  const [name, attribute] = message.split(".");
  const found = catalogues.get(languageNow())?.getMessage(name);
  return Boolean(attribute ? found?.attributes[attribute] : found?.value);
}

/**
 * That of the language of the moment, else the English one, else the first.
 * @param {Texts | undefined} texts
 */
export function chooseText(texts) {
  if (!texts) return "";
  return texts[languageNow()] ?? texts.en ?? Object.values(texts)[0] ?? "";
}

/**
 * A sentence and its next step, of whatever went wrong.
 * @param {unknown} error
 */
export function describeError(error) {
  const { name = "", values = {} } = /** @type {Partial<Message>} */ (error ?? {});
  if (!hasText(name)) return { message: formatText("browser-unexpected", { what: String(error) }), hint: "" };
  return { message: formatText(name, values), hint: hasText(`${name}.hint`) ? formatText(`${name}.hint`, values) : "" };
}

/**
 * 0.5, 2 -> "0.50", or "+0.50" where it is signed.
 * @param {number} value
 * @param {number} digits
 * @param {boolean} [signed]
 */
export function formatDigits(value, digits, signed = false) {
  const written = new Intl.NumberFormat(
    languageNow(),
    /** @type {Intl.NumberFormatOptions} */ ({
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      useGrouping: false,
      signDisplay: signed ? "always" : "negative",
    }),
  );
  // A number would be rounded as its shortest decimals are.
  return written.format(/** @type {any} */ (writeFixed(value, digits))).replace("-", "−");
}

/** @param {number} value */
export const formatSigned = (value) => (Math.abs(value) >= 0.005 ? formatDigits(value, 2, true) : formatDigits(0, 2));

/**
 * share 0..1 -> "43 %"; one digit more where it would be a false 0, "< 0.1 %" where that were one too.
 * @param {number} share
 * @param {number} [digits]
 * @returns {string}
 */
export function formatPercent(share, digits) {
  if (digits === undefined) {
    if (share > 0 && share < 0.0005) return formatText("score-below", { limit: formatPercent(0.001, 1) });
    return formatPercent(share, share > 0 && share < 0.0095 ? 1 : 0);
  }
  return formatText("percent", { number: formatDigits(share * 100, digits) });
}

/**
 * 0.034 -> "3 %" when calibrated, else "0.03"; never a false 0 or 1.
 * @param {number} value
 * @param {Manifest} network
 * @param {number} [leastDigits] of the per cents
 */
export function formatScore(value, network, leastDigits = 0) {
  const isMany = network.task === "multi-label";
  const isCalibrated = network.calibrated;
  const least = isMany ? 0.001 : 0.01;
  const digits = Math.max(leastDigits, isMany && value < 0.01 ? 1 : 0);
  /** @type {(share: number, places: number) => string} */
  const write = (share, places) => (isCalibrated ? formatPercent(share, places) : formatDigits(share, places + 2));
  if (value < least) return formatText("score-below", { limit: write(least, isMany ? 1 : 0) });
  if (value > 0.99) return formatText("score-above", { limit: write(0.99, 0) });
  return write(value, digits);
}

/**
 * A score as it was and as it is, and its change, which is the difference of what is shown. Where whole per cents would
 * say another change than there is, all have one digit more. Twin of `page_text.format_scores`.
 * @param {number} before
 * @param {number} after
 * @param {Manifest} network
 */
export function formatScores(before, after, network) {
  const change = 100 * (after - before);
  const isFine = network.task === "multi-label" && Math.min(before, after) < 0.01 && Math.abs(change) < 5;
  const digits = isFine || roundEven(change) !== subtractShown(before, after, 0) ? 1 : 0;
  const ends = [before, after].map((score) => formatScore(score, network, digits));
  const points = subtractShown(before, after, digits);
  if (!network.calibrated) return [...ends, formatDigits(points / 100, digits + 2, points !== 0)];
  const number = formatDigits(points, digits, points !== 0);
  return [...ends, formatText("score-points", { points: number, count: digits ? 2 : Math.abs(points) })];
}

const findPoint = () => formatDigits(0.5, 1)[1]; // the decimal sign of the language

/** @param {number} value of a map's scale, in two significant digits: 12, 1.2, 0.12, 0.012, 1.2×10⁻³ */
export const formatNumber = (value) => writeNumber(value, findPoint());

/** @param {MapScale} scale the numbers at the start, the middle and the end of its bar */
export const formatTicks = (scale) => chooseTicks(scale, findPoint());

/** @param {readonly string[]} items */
export const formatList = (items) => new Intl.ListFormat(languageNow(), { type: "conjunction" }).format(items);

/** @param {Date} date */
export const formatDay = (date) => new Intl.DateTimeFormat(languageNow(), { dateStyle: "long" }).format(date);

/** @param {number} bytes */
export const formatMegabytes = (bytes) =>
  formatText("browser-megabytes", { number: formatDigits(bytes / 1e6, bytes < 9.95e6 ? 1 : 0) });
