// Given by gr.HTML: element, trigger, watch. The guesses are kept here, in the section; the server is told them anew each time.
let moved = false; // by the person: then the keyboard follows to what is new
element.addEventListener("click", (event) => {
  const button = event.target.closest("button.option, button.go");
  if (!button) return;
  for (const other of element.querySelectorAll("button")) other.disabled = true; // one answer to one question
  const guesses = JSON.parse(element.querySelector("section").dataset.guesses);
  moved = true;
  if (button.dataset.option) trigger("guess", { guesses: [...guesses, Number(button.dataset.option)] });
  else trigger("go_on", { guesses: button.dataset.go === "again" ? [] : guesses });
});
watch("value", () => {
  if (moved) requestAnimationFrame(() => element.querySelector(".verdict, .asked")?.focus());
});
