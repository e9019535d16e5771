/* Small manners on top of pages that work without any script. */
(() => {
  "use strict";
  // htmx notes the page's address there, which may say what a link fills in. Nothing reads it here:
  // no part of a page changes the address.
  try {
    sessionStorage.removeItem("htmx-current-path-for-history");
  } catch {
    // a browser that stores nothing
  }
  // An error summary takes the focus.
  document.querySelector("[data-error-summary]")?.focus();
  // A link of the summary leads to the control, and scrolls its label into view.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-error-summary] a[href^='#']");
    const control = link && document.getElementById(link.getAttribute("href").slice(1));
    if (!control) return;
    event.preventDefault();
    (control.closest("[data-field]") || control).scrollIntoView();
    control.focus({ preventScroll: true });
  });
  // One press declares once; the server would see to it all the same.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) event.preventDefault();
    if (event.defaultPrevented || event.submitter?.dataset.action !== "declare") return;
    form.dataset.sent = "yes";
    event.submitter.textContent = event.submitter.dataset.busy || event.submitter.textContent;
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });
})();
