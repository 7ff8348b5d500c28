// Given by gr.HTML: element, trigger. A press starts the checks or stops them.
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches(".check")) {
    if (button.dataset.slow) trigger("slow", { slow: true });
    else trigger("check", { slow: false });
  }
  if (button.matches(".stop")) trigger("stop");
});
