// The table of films: sorted here, as long as the page is open; a row shows its film; saved from here too.
/** @type {{ column: number, falls: boolean } | null} */
let order = null;
/** @type {string} */
let csv = "";
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
  const chosen = order;
  for (const button of element.querySelectorAll("thead button")) {
    const isChosen = chosen !== null && Number(button.dataset.column) === chosen.column;
    const way = chosen?.falls ? "descending" : "ascending";
    button.parentElement?.setAttribute("aria-sort", isChosen ? way : "none");
  }
  if (!body || !chosen) return;
  const { column, falls } = chosen;
  const held = document.activeElement;
  const had = body.contains(held) ? focused : undefined;
  body.append(...[...body.children].sort((a, b) => compare(cellValue(a, column), cellValue(b, column), falls)));
  if (had) /** @type {HTMLElement | null} */ (body.querySelector(`button[data-film="${had}"]`))?.focus();
}

on("click", "#table thead button", (button) => {
  const column = Number(button.dataset.column);
  const isText = column < 2;
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
onPart("table", (body) => {
  csv = body.csv ?? "";
  sort();
});
