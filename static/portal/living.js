/* The living form: a change of a field that others depend on redraws the fields, in place.

   htmx says when, where and with which headers (the form's own hx-* attributes); the request is made
   here, since a newer one must stop an older one without a word. */
(() => {
  "use strict";
  const SLOW = 1000, LIMIT = 15000, HELD = 2000; // milliseconds
  const WORKING = "Looking up what else is asked. You can go on meanwhile.";
  const FAILED = "What else is asked could not be looked up. You can go on: declaring checks everything.";
  const SIGNED_OUT = "You are signed out. Sign in again in a new tab, then try again here: what you typed stays.";
  const form = document.querySelector("form[data-living]");
  const { htmx, portal } = window;
  if (!form || !htmx || !portal?.morph) return;
  const said = form.querySelector("[data-said]");
  const trouble = form.querySelector("[data-trouble]");

  const parse = (text) => new DOMParser().parseFromString(text, "text/html");
  const fields = () => document.getElementById("fields");
  const answers = () => {
    const data = new FormData(form);
    return (name) => JSON.stringify(data.getAll(name));
  };
  const questions = (root) =>
    new Map([...root.querySelectorAll("[data-field]")].map((field) => [field.dataset.field, field]));
  const labels = (list) => list.map((field) => field.dataset.label.replace(/[?.!:]+$/, "")).join(", ");
  const isRequired = (field) => Boolean(field.querySelector("[required], [aria-required=true]"));

  // --- when -------------------------------------------------------------------------------------
  let latest = 0;
  let origin = null; // the field whose change asked last
  let call = new AbortController();
  const taken = []; // suggestions that no answer has confirmed yet
  const redraw = () => htmx.trigger(form, "redraw");

  form.addEventListener("change", ({ target }) => {
    const field = target.closest("[data-redraws]");
    if (!field || target.matches("[role=combobox]")) return;
    origin = field;
    redraw();
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=suggest]");
    if (!button) return;
    event.preventDefault();
    taken.push(button.value);
    origin = button.closest("[data-field]");
    redraw();
  });
  // Going back or reloading, the browser fills in what stood there, and asks nobody.
  const differs = (control) => {
    if (control.matches("[type=radio], [type=checkbox]")) return control.checked !== control.defaultChecked;
    if (control.localName !== "select") return control.type !== "hidden" && control.value !== control.defaultValue;
    const set = [...control.options].findIndex((option) => option.defaultSelected);
    return control.selectedIndex !== Math.max(set, 0);
  };
  window.addEventListener("pageshow", () => {
    const controls = form.querySelectorAll("[data-redraws] :is(input, select, textarea):not([role=combobox])");
    if ([...controls].some(differs)) redraw();
  });
  form.addEventListener("htmx:configRequest", (event) => {
    if (event.target !== form) return;
    event.preventDefault();
    send(event.detail.path, event.detail.headers);
  });
  // The form is on its way: what is still asked of it doesn't matter any more.
  window.addEventListener("submit", (event) => {
    if (event.target !== form || event.defaultPrevented) return;
    latest += 1;
    call.abort();
    tell("");
  });

  // --- how --------------------------------------------------------------------------------------
  const send = async (path, headers) => {
    const turn = ++latest;
    call.abort();
    const mine = (call = new AbortController());
    const sent = answers();
    tell("");
    const slow = setTimeout(() => turn === latest && tell(WORKING), SLOW);
    const limit = setTimeout(() => mine.abort(), LIMIT);
    const { fresh, wrong, signIn } = await ask(path, headers, mine.signal);
    if (turn === latest && fresh) await stillness();
    clearTimeout(slow);
    clearTimeout(limit);
    if (turn !== latest) return;
    tell(wrong ?? "", Boolean(wrong), signIn);
    if (!fresh) return;
    apply(fresh, sent);
    taken.shift();
    if (taken.length) redraw();
  };

  /** The fields for the answers so far, as `fresh`; else what went `wrong`. */
  const ask = async (path, headers, signal, again = false) => {
    const body = new FormData(form);
    if (taken.length) body.append("suggest", taken[0]);
    try {
      const answer = await fetch(path, { method: "POST", headers, body: new URLSearchParams(body), signal });
      if (answer.redirected) return { wrong: SIGNED_OUT, signIn: answer.url };
      if (answer.status === 403 && !again && (await renewToken(signal))) return ask(path, headers, signal, true);
      const fresh = parse(await answer.text()).getElementById("fields");
      return fresh && (answer.ok || answer.status === 422) ? { fresh } : { wrong: FAILED };
    } catch {
      return { wrong: FAILED };
    }
  };

  /** Signing in again gives new tokens; the form would be refused with its old one. */
  const renewToken = async (signal) => {
    const answer = await fetch(location.pathname, { signal });
    const token = parse(await answer.text()).querySelector("form[data-living] [name=csrfmiddlewaretoken]");
    if (token) form.elements.csrfmiddlewaretoken.value = token.value;
    return Boolean(token);
  };

  const tell = (text, retry = false, signIn = "") => {
    if (!text && !trouble.firstChild) return;
    trouble.replaceChildren(text);
    if (signIn) {
      const link = document.createElement("a");
      Object.assign(link, { href: signIn, target: "_blank", rel: "noopener", textContent: "Sign in" });
      trouble.append(" ", link);
    }
    if (!retry) return;
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "button button--small", textContent: "Try again" });
    button.addEventListener("click", () => {
      focusIn(origin); // the button is about to go
      redraw();
    });
    trouble.append(" ", button);
  };

  // While a button is held down, or a word is being composed, nothing moves.
  let busy = false;
  let wake = [];
  const settle = () => setTimeout(() => {
    busy = false;
    wake.forEach((go) => go());
    wake = [];
  });
  const stillness = () => (busy ? new Promise((go) => { wake.push(go); setTimeout(go, HELD); }) : undefined);
  for (const name of ["pointerdown", "compositionstart"]) window.addEventListener(name, () => { busy = true; }, true);
  for (const name of ["pointerup", "pointercancel", "compositionend", "blur"]) window.addEventListener(name, settle, name !== "blur");
  // Some browsers keep the pointer's end to themselves while a drop-down list is open.
  window.addEventListener("change", (event) => event.target.localName === "select" && settle(), true);

  // --- what -------------------------------------------------------------------------------------
  const apply = (fresh, sent) => {
    const root = fields();
    const now = answers();
    const before = questions(root);
    const after = questions(fresh);
    const needed = new Set([...before].filter(([, field]) => isRequired(field)).map(([name]) => name));
    const notices = root.querySelector("[data-notices]")?.textContent;
    const focused = root.contains(document.activeElement) ? document.activeElement : null;
    const anchor = focused ?? [...before.values()].find((field) => field.getBoundingClientRect().bottom > 0);
    const home = anchor?.closest("[data-field]")?.dataset.field;
    const top = anchor?.getBoundingClientRect().top;

    const added = portal.morph(root, fresh, (name) => now(name) !== sent(name));
    for (const element of added) {
      htmx.process(element);
      htmx.trigger(element, "htmx:load");
    }
    const live = questions(root);
    if (focused && !focused.isConnected) refocus(home, [...before.keys()], live);
    else if (focused && document.activeElement !== focused) focused.focus({ preventScroll: true });
    const place = anchor?.isConnected ? anchor : live.get(home);
    if (place && top !== undefined) window.scrollBy({ top: place.getBoundingClientRect().top - top, behavior: "instant" });

    const news = root.querySelector("[data-notices]");
    announce([
      sentence("more", [...live].filter(([name]) => !before.has(name))),
      sentence("less", [...before].filter(([name]) => !after.has(name))),
      sentence("required", [...live].filter(([name, field]) => before.has(name) && !needed.has(name) && isRequired(field))),
      news && news.textContent !== notices ? news.textContent : "",
    ]);
  };

  /** The focus was on something that is gone: to its field, else to the next one that is left. */
  const refocus = (home, order, live) => {
    const at = Math.max(order.indexOf(home), 0);
    const names = [...order.slice(at), ...order.slice(0, at).reverse()];
    focusIn(live.get(names.find((name) => live.has(name))));
  };
  const focusIn = (field) => {
    const control = field?.querySelector("input:not([type=hidden]), select, textarea, button");
    (control ?? form.querySelector("button.button--main")).focus({ preventScroll: true });
  };

  const sentence = (kind, found) => {
    if (!found.length) return "";
    const names = labels(found.map(([, field]) => field));
    if (kind === "more") return `${found.length} more question${found.length > 1 ? "s" : ""}: ${names}.`;
    return kind === "less" ? `No longer asked: ${names}.` : `Now required: ${names}.`;
  };
  const announce = (sentences) => {
    const text = sentences.filter(Boolean).join(" ");
    if (text) said.textContent = text;
  };
})();
