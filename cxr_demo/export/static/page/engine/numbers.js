// Numbers as Python rounds and writes them: ties go to the even digit. Twin of `text.formats` and `render.format_number`.

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const MOST_FIXED = 100; // digits that `toFixed` gives: of a number of 1e-15 or more all that decide
const ALL_DIGITS = 60; // of a double between 1e-15 and 1e15 there are no more behind the first

/** @param {number} value */
export function roundEven(value) {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest === 0.5) return low % 2 ? low + 1 : low;
  return rest < 0.5 ? low : low + 1;
}

/**
 * "0.12" of 0.125: rounded as the number is, not as its shortest decimals are. Python's `f"{value:.2f}"`.
 * @param {number} value below 1e21
 * @param {number} digits after the point
 */
export function writeFixed(value, digits) {
  const exact = Math.abs(value).toFixed(MOST_FIXED);
  const end = exact.indexOf(".") + (digits ? digits + 1 : 0);
  const kept = exact.slice(0, end);
  const isTie = /^\.?50*$/.test(exact.slice(end)) && Number(kept.at(-1)) % 2 === 0;
  return `${value < 0 ? "-" : ""}${isTie ? kept : Math.abs(value).toFixed(digits)}`;
}

/**
 * The change in percentage points, of two scores as so many digits after the point of per cent show them. 0 of two
 * that are both less than one of the last digit: rounded by themselves they may be a whole one apart. Twin of
 * `page_text.subtract_shown`.
 * @param {number} before
 * @param {number} after
 * @param {number} digits
 */
export function subtractShown(before, after, digits) {
  if (Math.max(before, after) < 10 ** -(digits + 2)) return 0;
  const [was, is] = [before, after].map((score) => Number(writeFixed(100 * score, digits)));
  return Number(writeFixed(is - was, digits));
}

/**
 * "1.2e-3" as Python's `f"{value:.1e}"`, for a value above 0: JavaScript rounds ties up.
 * @param {number} value
 * @param {number} digits after the first
 */
function toExponential(value, digits) {
  const [exact, power] = value.toExponential(ALL_DIGITS).split("e");
  const kept = exact.slice(0, digits ? digits + 2 : 1);
  const rest = exact.slice(digits + 2);
  const isTie = /^50*$/.test(rest) && Number(kept.at(-1)) % 2 === 0;
  return isTie ? `${kept}e${power}` : value.toExponential(digits);
}

/**
 * Two significant digits: 12, 1.2, 0.12, 0.012, 1.2×10⁻³.
 * @param {number} value
 * @param {string} point the decimal sign of the language
 */
export function formatNumber(value, point = ".") {
  if (value === 0) return "0";
  const [mantissa, exponent] = toExponential(Math.abs(value), 1).split("e");
  const power = Number(exponent);
  const sign = value < 0 ? "−" : "";
  if (power >= -2 && power <= 3) {
    const digits = (Number(mantissa) * 10 ** power).toFixed(Math.max(0, 1 - power));
    return `${sign}${digits}`.replace(".", point);
  }
  const raised = String(Math.abs(power)).replace(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)]);
  return `${sign}${mantissa.replace(".", point)}×10${power < 0 ? "⁻" : ""}${raised}`;
}

/**
 * Up to six digits, as few as it has: 40 -> "40", 0.5 -> "0.5", 1e6 -> "1e+06". Python's `f"{value:.6g}"`.
 * @param {number} value
 * @param {string} point the decimal sign of the language
 */
export function formatSignificant(value, point = ".") {
  if (value === 0) return "0";
  const [mantissa, exponent] = toExponential(Math.abs(value), 5).split("e");
  const power = Number(exponent);
  const sign = value < 0 ? "-" : "";
  const plain = power >= -4 && power < 6;
  const digits = plain ? Number(`${mantissa}e${power}`).toFixed(Math.max(0, 5 - power)) : mantissa;
  const short = digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
  const end = plain ? "" : `e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  return `${sign}${short.replace(".", point)}${end}`;
}

/**
 * The depth that values up to `high` need, of 8, 10, 12, 14 and 16 bits.
 * @param {number} high
 */
export const countUsedBits = (high) => [8, 10, 12, 14].find((bits) => high < 2 ** bits) ?? 16;
