/* Makes a piece of the page like a fresh one, in place: what stays is the very same node, with its
   focus, caret and scroll position, and what the person changed meanwhile stays theirs. */
(() => {
  "use strict";
  const TICKS = "[type=radio], [type=checkbox]";

  /** What tells a node from its siblings; blank: its place does. */
  const key = (node) => {
    if (node.nodeType !== Node.ELEMENT_NODE) return "";
    if (node.matches(`option, ${TICKS}`)) return `=${node.value}`;
    return node.dataset.key || node.dataset.field || node.id;
  };
  const alike = (one, other) =>
    one?.nodeName === other.nodeName && key(one) === key(other);

  /** State that belongs to the person, whatever the server says: details that the server opens
      (something in them wants an answer) open, but it never closes any. */
  const isTheirs = (node, attribute, kept, goes = false) =>
    (attribute === "open" && node.localName === "details" && goes) ||
    (kept && (/^(checked|selected)$/.test(attribute) ||
      (attribute === "value" && node.localName === "input" && !node.matches(TICKS))));

  const syncAttributes = (live, fresh, kept) => {
    for (const { name } of [...live.attributes])
      if (!fresh.hasAttribute(name) && !isTheirs(live, name, kept, true)) live.removeAttribute(name);
    for (const { name, value } of fresh.attributes)
      if (live.getAttribute(name) !== value && !isTheirs(live, name, kept)) live.setAttribute(name, value);
  };

  /** The caret stays where it was, as far as the new text reaches. */
  const write = (live, value) => {
    const { selectionStart: start, selectionEnd: end } = live;
    live.value = value;
    if (start != null && live === document.activeElement) live.setSelectionRange(start, end);
  };

  const syncState = (live, fresh) => {
    if (live.matches(TICKS)) {
      if (live.checked !== fresh.checked) live.checked = fresh.checked;
    } else if (live.matches("input, textarea, select") && live.value !== fresh.value) write(live, fresh.value);
  };

  /** `theirs(name)`: whether the person changed the controls of this name meanwhile. Returns the
      elements that are new. */
  const morph = (live, fresh, theirs, added = []) => {
    if (live.nodeType !== Node.ELEMENT_NODE) {
      if (live.nodeValue !== fresh.nodeValue) live.nodeValue = fresh.nodeValue;
    } else if (live.portalSync) {
      live.portalSync(fresh, theirs);
    } else if (!("keep" in live.dataset)) {
      const control = live.localName === "option" ? live.closest("select") : live;
      const kept = Boolean(control.name) && theirs(control.name);
      const value = live.localName === "select" ? live.value : "";
      syncAttributes(live, fresh, kept);
      if (live.localName !== "textarea") morphChildren(live, fresh, theirs, added);
      if (!kept) syncState(live, fresh);
      else if (live.localName === "select" && live.value !== value) live.value = value;
    }
    return added;
  };

  const morphChildren = (live, fresh, theirs, added) => {
    const wanted = new Set([...fresh.children].map(key));
    const known = new Map();
    for (const child of [...live.children]) {
      const name = key(child);
      if (name && !wanted.has(name)) child.remove();
      else if (name) known.set(name, child);
    }
    live.normalize(); // what was removed leaves two texts where the other page has one
    let place = live.firstChild;
    for (const next of [...fresh.childNodes]) {
      const name = key(next);
      const match = name ? known.get(name) : place;
      if (match && alike(match, next)) {
        // What nobody wants any more goes, rather than moving what stays: moved, it loses the focus.
        while (place && place !== match && !known.has(key(place))) place = drop(place);
        if (match === place) place = place.nextSibling;
        else live.insertBefore(match, place);
        morph(match, next, theirs, added);
      } else {
        const node = document.importNode(next, true);
        live.insertBefore(node, place);
        if (node.nodeType === Node.ELEMENT_NODE) added.push(node);
      }
    }
    while (place) place = drop(place);
  };

  const drop = (node) => {
    const next = node.nextSibling;
    node.remove();
    return next;
  };

  window.portal = { ...window.portal, morph };
})();
