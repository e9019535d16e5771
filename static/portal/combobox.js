/* A long list's search box becomes an editable combobox with list autocomplete (ARIA Authoring
   Practices 1.2). The server searches. What is chosen stands beside the box as real controls.

   It needs no more than its wrapper: `data-combobox` (the controls' name), `data-url` (where to ask),
   `data-label`, `data-many`; in it a text input, and what is chosen as ticked inputs. It tells of a
   choice by a `change` event on the wrapper. */
(() => {
  "use strict";
  const PAUSE = 150, SLOW = 1000, LIMIT = 10000; // milliseconds
  let count = 0;
  let pressed = false;
  window.addEventListener("pointerdown", () => { pressed = true; }, true);
  for (const name of ["pointerup", "pointercancel", "keydown"]) window.addEventListener(name, () => { pressed = false; }, true);

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const copyAttribute = (from, to, name) =>
    from.hasAttribute(name) ? to.setAttribute(name, from.getAttribute(name)) : to.removeAttribute(name);
  /** What is ticked in the form without JavaScript. */
  const ticked = (root) =>
    [...root.querySelectorAll("input:checked")].filter((input) => input.value !== "").map((input) => {
      const text = input.closest("label").querySelector("span");
      return {
        id: input.value,
        label: text.firstChild?.textContent ?? "",
        hint: text.querySelector(".choice__hint")?.textContent ?? "",
      };
    });

  class Combobox {
    constructor(root) {
      this.root = root;
      this.box = root.querySelector("input[type=text]");
      this.chosen = ticked(root);
      this.turn = 0;
      this.found = null; // the words that the list shows the hits of
      this.build();
      this.mark(this.box);
      this.show();
      this.listen();
      root.portalSync = (fresh, theirs) => this.sync(fresh, theirs);
    }

    get many() { return "many" in this.root.dataset; }
    get words() { return this.box.value.trim().replace(/\s+/g, " "); }
    get options() { return [...this.list.children]; }
    get active() { return this.list.querySelector("[data-active]"); }
    get isOpen() { return !this.panel.hidden; }

    build() {
      const id = `${this.box.id}_${++count}`;
      const label = this.root.dataset.label;
      this.list = make("ul", { role: "listbox", id: `${id}_list`, "aria-label": label, tabindex: "-1" });
      if (this.many) this.list.setAttribute("aria-multiselectable", "true");
      this.note = make("p", { class: "combobox__note" });
      this.retry = make("button", { type: "button", class: "button button--small" }, "Search again");
      this.panel = make("div", { class: "combobox__panel" }, this.list, this.note, this.retry);
      this.panel.hidden = this.retry.hidden = true;
      this.left = make("p", { class: "field__error combobox__left", id: `${id}_left` });
      this.about = make("span", { id: `${id}_chosen`, hidden: "" });
      this.chips = make("ul", { class: "chips" });
      this.said = make("p", { class: "visually-hidden", role: "status" });
      // The box itself stays where it is: moving it would take the focus from it.
      const frame = this.box.parentElement;
      for (const other of [...frame.children]) if (other !== this.box) other.remove();
      for (const other of [...this.root.children]) if (other !== frame) other.remove();
      frame.classList.add("combobox");
      frame.append(this.panel);
      this.root.append(this.left, this.chips, this.about, this.said);
      const states = {
        role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false",
        "aria-controls": this.list.id,
      };
      for (const [name, value] of Object.entries(states)) this.box.setAttribute(name, value);
    }

    /** Required, invalid and described as the server has it. */
    mark(fresh) {
      for (const name of ["aria-invalid", "aria-required"]) copyAttribute(fresh, this.box, name);
      const about = [fresh.getAttribute("aria-describedby"), this.left.id, this.about.id];
      this.box.setAttribute("aria-describedby", about.filter(Boolean).join(" "));
    }

    /** A redraw's answer; `theirs` says of a name whether the person changed it meanwhile. */
    sync(fresh, theirs) {
      this.mark(fresh.querySelector("input[type=text]"));
      if (theirs(this.root.dataset.combobox)) return;
      const known = JSON.stringify(this.chosen);
      this.chosen = ticked(fresh);
      if (JSON.stringify(this.chosen) !== known) this.show();
    }

    listen() {
      const { box, root, panel, list } = this;
      box.addEventListener("input", () => this.typed());
      box.addEventListener("keydown", (event) => this.key(event));
      box.addEventListener("click", () => this.isOpen || this.open());
      // The focus stays in the box while the list is clicked or scrolled.
      panel.addEventListener("mousedown", (event) => event.target === this.retry || event.preventDefault());
      list.addEventListener("click", (event) => {
        const option = event.target.closest("[role=option]");
        if (option) this.take(option);
      });
      this.retry.addEventListener("click", () => { box.focus(); this.ask(); });
      this.chips.addEventListener("click", (event) => {
        const button = event.target.closest("button");
        if (button) this.remove([...this.chips.children].indexOf(button.parentElement));
      });
      this.chips.addEventListener("keydown", (event) => {
        if (event.key === "Backspace" || event.key === "Delete") event.target.click();
      });
      root.addEventListener("focusout", (event) => {
        if (event.relatedTarget === box || panel.contains(event.relatedTarget)) return;
        this.close();
        // What moves the page waits until a button that is being pressed is let go.
        if (pressed) window.addEventListener("pointerup", () => setTimeout(() => this.pointOut()), { once: true });
        else this.pointOut();
      });
      box.form?.addEventListener("submit", (event) => this.submitted(event));
      // Words in the box are no answer; the server must not take them for a search.
      box.form?.addEventListener("formdata", (event) => event.formData.delete(box.name));
    }

    pointOut() {
      if (!this.words || document.activeElement === this.box) return;
      this.leave(`“${this.words}” isn’t chosen: pick from the list, or empty the box.`);
    }

    typed() {
      this.leave("");
      this.point(null);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), PAUSE);
    }

    key(event) {
      if (event.isComposing || event.ctrlKey || event.metaKey) return;
      ({
        ArrowDown: () => (event.altKey ? this.open() : this.move(1)),
        ArrowUp: () => (event.altKey ? this.close() : this.move(-1)),
        Enter: () => (this.active ? this.take(this.active) : this.open()),
        Escape: () => this.escape(),
        Backspace: () => this.box.value === "" && this.lastChip(),
        Tab: () => { if (this.active?.ariaSelected === "false") this.take(this.active); },
        Home: () => this.point(null), End: () => this.point(null),
        ArrowLeft: () => this.point(null), ArrowRight: () => this.point(null),
      })[event.key]?.();
      // Enter in the box never sends the form.
      if (/^(Enter|ArrowUp|ArrowDown|Escape)$/.test(event.key)) event.preventDefault();
    }

    escape() {
      if (this.isOpen) return this.close();
      this.box.value = "";
      this.leave("");
    }

    lastChip() {
      this.chips.lastElementChild?.querySelector("button").focus();
    }

    /** Show the list; ask for it where it isn't the one for these words. */
    open() {
      if (this.found === this.words) return this.unfold();
      return this.ask();
    }

    unfold() {
      const any = this.list.childElementCount > 0;
      this.list.hidden = !any;
      this.panel.hidden = false;
      this.panel.scrollIntoView({ block: "nearest" });
      this.box.setAttribute("aria-expanded", String(any));
    }

    close() {
      clearTimeout(this.timer);
      this.turn += 1; // what is still under way comes too late
      this.call?.abort();
      this.panel.hidden = true;
      this.said.textContent = "";
      this.box.setAttribute("aria-expanded", "false");
      this.point(null);
    }

    async move(step) {
      const { options, active } = this;
      if (!this.isOpen || this.found !== this.words) {
        await this.open();
        if (this.isOpen) this.point(step > 0 ? this.list.firstElementChild : this.list.lastElementChild);
        return;
      }
      const from = active ? options.indexOf(active) : step > 0 ? -1 : options.length;
      this.point(options[(from + step + options.length) % options.length] ?? null);
    }

    /** The option that Enter would take; none: the box itself. */
    point(option) {
      this.active?.removeAttribute("data-active");
      if (!option) return this.box.removeAttribute("aria-activedescendant");
      option.setAttribute("data-active", "");
      option.scrollIntoView({ block: "nearest" });
      this.box.setAttribute("aria-activedescendant", option.id);
    }

    async ask() {
      clearTimeout(this.timer);
      const { box, root, words } = this;
      const turn = ++this.turn;
      this.call?.abort();
      const call = (this.call = new AbortController());
      const limit = setTimeout(() => call.abort(), LIMIT);
      const slow = setTimeout(() => turn === this.turn && this.tell("Still searching…"), SLOW);
      let trouble = "The search got no answer.";
      try {
        const answer = await fetch(root.dataset.url, {
          method: "POST",
          headers: { "HX-Request": "true", "X-CSRFToken": box.form?.elements.csrfmiddlewaretoken?.value ?? "" },
          body: new URLSearchParams({ field: root.dataset.combobox, [box.name]: words }),
          signal: call.signal,
        });
        if (answer.redirected) trouble = "You are signed out. Sign in again in another tab, then search again.";
        if (answer.redirected || !answer.ok) throw new Error(trouble);
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (turn === this.turn) this.fill(page, words);
      } catch {
        if (turn !== this.turn) return;
        this.found = null;
        this.list.replaceChildren();
        this.tell(trouble, true);
      } finally {
        clearTimeout(limit);
        clearTimeout(slow);
      }
    }

    fill(page, words) {
      this.found = words;
      const rows = [...page.querySelectorAll("li")].map((row, at) => {
        const option = make("li", { role: "option", id: `${this.list.id}_${at}` }, ...row.childNodes);
        Object.assign(option.dataset, row.dataset);
        return option;
      });
      this.list.replaceChildren(...rows);
      this.list.scrollTop = 0;
      this.point(null);
      this.tick();
      this.tell(page.querySelector("p").textContent);
    }

    /** Say it politely, and show it under the list. */
    tell(text, again = false) {
      this.retry.hidden = !again;
      this.note.textContent = text;
      this.said.textContent = again ? `${text} Press Enter to search again.` : text;
      this.unfold();
    }

    /** What is said of words that are left in the box. */
    leave(text) {
      if (this.left.textContent !== text) this.said.textContent = this.left.textContent = text;
    }

    tick() {
      const ids = new Set(this.chosen.map((one) => one.id));
      for (const option of this.options) option.setAttribute("aria-selected", String(ids.has(option.dataset.value)));
    }

    /** Choose an option; in a list of many, a chosen one is let go again. */
    take(option) {
      const one = {
        id: option.dataset.value, label: option.dataset.label,
        hint: option.querySelector(".choice__hint")?.textContent ?? "",
      };
      const had = this.chosen.some(({ id }) => id === one.id);
      const others = this.many ? this.chosen.filter(({ id }) => id !== one.id) : [];
      this.chosen = had && this.many ? others : [...others, one];
      this.box.value = "";
      this.leave("");
      this.close();
      this.changed(had && this.many ? `${one.label} removed.` : `${one.label} chosen.`);
    }

    remove(at) {
      const [gone] = this.chosen.splice(at, 1);
      this.changed(`${gone.label} removed.`);
      const next = this.chips.children[at] ?? this.chips.lastElementChild;
      (next?.querySelector("button") ?? this.box).focus();
    }

    changed(text) {
      this.show();
      this.said.textContent = text;
      this.root.dispatchEvent(new Event("change", { bubbles: true }));
    }

    /** The chosen ones as chips, each with its control. */
    show() {
      this.chips.replaceChildren(...this.chosen.map(({ id, label, hint }) => make("li", { class: "chip" },
        make("span", {}, label, ...(hint ? [make("span", { class: "choice__hint" }, hint)] : [])),
        make("button", { type: "button", "aria-label": `Remove ${label}` }, "×"),
        make("input", { type: "hidden", name: this.root.dataset.combobox, value: id }))));
      this.chips.hidden = !this.chosen.length;
      this.about.textContent = this.chosen.length ? `Chosen: ${this.chosen.map((one) => one.label).join(", ")}` : "";
      this.tick();
    }

    /** Words that were not chosen stop the form once, so that nobody takes them for an answer. */
    submitted(event) {
      const { box, words } = this;
      if (event.defaultPrevented || !box.isConnected || !words || this.warned === words) return;
      event.preventDefault();
      this.warned = words;
      box.focus();
      this.open();
      this.leave(`“${words}” isn’t chosen: pick from the list. To leave it out, send the form once more.`);
    }
  }

  const enhance = (root) => {
    for (const each of root.querySelectorAll("[data-combobox]")) if (!each.portalSync) new Combobox(each);
  };
  enhance(document);
  document.addEventListener("htmx:load", (event) => enhance(event.target.parentElement ?? event.target));
})();
