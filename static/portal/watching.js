/* A declaration's page keeps itself up to date: quickly while something is about to happen, slower
   later, hardly at all in a tab that nobody looks at. What stays the same is left alone, so that
   nothing loses its focus and a screen reader hears only what is new.

   The server says when to ask again (Look-Again: seconds, 0 for no more); htmx asks. */
(() => {
  "use strict";
  const UNSEEN = 30, LONGEST = 60; // seconds
  const TROUBLE = "The portal can't be reached at the moment. What you declared is kept; this page goes on by itself.";
  const page = document.getElementById("declaration");
  const { htmx, portal } = window;
  if (!page || !htmx || !portal?.morph) return;
  let timer = 0, isAsking = false;
  let wait = Number(page.dataset.lookAgain);
  const parse = (text) => new DOMParser().parseFromString(text, "text/html");

  const plan = () => {
    clearTimeout(timer);
    if (wait) timer = setTimeout(look, 1000 * Math.max(wait, document.hidden ? UNSEEN : 0));
  };
  const look = () => {
    clearTimeout(timer);
    if (!isAsking) htmx.trigger(page, "look");
  };
  const say = (text) => {
    const place = page.querySelector("[data-look-trouble]");
    if (place && place.textContent !== text) place.textContent = text;
  };

  /** Whether somebody typed into, or ticked, a control of this name. */
  const theirs = (name) =>
    [...page.querySelectorAll(`[name="${CSS.escape(name)}"]`)].some((control) =>
      control.value !== control.defaultValue || control.checked !== control.defaultChecked);

  const show = (fresh) => {
    const hadFocus = page.contains(document.activeElement);
    const before = page.dataset.tab;
    portal.morph(page, fresh, theirs);
    document.title = document.title.replace(before, page.dataset.tab);
    greet();
    if (!hadFocus || page.contains(document.activeElement)) return;
    const heading = page.querySelector("h1"); // what had the focus is gone
    heading.tabIndex = -1;
    heading.focus();
  };
  const greet = () => page.querySelectorAll("[data-live]").forEach((words) => { words.hidden = false; });

  /** Its own requests: what stands in it may ask for something else. */
  const on = (name, handle) =>
    page.addEventListener(name, (event) => event.target === page && handle(event.detail));

  on("htmx:configRequest", (detail) => {
    detail.headers["If-None-Match"] = page.dataset.version;
    isAsking = true;
  });
  on("htmx:beforeSwap", (detail) => {
    const { xhr } = detail;
    detail.shouldSwap = false;
    if (xhr.status !== 200) return;
    const fresh = parse(xhr.responseText).getElementById("declaration");
    if (fresh) show(fresh);
    else location.reload();
  });
  on("htmx:afterRequest", ({ xhr }) => {
    isAsking = false;
    if (xhr.status === 404) return location.reload(); // it isn't theirs to see any more
    const told = xhr.getResponseHeader("Look-Again");
    wait = told === null ? Math.min(2 * wait, LONGEST) : Number(told);
    say(told === null ? TROUBLE : "");
    plan();
  });
  document.addEventListener("visibilitychange", () => {
    if (wait && !document.hidden) look();
    else plan();
  });
  window.addEventListener("pageshow", (event) => event.persisted && wait && look());
  greet();
  plan();
})();
