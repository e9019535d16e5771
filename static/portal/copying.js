/* "Copy as text", "Copy the link" and "Print". Without a script the text stands on the page, to be copied by hand. */
(() => {
  "use strict";
  const part = document.querySelector("[data-copying]");
  if (!part) return;
  const said = part.querySelector("[role=status]");
  part.hidden = false;
  part.querySelector("[data-print]")?.addEventListener("click", () => print());
  const button = part.querySelector("[data-copy-text]");
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copyText);
    said.textContent = "";
    try {
      await navigator.clipboard.writeText(text.value);
      said.textContent = "Copied.";
    } catch {
      said.textContent = "The browser did not let us copy it: copy it from here.";
      text.closest("details")?.setAttribute("open", "");
      text.focus();
      text.select();
    }
  });
})();
