element.addEventListener("click", (event) => {
  if (event.target.closest("#accept")) trigger("accept");
});
