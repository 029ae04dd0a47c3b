// The forms of exports and reports: fields ticked all at once and moved up and down, days that were typed chosen, and sums
// put on the clipboard. Without this file a field's place is a number beside it, and a sum is marked to be copied.
"use strict";

(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (name, selector, act) => document.addEventListener(name, (event) => {
    const found = event.target.closest && event.target.closest(selector);
    if (found) act(event, found);
  });

  on("click", "[data-tick]", (event, button) => all("[data-columns] [name=fields]").forEach((box) => { box.checked = button.dataset.tick === "all"; }));

  function number(list) {
    all("[data-place] input", list).forEach((field, at) => { field.value = at + 1; });
  }
  on("click", "[data-move]", (event, button) => {
    const item = button.closest("li"), up = button.dataset.move === "-1";
    const beside = up ? item.previousElementSibling : item.nextElementSibling;
    if (!beside) return;
    if (up) beside.before(item);
    else beside.after(item);
    number(item.parentElement);
    button.focus();
  });

  on("input", ".own-days input", () => { document.querySelector("[data-own-days]").checked = true; });

  on("click", "[data-copy-from]", async (event, button) => {
    const field = document.getElementById(button.dataset.copyFrom);
    try {
      await navigator.clipboard.writeText(field.value);
      document.querySelector("[data-says]").textContent = button.dataset.copied;
      button.textContent = button.dataset.copied;
    } catch (error) {
      field.focus();                    // no clipboard here: it is marked, to be copied by hand
      field.select();
    }
  });

  function settle(root) {
    all("[data-scripted]", root).forEach((part) => { part.hidden = false; });
    all("[data-place]", root).forEach((part) => { part.hidden = true; });
  }
  settle(document);
  document.addEventListener("htmx:load", (event) => settle(event.detail.elt));
})();
