/* Saves the form on the server as one types, so that nothing is lost to a closed tab. Quiet while
   that works: one mark. The browser keeps nothing itself: what is typed may be private. */
(() => {
  "use strict";
  const PAUSE = 1500, LIMIT = 15000; // milliseconds
  const PARTING = 60000; // characters; a browser sends about 64 KB after the page is gone
  const SAVED = "Saved as a draft";
  const FAILED = "This could not be saved as a draft. It is tried again with your next change.";
  const TOO_LONG = "This is too long to be saved as a draft: shorten it.";
  const SIGNED_OUT = "Your session has ended, so this is not saved as a draft. Sign in again in a new tab: your next change saves it.";
  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  const part = (name) => form.querySelector(`[data-draft-${name}]`);
  const mark = part("mark"), said = part("said"), trouble = part("trouble");
  const version = form.elements.draft_version;
  // A name for this page, so that its own saves are told from another tab's.
  const tab = [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(16)).join("");
  const UNTOLD = new Set(["csrfmiddlewaretoken", "declaration", "draft_version", "form_state"]);

  /** The answers as they stand, to compare. */
  const answers = () =>
    new URLSearchParams([...new FormData(form)].filter(([name]) => !UNTOLD.has(name))).toString();
  const content = () => {
    const body = new URLSearchParams(new FormData(form));
    body.set("draft_tab", tab);
    body.set("draft_step", String(step));
    return body;
  };

  let timer = 0, step = 0, busy = false;
  let call = new AbortController();
  let sent = ""; // the answers of the latest save
  let isFailing = false, isStopped = false, isParting = false;
  let saved = form.hasAttribute("data-unsaved") ? "" : answers();
  const isDirty = () => answers() !== saved;

  const wait = () => {
    clearTimeout(timer);
    if (!isStopped && !isParting) timer = setTimeout(() => busy || save(), PAUSE);
  };
  const changed = () => {
    if (mark.textContent && isDirty()) mark.textContent = "";
    wait();
  };

  /** `leaving`: the page may be gone before the answer comes. */
  const save = async (leaving = false) => {
    clearTimeout(timer);
    if (isStopped || isParting || !isDirty() || (busy && sent === answers())) return;
    const mine = ++step;
    const now = (sent = answers());
    const body = content();
    busy = true;
    call = new AbortController();
    const limit = setTimeout(() => call.abort(), LIMIT);
    const options = { signal: call.signal, keepalive: leaving && body.toString().length < PARTING };
    const found = await post(body, options);
    clearTimeout(limit);
    if (found.version !== undefined) version.value = String(Math.max(found.version, Number(version.value)));
    if (found.version === 0) version.value = "0";
    if (mine !== step) return; // a newer one is under way
    busy = false;
    if (isParting) return;
    if (found.version === undefined) return fail(found);
    saved = now;
    succeed(found.version);
    if (isDirty()) wait();
  };

  const post = async (body, options, again = false) => {
    try {
      const answer = await fetch(form.dataset.draft, {
        method: "POST", headers: { "HX-Request": "true" }, body, ...options,
      });
      const number = answer.headers.get("Draft-Version");
      if (answer.status === 204 && number !== null) return { version: Number(number) };
      if (answer.redirected) return { text: SIGNED_OUT, signIn: answer.url };
      if (answer.status === 403 && !again && (await renewToken(options.signal))) {
        body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
        return post(body, options, true);
      }
      if (answer.status === 400 || answer.status === 413) return { text: TOO_LONG };
      if (answer.status !== 409 && answer.status !== 422) return { text: FAILED };
      const fragment = new DOMParser().parseFromString(await answer.text(), "text/html");
      return { nodes: [...fragment.body.childNodes], isFinal: answer.status === 409 };
    } catch {
      return { text: FAILED };
    }
  };

  /** Signing in again gives new tokens; the form would be refused with its old one. */
  const renewToken = async (signal) => {
    const answer = await fetch(location.pathname, { signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = page.querySelector("form[data-draft] [name=csrfmiddlewaretoken]");
    if (token) form.elements.csrfmiddlewaretoken.value = token.value;
    return Boolean(token);
  };

  const succeed = (number) => {
    isFailing = false;
    trouble.replaceChildren();
    mark.textContent = number && !isDirty() ? SAVED : "";
    if (number && !said.textContent) said.textContent = `${SAVED}. What you change from here on is saved too.`;
  };

  /** `isFinal`: the person decides how to go on. */
  const fail = ({ text, nodes, signIn, isFinal }) => {
    isFailing = true;
    isStopped = Boolean(isFinal);
    mark.textContent = "";
    const words = text ?? nodes.map((node) => node.textContent).join("");
    if (trouble.textContent.startsWith(words)) return;
    trouble.replaceChildren(...(nodes ?? [text]));
    if (!signIn) return;
    const link = document.createElement("a");
    Object.assign(link, { href: signIn, target: "_blank", rel: "noopener", textContent: "Sign in" });
    trouble.append(" ", link);
  };

  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  // What a redraw brought or took away; a suggestion that was taken.
  new MutationObserver(changed).observe(document.getElementById("fields"), {
    subtree: true, childList: true, attributes: true, attributeFilter: ["value", "checked"],
  });
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && save(true));
  window.addEventListener("pagehide", () => save(true));
  // The form itself is on its way: it is saved as a declaration or as a draft there.
  window.addEventListener("submit", (event) => {
    if (event.target !== form || event.defaultPrevented) return;
    isParting = true;
    clearTimeout(timer);
    call.abort();
  });
  window.addEventListener("pageshow", () => { isParting = false; });
  // Only where something would really be lost: else leaving saves it.
  window.addEventListener("beforeunload", (event) => {
    if (isParting || !isDirty()) return;
    if (isFailing || content().toString().length >= PARTING) event.preventDefault();
  });
  if (trouble.childElementCount) {
    isFailing = true;
    isStopped = Boolean(trouble.querySelector("[name=keep]"));
  } else if (form.hasAttribute("data-unsaved")) wait();
})();
