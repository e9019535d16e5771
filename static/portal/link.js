/* "Copy a link to this form as filled in": the answers as query parameters, made here alone. */
(() => {
  "use strict";
  const LONG = 2000; // characters; some mail and chat programs cut longer links
  const part = document.querySelector("[data-copying]");
  const form = part?.closest("form");
  if (!form) return;
  const said = part.querySelector("[role=status]");
  const shown = part.querySelector("input");
  part.hidden = false;

  const isPrivate = () =>
    [...form.querySelectorAll("[data-field=private] input")].some((input) => input.checked);
  /** Whether a field's answer is chosen, so that nothing typed can be in it. */
  const isChoice = (field, controls) =>
    controls.every((control) => control.matches("select, [type=checkbox], [type=radio]")) ||
    Boolean(field.querySelector("[data-combobox]"));

  const link = () => {
    const closed = isPrivate();
    const answers = new URLSearchParams();
    const data = new FormData(form);
    for (const field of form.querySelectorAll("#fields [data-field]")) {
      const name = field.dataset.field;
      const controls = [...field.querySelectorAll("[name]")].filter((control) => control.name === name);
      if (controls.some((control) => control.readOnly) || (closed && !isChoice(field, controls))) continue;
      for (const value of data.getAll(name)) if (value.trim()) answers.append(name, value);
    }
    const preset = form.querySelector("#fields [name=preset]");
    if (preset) answers.append("preset", preset.value);
    const query = answers.toString();
    return new URL(part.dataset.address + (query && `?${query}`), location.href).href;
  };

  part.querySelector("button").addEventListener("click", async () => {
    const address = link();
    const about = [
      isPrivate() ? "It is private: the link has what you chose, not what you typed." : "",
      address.length > LONG ? "The link is long; some programs cut such links." : "",
    ];
    const say = (text) => { said.textContent = [text, ...about].filter(Boolean).join(" "); };
    shown.value = address;
    try {
      await navigator.clipboard.writeText(address);
      shown.parentElement.hidden = true;
      say("Link copied. Whoever opens it and signs in sees the form filled in like this.");
    } catch {
      shown.parentElement.hidden = false;
      say("The browser did not let us copy the link: copy it from here.");
      shown.focus();
      shown.select();
    }
  });
})();
