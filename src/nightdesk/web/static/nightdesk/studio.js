// The Studio: uploads by drop, paste and button with their progress, the slider between two pictures, small helps in forms.
// Without this file every page still works: files go by a plain form, two pictures stand beside each other.
"use strict";

(() => {
  const ROW_MS = 8000;        // as long as a toast stays
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const headers = () => JSON.parse(document.body.getAttribute("hx-headers"));
  const announce = (text) => { document.querySelector("[data-says]").textContent = text; };

  function settle(root) {
    all("[data-scripted]", root).forEach((part) => { part.hidden = false; });
    all("[data-shown-in]", root).forEach(showValue);
    all("[data-compare]", root).forEach(startComparing);
    all("[data-own-size]", root).forEach((part) => showOwnSize(part.closest("form")));
  }

  // --- uploads: one request a file, one after the other, each with its progress

  const form = document.querySelector("form[data-upload]");
  const waiting = [];
  let isSending = false, isDraggingOwn = false;

  function take(files) {
    all("li[data-done]", form).forEach((row) => row.remove());
    [...files].forEach((file) => waiting.push({ file, row: addRow(file.name) }));
    if (!isSending) sendNext();
  }

  function addRow(name) {
    const list = form.querySelector("[data-sending]"), row = document.createElement("li"), number = Date.now() + "-" + list.children.length;
    const label = document.createElement("label"), bar = document.createElement("progress"), words = document.createElement("span");
    label.textContent = name;
    label.htmlFor = bar.id = "sending-" + number;
    bar.max = 100;
    bar.value = 0;
    words.className = "hint";
    row.append(label, bar, words);
    list.append(row);
    list.hidden = false;
    return {
      progress(percent) { bar.value = percent; words.textContent = percent + " %"; },
      finish(text, isGood) {
        bar.remove();
        row.dataset.done = isGood ? "good" : "bad";
        words.textContent = text;
        announce(name + ": " + text);
        if (isGood) setTimeout(() => row.remove(), ROW_MS);
      },
    };
  }

  function sendNext() {
    const next = waiting.shift();
    isSending = Boolean(next);
    if (!next) return;
    const request = new XMLHttpRequest(), data = new FormData();      // fetch tells nothing of how much was sent
    data.append("pictures", next.file, next.file.name || "pasted.png");
    request.open("POST", form.action);
    Object.entries({ ...headers(), "HX-Request": "true" }).forEach(([name, value]) => request.setRequestHeader(name, value));
    request.upload.addEventListener("progress", (event) => event.lengthComputable && next.row.progress(Math.round(100 * event.loaded / event.total)));
    request.addEventListener("load", () => {
      if (request.status === 401) document.dispatchEvent(new CustomEvent("nightdesk:signed-out"));
      next.row.finish(readAnswer(request), request.status === 200);
      sendNext();
    });
    request.addEventListener("error", () => { next.row.finish(form.dataset.saysAway, false); sendNext(); });
    request.send(data);
  }

  function readAnswer(request) {
    if (!(request.getResponseHeader("Content-Type") || "").startsWith("text/html")) return request.responseText.slice(0, 500);
    const shape = document.createElement("template");
    shape.innerHTML = request.responseText;
    const said = shape.content.querySelector("p");
    return said ? said.textContent : form.dataset.saysAway;
  }

  if (form) {
    const input = form.querySelector("input[type=file]");
    form.querySelector("button").hidden = true;           // with scripts a chosen file is sent at once
    input.addEventListener("change", () => { if (input.files.length) take([...input.files]); input.value = ""; });
    form.addEventListener("submit", (event) => event.preventDefault());
    const bringsFiles = (event) => !isDraggingOwn && event.dataTransfer && [...event.dataTransfer.types].includes("Files");
    document.addEventListener("dragstart", () => { isDraggingOwn = true; });
    document.addEventListener("dragend", () => { isDraggingOwn = false; });
    document.addEventListener("dragover", (event) => { if (bringsFiles(event)) { event.preventDefault(); form.toggleAttribute("data-over", true); } });
    document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) form.toggleAttribute("data-over", false); });
    document.addEventListener("drop", (event) => {
      form.toggleAttribute("data-over", false);
      if (!bringsFiles(event)) return;
      event.preventDefault();
      take([...event.dataTransfer.files]);
    });
    window.addEventListener("beforeunload", (event) => { if (isSending) event.preventDefault(); });   // the others would be lost
    document.addEventListener("paste", (event) => {
      const files = event.clipboardData ? [...event.clipboardData.files] : [];
      if (!files.length) return;
      event.preventDefault();
      take(files);
    });
  }

  // --- the queue: a job that was cancelled here leaves it at once

  document.addEventListener("htmx:afterRequest", (event) => {
    const queue = event.detail.requestConfig.verb === "post" && event.target.closest("#queue");
    if (queue) htmx.trigger(queue, "nightdesk:changed");
  });

  // --- two pictures on top of each other: the slider says where one ends and the other begins

  function startComparing(figure) {
    const stage = figure.querySelector(".compare-stage"), slider = figure.querySelector("input[type=range]");
    const show = () => figure.style.setProperty("--at", slider.value + "%");
    const follow = (event) => {
      const box = stage.getBoundingClientRect();
      slider.value = 100 * (event.clientX - box.left) / box.width;
      show();
    };
    figure.dataset.compare = "on";
    slider.hidden = false;
    slider.addEventListener("input", show);
    stage.addEventListener("pointerdown", (event) => { event.preventDefault(); stage.setPointerCapture(event.pointerId); follow(event); });
    stage.addEventListener("pointermove", (event) => { if (stage.hasPointerCapture(event.pointerId)) follow(event); });
    show();
  }

  // --- forms

  const showValue = (field) => { document.getElementById(field.dataset.shownIn).textContent = field.value; };

  function showOwnSize(owner) {
    const chosen = owner.querySelector("[name=size]"), part = owner.querySelector("[data-own-size]");
    if (part) part.hidden = chosen.value !== "own";
  }

  document.addEventListener("input", (event) => {
    if (event.target.dataset.shownIn) showValue(event.target);
    if (event.target.name === "size") showOwnSize(event.target.form);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || document.querySelector("dialog[open]")) return;
    const tool = document.querySelector("form[data-run]");
    if (!tool || !tool.querySelector("#run")) return;
    event.preventDefault();
    tool.requestSubmit();
  });
  settle(document);
  document.addEventListener("htmx:load", (event) => settle(event.detail.elt));
})();
