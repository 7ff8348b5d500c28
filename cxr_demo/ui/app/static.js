// Given by gr.HTML: element, props. It stands in every language there, in the same markup; what a person has opened, and
// what other scripts have set, stays.
const own = /** @type {{ value: Record<string, string> }} */ (props);

/**
 * @param {Element} old
 * @param {Element} fresh
 */
function reword(old, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const wanted = [...fresh.childNodes];
  [...old.childNodes].forEach((node, at) => {
    const other = wanted[at];
    if (node instanceof Element && other instanceof Element) {
      if (!node.matches(".part")) reword(node, other);
    } else if (other && node.nodeValue !== other.nodeValue) node.nodeValue = other.nodeValue;
  });
}

document.addEventListener("language", () => {
  const fresh = document.createElement("div");
  fresh.innerHTML = own.value[document.documentElement.lang];
  reword(element, fresh);
});
