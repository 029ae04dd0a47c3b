// Posts: the publish dialog, pictures put into the text, text on the clipboard, and small helps in forms.
// Without this file every page still works: the dialog is a page of its own, the copied text stands in a field.
"use strict";

(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const dialog = document.getElementById("publish"), content = document.getElementById("publish-content");
  const on = (name, selector, act) => document.addEventListener(name, (event) => {
    const found = event.target.closest && event.target.closest(selector);
    if (found) act(event, found);
  });

  // --- the dialog: the page of publishing, beside the text that it sends

  on("click", "a[data-publish]", async (event, link) => {
    if (!dialog || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    if (document.querySelector("#editor[data-dirty]")) return;      // the page says which revision it sends
    event.preventDefault();
    await htmx.ajax("GET", link.href, { target: content, swap: "innerHTML" });
    if (!content.children.length) return;
    if (!dialog.open) dialog.showModal();
  });
  if (dialog) {
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener("close", () => content.replaceChildren());
    content.addEventListener("htmx:afterSwap", () => { const title = content.querySelector("#publish-title"); if (title && dialog.open) title.focus(); });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const form = document.querySelector("form[data-publishing]"), send = form && form.querySelector("[data-send]");
    if (!send || send.disabled) return;
    event.preventDefault();
    form.requestSubmit(send);
  });
  on("submit", "form[data-publishing]:not([hx-post])", (event, form) => {     // a second click sends nothing
    if ("sending" in form.dataset) event.preventDefault();
    form.dataset.sending = "";
  });

  function sayHowMany(form) {
    const count = all("[name=account]:checked", form).length, send = form.querySelector("[data-send]");
    const isLater = form.elements.when.value === "later", words = form.dataset;
    send.textContent = words[(isLater ? "wordPlan" : "word") + (count === 1 ? "One" : "Many")].replace("%s", count);
    send.disabled = count === 0;
    showUtc(form);
  }

  function showUtc(form) {
    const shown = form.querySelector("[data-utc]"), local = form.elements.scheduled_at.value;
    shown.textContent = local ? utcOf(local, form.elements.time_zone.value) : "";
  }

  function utcOf(local, zone) {         // the server decides; this only shows what it will be
    try {
      const wall = Date.parse(local + "Z"), format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
      const seen = (at) => { const [, day, month, year, time] = format.format(at).match(/(\d+)\/(\d+)\/(\d+), (.+)/); return Date.parse(`${year}-${month}-${day}T${time}Z`); };
      const at = wall - (seen(wall) - wall), better = at + (wall - seen(at));
      return new Date(better).toISOString().slice(0, 16).replace("T", " ") + " UTC";
    } catch (error) {
      return "";                        // no such zone, or half a date
    }
  }
  document.addEventListener("input", (event) => { const form = event.target.form; if (form && "publishing" in form.dataset) sayHowMany(form); });

  // --- pictures, jumps, clipboard

  on("click", "[data-insert]", (event, button) => {
    const body = document.getElementById("body"), words = button.dataset.alt.replace(/[[\]\\]/g, ""), at = body.selectionStart;
    const before = at && body.value[at - 1] !== "\n" ? "\n\n" : "";
    body.setRangeText(`${before}![${words}](${button.dataset.insert})\n`, at, body.selectionEnd, "end");
    body.focus();
    body.dispatchEvent(new Event("input", { bubbles: true }));
  });
  on("click", "[data-jump]", (event, link) => {
    const field = link.pathname === location.pathname && document.getElementById(link.hash.slice(1));
    if (!field || (link.search && link.search !== location.search)) return;
    event.preventDefault();
    if (dialog && dialog.open) dialog.close();
    field.focus();
  });
  on("click", "a[data-copy]", async (event, link) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    const shown = document.getElementById("copied");
    await htmx.ajax("GET", link.href, { target: shown, swap: "innerHTML" });
    const text = shown.querySelector("textarea"), html = shown.querySelector("[data-html]");
    if (!text) return;
    try {
      await navigator.clipboard.write([new ClipboardItem({
        "text/plain": new Blob([text.value], { type: "text/plain" }),
        "text/html": new Blob([html.content.textContent], { type: "text/html" }),
      })]);
      document.querySelector("[data-says]").textContent = link.dataset.copied || "";
    } catch (error) {
      text.focus();                     // no clipboard here: the text is marked, to be copied by hand
      text.select();
    }
  });

  // --- who has the post open

  const held = document.getElementById("held");
  if (held) window.addEventListener("pagehide", () => fetch(held.dataset.leave, { method: "POST", keepalive: true, headers: JSON.parse(document.body.getAttribute("hx-headers")) }).catch(() => null));

  function settle(root) {
    all("[data-scripted], [data-keys]", root).forEach((part) => { part.hidden = false; });
    all("[data-own-zone]", root).forEach((field) => { field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || field.value; delete field.dataset.ownZone; });
    all("form[data-publishing]", root.parentNode || root).forEach(sayHowMany);    // what arrives may be the form itself
  }
  settle(document);
  document.addEventListener("htmx:load", (event) => settle(event.detail.elt));
})();
