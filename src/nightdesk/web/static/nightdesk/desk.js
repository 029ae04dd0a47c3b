// What the pages do beyond links and forms: drawer, menus, toasts, keys, counters, and keeping what is being typed.
// Without this file every page still works.
"use strict";

(() => {
  const TOAST_MS = 8000, GO_MS = 1500, KEEP_PREFIX = "nightdesk:";
  const body = document.body, toasts = document.getElementById("toasts"), drawer = document.getElementById("drawer");
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (name, selector, act) => document.addEventListener(name, (event) => {
    const found = event.target.closest && event.target.closest(selector);
    if (found) act(event, found);
  });

  // --- toasts: they never take the focus; what went wrong stays until somebody has read it

  function raise(toast) {
    toasts.append(toast);
    const stays = "stays" in toast.dataset || toast.dataset.toast === "failed";
    if (stays) return toast;
    let left = null;
    const start = () => { left = setTimeout(() => toast.remove(), TOAST_MS); };
    toast.addEventListener("pointerenter", () => clearTimeout(left));
    toast.addEventListener("focusin", () => clearTimeout(left));
    toast.addEventListener("pointerleave", start);
    toast.addEventListener("focusout", start);
    start();
    return toast;
  }

  function say(text) {
    const toast = document.getElementById("toast-shape").content.firstElementChild.cloneNode(true);
    toast.querySelector("[data-text]").textContent = text;
    toast.setAttribute("role", "alert");
    raise(toast);
  }

  async function tellEnd(event) {
    const answer = await fetch("/jobs/" + event.detail.job + "/toast/", { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer || answer.status !== 200) return;
    const shape = document.createElement("template");
    shape.innerHTML = await answer.text();
    raise(shape.content.firstElementChild);
  }
  document.addEventListener("nightdesk:ended", tellEnd);
  document.addEventListener("nightdesk:said", (event) => {
    const toast = document.getElementById("toast-shape").content.firstElementChild.cloneNode(true);
    toast.dataset.toast = "done";
    toast.querySelector("[data-text]").textContent = event.detail.text;
    raise(toast);
  });
  on("click", "[data-dismiss]", (event, button) => button.closest(".toast").remove());

  function endSession() {
    if (toasts.querySelector("[data-session]")) return;
    keepAll();
    const toast = document.getElementById("session-ended").content.firstElementChild.cloneNode(true);
    toast.dataset.session = "";
    const link = toast.querySelector("[data-sign-in]");
    link.href += "?next=" + encodeURIComponent(location.pathname + location.search);
    raise(toast);
  }
  document.addEventListener("nightdesk:signed-out", endSession);

  // --- requests that were refused

  body.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    const page = (xhr.getResponseHeader("Content-Type") || "").startsWith("text/html");
    if ((xhr.status === 400 || xhr.status === 409) && page) { event.detail.shouldSwap = true; event.detail.isError = false; }
  });
  body.addEventListener("htmx:responseError", (event) => {
    const { xhr, elt } = event.detail;
    if (xhr.status === 401) return document.dispatchEvent(new CustomEvent("nightdesk:signed-out"));
    keepAll();
    if (!event.detail.requestConfig.verb || event.detail.requestConfig.verb === "get") return undefined;
    const said = xhr.responseText, chip = elt.closest("[data-job]");
    if (!(xhr.getResponseHeader("Content-Type") || "").startsWith("text/plain") || said.length > 500) return say(toasts.dataset.trouble);
    if (!chip) return say(said);
    const line = chip.querySelector("[data-message]");
    line.setAttribute("role", "alert");
    line.textContent = said;
    return undefined;
  });

  body.addEventListener("htmx:sendError", (event) => { if (event.detail.requestConfig.verb !== "get") say(toasts.dataset.away); });

  // --- the drawer: a job beside the page that it belongs to

  on("click", "a[data-drawer]", async (event, link) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    closeMenus();
    const content = document.getElementById("drawer-content");
    await htmx.ajax("GET", link.href, { target: content, swap: "innerHTML" });
    const shown = content.querySelector("[data-job-view]");
    if (!shown) return;
    content.dataset.topic = "job:" + shown.dataset.jobView;
    content.dataset.onlyStates = "";
    content.setAttribute("hx-get", link.getAttribute("href"));
    content.setAttribute("hx-trigger", "nightdesk:changed");
    htmx.process(content);
    if (!drawer.open) drawer.showModal();
    content.querySelector("#drawer-title").focus();
  });
  on("click", "[data-close]", () => drawer.close());
  drawer.addEventListener("click", (event) => { if (event.target === drawer) drawer.close(); });
  drawer.addEventListener("close", () => { const content = document.getElementById("drawer-content"); delete content.dataset.topic; content.replaceChildren(); });

  // --- menus of the frame

  const closeMenus = (but) => all("details.menu[open]").forEach((menu) => { if (menu !== but) menu.open = false; });
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!menu.matches || !menu.matches("details.menu") || !menu.open) return;
    closeMenus(menu);
    const panel = menu.querySelector("[data-panel]"), seen = menu.querySelector("[data-seen]");
    if (panel) htmx.trigger(panel, "nightdesk:opened");
    if (seen) htmx.trigger(seen, "nightdesk:seen");
  }, true);
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });

  // --- keys

  let going = 0;
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (!("shortcuts" in body.dataset) || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const act = (Date.now() < going && document.querySelector(`[data-go="${CSS.escape(event.key)}"]`)) || KEYS[event.key];
    going = event.key === "g" ? Date.now() + GO_MS : 0;
    if (!act) return;
    event.preventDefault();
    if (act instanceof Element) act.click();
    else act();
  });
  const KEYS = {
    "/": () => { const search = all("[data-search]").find((field) => field.offsetParent); if (search) search.focus(); else location.assign("/campaigns/"); },
    "?": () => document.getElementById("keys").showModal(),
    n: () => location.assign("/campaigns/new/"),
  };

  // --- what is being typed is kept in this tab until it has been sent

  const keyOf = (form) => KEEP_PREFIX + body.dataset.user + ":" + form.dataset.keep;
  const write = (form) => [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
  const settled = new WeakSet();

  function isUntouched(form) {        // compared with what the server sent, not with what was there when we first looked
    if ("sentBack" in form.dataset) return false;
    return [...form.elements].every((field) => {
      if (!field.name || field.type === "hidden") return true;
      if (field.type === "checkbox") return field.checked === field.defaultChecked;
      if (field.options) return field.selectedIndex === Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
      return field.defaultValue === undefined || field.value === field.defaultValue;
    });
  }

  function keepForm(form) {
    const isDirty = !isUntouched(form);
    form.toggleAttribute("data-dirty", isDirty);
    if (!isDirty) return sessionStorage.removeItem(keyOf(form));
    return sessionStorage.setItem(keyOf(form), JSON.stringify(write(form)));
  }
  const keepAll = () => all("form[data-keep]").forEach(keepForm);

  function restore(form) {
    if (settled.has(form)) return;
    settled.add(form);
    const kept = sessionStorage.getItem(keyOf(form));
    if ("sentBack" in form.dataset) keepForm(form);     // the server has what was typed, and shows it
    else if (kept && kept !== JSON.stringify(write(form))) {
      form.toggleAttribute("data-dirty", true);
      const values = JSON.parse(kept), taken = {};
      for (const field of form.elements) {
        // The version that was read comes back too: whoever wrote a newer one meanwhile is not overwritten in silence.
        if (!field.name || (field.type === "hidden" && field.name !== "version") || field.type === "submit") continue;
        const mine = values.filter(([name]) => name === field.name).map(([, value]) => value);
        if (field.type === "checkbox") field.checked = mine.includes(field.value);
        else { const at = taken[field.name] || 0; taken[field.name] = at + 1; if (at < mine.length) field.value = mine[at]; }
      }
      const note = form.querySelector("[data-restored]");
      if (note) note.hidden = false;
    }
    all("[data-counted]", form).forEach(countField);
  }

  on("click", "[data-forget]", (event, link) => sessionStorage.removeItem(KEEP_PREFIX + body.dataset.user + ":" + link.dataset.forget));
  on("submit", "[data-sign-out]", () => Object.keys(sessionStorage)   // whoever sits here next is somebody else
    .filter((key) => key.startsWith(KEEP_PREFIX)).forEach((key) => sessionStorage.removeItem(key)));
  on("input", "[data-swatch]", (event, field) => {
    const code = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(field.value.trim()) ? field.value.trim() : "none";
    field.closest("li").querySelector("rect").setAttribute("fill", code);
  });
  document.addEventListener("input", (event) => {
    if (event.target.dataset && "counted" in event.target.dataset) countField(event.target);
    const form = event.target.form;
    if (form && "keep" in form.dataset) keepForm(form);
  });
  const SENT = KEEP_PREFIX + "sent";
  document.addEventListener("submit", (event) => {
    if (!("keep" in event.target.dataset)) return;
    keepForm(event.target);
    if (event.target.hasAttribute("hx-post")) return;         // its answer says whether it has arrived
    sessionStorage.setItem(SENT, JSON.stringify({ key: keyOf(event.target), path: location.pathname }));
  });
  function forgetSent() {           // it has arrived when the form led on, and not by way of the sign-in page
    const sent = JSON.parse(sessionStorage.getItem(SENT) || "null");
    sessionStorage.removeItem(SENT);
    if (!sent || !document.referrer || new URL(document.referrer).pathname !== sent.path) return;
    const shown = all("form[data-keep]").find((form) => keyOf(form) === sent.key);
    if (!shown || ("savesHere" in shown.dataset && !("sentBack" in shown.dataset))) sessionStorage.removeItem(sent.key);
  }
  body.addEventListener("htmx:beforeOnLoad", (event) => {      // after the swap the form is gone, and its events with it
    const { elt: form, xhr } = event.detail;
    if (xhr.status >= 200 && xhr.status < 300 && form.matches("form[data-keep]")) sessionStorage.removeItem(keyOf(form));
  });

  // --- counters: as the server counts (see providers/text/counting.py)

  const LINK = /(?<![\p{L}\p{N}_])https?:\/\/[^\s/?#]{1,253}\.[a-z]{2,}(?::\d+)?(?:[/?#]\S*)?/giu;
  const NAME = /(?<![\p{L}\p{N}_])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,24}(?![\p{L}\p{N}_])(?:\/\S*)?/giu;
  const PICTURE = "[\\u231a-\\u27bf\\u2b00-\\u2bff\\u3030\\u303d\\u3297\\u3299\\u2190-\\u21ff\\u00a9\\u00ae\\u{1f000}-\\u{1faff}]";
  const EMOJI = new RegExp("[\\u{1f1e6}-\\u{1f1ff}]{2}|[0-9#*]\\ufe0f?\\u20e3|" + PICTURE + "[\\ufe0f\\u{1f3fb}-\\u{1f3ff}]*(?:\\u200d" + PICTURE + "[\\ufe0f\\u{1f3fb}-\\u{1f3ff}]*)*", "gu");
  const isLight = (code) => code <= 0x10ff || (code >= 0x2000 && code <= 0x200d) || (code >= 0x2010 && code <= 0x201f) || (code >= 0x2032 && code <= 0x2037);
  const isWide = (code) => WIDE.some(([low, high]) => code >= low && code <= high) || /\p{Cn}/u.test(String.fromCodePoint(code));
  const weigh = (text, two) => [...text].reduce((sum, char) => sum + (two(char.codePointAt(0)) ? 2 : 1), 0);

  function countWeighted(text) {
    const heavy = (code) => !isLight(code);
    let sum = 0;
    const take = (pattern, cost) => { text = text.replace(pattern, (found) => { sum += cost(found); return ""; }); };
    take(LINK, () => 23);
    take(NAME, (found) => Math.max(23, weigh(found, heavy)));
    take(EMOJI, () => 2);
    return sum + weigh(text, heavy);
  }
  const COUNTERS = { characters: (text) => [...text].length, double_width: (text) => weigh(text, isWide), weighted: countWeighted };
  const count = (text, unit) => COUNTERS[unit](text.replace(/\r\n?/g, "\n").normalize("NFC"));

  function countField(field) {
    const shown = document.getElementById(field.dataset.counted), length = count(field.value.trim(), field.dataset.unit);
    const goal = Number(field.dataset.goal || 0);
    shown.firstChild.textContent = goal ? length + " / " + goal : String(length);
    shown.toggleAttribute("data-over", goal > 0 && length > goal);
  }

  // East Asian wide and fullwidth, and what is no character yet: as unicodedata of Python 3.11 says (Unicode 14).
  const WIDE = [
    [0x1100, 0x115f], [0x231a, 0x231b], [0x2329, 0x232a], [0x23e9, 0x23ec], [0x23f0, 0x23f0], [0x23f3, 0x23f3],
    [0x25fd, 0x25fe], [0x2614, 0x2615], [0x2648, 0x2653], [0x267f, 0x267f], [0x2693, 0x2693], [0x26a1, 0x26a1],
    [0x26aa, 0x26ab], [0x26bd, 0x26be], [0x26c4, 0x26c5], [0x26ce, 0x26ce], [0x26d4, 0x26d4], [0x26ea, 0x26ea],
    [0x26f2, 0x26f3], [0x26f5, 0x26f5], [0x26fa, 0x26fa], [0x26fd, 0x26fd], [0x2705, 0x2705], [0x270a, 0x270b],
    [0x2728, 0x2728], [0x274c, 0x274c], [0x274e, 0x274e], [0x2753, 0x2755], [0x2757, 0x2757], [0x2795, 0x2797],
    [0x27b0, 0x27b0], [0x27bf, 0x27bf], [0x2b1b, 0x2b1c], [0x2b50, 0x2b50], [0x2b55, 0x2b55], [0x2e80, 0x303e],
    [0x3041, 0x3247], [0x3250, 0x4dbf], [0x4e00, 0xa4c6], [0xa960, 0xa97c], [0xac00, 0xd7a3], [0xf900, 0xfad9],
    [0xfe10, 0xfe19], [0xfe30, 0xfe6b], [0xff01, 0xff60], [0xffe0, 0xffe6], [0x16fe0, 0x1b2fb], [0x1f004, 0x1f004],
    [0x1f0cf, 0x1f0cf], [0x1f18e, 0x1f18e], [0x1f191, 0x1f19a], [0x1f200, 0x1f320], [0x1f32d, 0x1f335],
    [0x1f337, 0x1f37c], [0x1f37e, 0x1f393], [0x1f3a0, 0x1f3ca], [0x1f3cf, 0x1f3d3], [0x1f3e0, 0x1f3f0],
    [0x1f3f4, 0x1f3f4], [0x1f3f8, 0x1f43e], [0x1f440, 0x1f440], [0x1f442, 0x1f4fc], [0x1f4ff, 0x1f53d],
    [0x1f54b, 0x1f54e], [0x1f550, 0x1f567], [0x1f57a, 0x1f57a], [0x1f595, 0x1f596], [0x1f5a4, 0x1f5a4],
    [0x1f5fb, 0x1f64f], [0x1f680, 0x1f6c5], [0x1f6cc, 0x1f6cc], [0x1f6d0, 0x1f6d2], [0x1f6d5, 0x1f6df],
    [0x1f6eb, 0x1f6ec], [0x1f6f4, 0x1f6fc], [0x1f7e0, 0x1f7f0], [0x1f90c, 0x1f93a], [0x1f93c, 0x1f945],
    [0x1f947, 0x1f9ff], [0x1fa70, 0x1faf6], [0x20000, 0x3134a],
  ];

  // --- small things

  on("focusin", "[data-select]", (event, field) => field.select());
  const clock = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "short" });
  const moments = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  const exact = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "full", timeStyle: "long" });
  function settle(root) {
    all("time[data-moment]", root).forEach((time) => {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) return;
      time.textContent = (at.toDateString() === new Date().toDateString() ? clock : moments).format(at);
      time.title = exact.format(at);
      delete time.dataset.moment;
    });
    all("form[data-keep]", root).forEach(restore);
  }
  forgetSent();
  settle(document);
  document.addEventListener("htmx:load", (event) => settle(event.detail.elt));
  window.nightdesk = { count };
})();
