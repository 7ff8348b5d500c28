// The table of films: sorted here, as long as the page is open; a row shows its film; saved from here too.
/** @type {{ column: string, falls: boolean } | null} */
let order = null; // `column` by its key: another network has other findings
/** @type {string} */
let csv = "";
let tabled = ""; // the films of the table, whose names a person may have looked at
/** @type {string | undefined} */
let focused; // the film whose row has the keyboard: rows move while the table fills

/**
 * @param {Element} row
 * @param {number} column
 */
const cellValue = (row, column) => {
  const cell = /** @type {HTMLElement} */ (row.children[column]);
  return cell.dataset.value ?? cell.textContent ?? "";
};

/**
 * Numbers as numbers, and what has none at the end, whichever way.
 * @param {string} one
 * @param {string} two
 * @param {boolean} falls
 */
function compare(one, two, falls) {
  if (one === "" || two === "") return Number(one === "") - Number(two === "");
  const difference = Number(one) - Number(two);
  const upwards = Number.isNaN(difference) ? one.localeCompare(two, undefined, { numeric: true }) : difference;
  return falls ? -upwards : upwards;
}

function sort() {
  const element = partOf("table");
  const body = element.querySelector("tbody");
  const buttons = /** @type {HTMLElement[]} */ ([...element.querySelectorAll("thead button")]);
  const column = buttons.findIndex((button) => button.dataset.column === order?.column);
  for (const [at, button] of buttons.entries()) {
    const way = order?.falls ? "descending" : "ascending";
    button.parentElement?.setAttribute("aria-sort", at === column ? way : "none");
  }
  if (!body || !order || column < 0) return;
  const { falls } = order;
  const held = document.activeElement;
  const had = body.contains(held) ? focused : undefined;
  body.append(...[...body.children].sort((a, b) => compare(cellValue(a, column), cellValue(b, column), falls)));
  if (had) /** @type {HTMLElement | null} */ (body.querySelector(`button[data-film="${had}"]`))?.focus();
}

on("click", "#table thead button", (button) => {
  const column = String(button.dataset.column);
  const isText = column === "film" || column === "gate";
  order = { column, falls: order?.column === column ? !order.falls : !isText };
  sort();
});
on("focusin", "#table tbody button", (button) => {
  focused = button.dataset.film;
});
on("click", "#table tbody tr", (row) => press("choose_film", { film: row.dataset.film }));
on("click", "#table button.toggle", (button) => press("show_table", { shown: Boolean(button.dataset.shown) }));
on("click", "#table button.csv", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", csv], { type: "text/csv" }));
  link.download = "findings.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});
/** It is saved once a person has looked whether names of files say who anybody is, where that is asked. */
function freeCsv() {
  const element = partOf("table");
  const looked = /** @type {HTMLInputElement | null} */ (element.querySelector("input.looked"));
  const button = /** @type {HTMLButtonElement | null} */ (element.querySelector("button.csv"));
  if (button) button.disabled = looked !== null && !looked.checked;
}

on("input", "#table input.looked", freeCsv);
onPart("table", (body) => {
  csv = body.csv ?? "";
  const looked = /** @type {HTMLInputElement | null} */ (partOf("table").querySelector("input.looked"));
  if (looked && tabled !== body.films) looked.checked = false;
  tabled = body.films ?? "";
  freeCsv();
  sort();
});
