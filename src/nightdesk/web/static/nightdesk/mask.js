// Marking on a picture: a brush, an eraser and a box, by mouse, finger and keyboard. The box lies in four number fields, which
// work without this file; what is painted is sent as a PNG of the picture's own size, white where something is to go.
"use strict";

(() => {
  const editor = document.querySelector("[data-editor]");
  if (!editor) return;
  const MOST_SIDE = 1600, MOST_MASK_PIXELS = 100e6;     // of the canvas that is painted on; of the mask that is sent
  const STEP = 0.02, FINE_STEP = 0.0025;                // of the longer side, for one press of an arrow key
  const width = Number(editor.dataset.width), height = Number(editor.dataset.height), longer = Math.max(width, height);
  const says = editor.dataset, paints = "paints" in says;
  const canvas = editor.querySelector("canvas"), tools = document.querySelector("[data-editor-tools]");
  const size = document.getElementById("brush-size"), layer = document.createElement("canvas");
  const scale = Math.min(1, MOST_SIDE / longer);
  const pen = canvas.getContext("2d"), paint = layer.getContext("2d");
  let mode = paints ? "brush" : "box", strokes = [], cursor = { x: width / 2, y: height / 2 }, showsCursor = false;
  let active = null, past = [];       // a stroke or a box that is being drawn; what undo goes back to

  const field = (name) => document.querySelector(`[data-box] [name=${name}]`);
  const clamp = (value, most) => Math.round(Math.min(Math.max(value, 0), most));
  const announce = (text) => { document.querySelector("[data-editor-says]").textContent = text; };
  const radius = () => longer * Number(size ? size.value : 5) / 200;

  // --- the box: its four fields are the one place where it is

  function box() {
    const sides = ["x0", "y0", "x1", "y1"].map((name) => field(name).value.trim());
    return sides.every((side) => /^\d+$/.test(side)) ? sides.map(Number) : null;
  }

  function setBox(sides) {
    ["x0", "y0", "x1", "y1"].forEach((name, at) => { field(name).value = sides ? sides[at] : ""; });
    draw();
  }

  const between = (from, to) => [
    clamp(Math.min(from.x, to.x), width - 1), clamp(Math.min(from.y, to.y), height - 1),
    Math.max(clamp(Math.max(from.x, to.x), width), clamp(Math.min(from.x, to.x), width - 1) + 1),
    Math.max(clamp(Math.max(from.y, to.y), height), clamp(Math.min(from.y, to.y), height - 1) + 1),
  ];
  const sayBox = () => { const now = box(); announce(now ? `${says.saysBox} ${now.join(", ")}` : says.saysNone); };

  // --- drawing

  function trace(context, stroke, factor, colour) {
    context.globalCompositeOperation = stroke.erases ? "destination-out" : "source-over";
    context.strokeStyle = context.fillStyle = colour;
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = 2 * stroke.radius * factor;
    context.beginPath();
    stroke.points.forEach(({ x, y }) => context.lineTo(x * factor, y * factor));
    if (stroke.points.length === 1) {
      context.arc(stroke.points[0].x * factor, stroke.points[0].y * factor, stroke.radius * factor, 0, 2 * Math.PI);
      context.fill();
    } else context.stroke();
    context.globalCompositeOperation = "source-over";
  }

  function repaint() {
    paint.clearRect(0, 0, layer.width, layer.height);
    strokes.forEach((stroke) => trace(paint, stroke, scale, getComputedStyle(canvas).color));
    draw();
  }

  function outline(make) {              // dark on light on every ground
    const thin = canvas.width / (canvas.clientWidth || canvas.width);
    [["#ffffff", 4], ["#15191f", 2]].forEach(([colour, wide]) => {
      pen.strokeStyle = colour;
      pen.lineWidth = wide * thin;
      pen.beginPath();
      make();
      pen.stroke();
    });
  }

  function draw() {
    const now = box();
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.globalAlpha = 0.6;
    pen.drawImage(layer, 0, 0);
    pen.globalAlpha = 1;
    if (now) outline(() => pen.rect(now[0] * scale, now[1] * scale, (now[2] - now[0]) * scale, (now[3] - now[1]) * scale));
    if (showsCursor && mode !== "box") outline(() => pen.arc(cursor.x * scale, cursor.y * scale, Math.max(2, radius() * scale), 0, 2 * Math.PI));
    editor.dataset.strokes = strokes.length;
  }

  const remember = () => { past.push({ strokes: strokes.slice(), box: box() }); if (past.length > 100) past.shift(); };

  function undo() {
    const last = past.pop();
    if (!last) return;
    strokes = last.strokes;
    setBox(last.box);
    repaint();
    announce(says.saysUndone);
  }

  // --- mouse and finger

  function at(event) {
    const shown = canvas.getBoundingClientRect();
    return { x: (event.clientX - shown.left) * width / shown.width, y: (event.clientY - shown.top) * height / shown.height };
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    showsCursor = false;
    remember();
    active = mode === "box" ? { from: at(event) } : { points: [at(event)], radius: radius(), erases: mode === "eraser" };
    if (mode !== "box") { strokes = [...strokes, active]; repaint(); }
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!active) return;
    if (active.from) return setBox(between(active.from, at(event)));
    active.points.push(at(event));
    requestAnimationFrame(repaint);
  });
  const stop = () => { if (active && active.from) sayBox(); active = null; };
  canvas.addEventListener("pointerup", stop);
  canvas.addEventListener("pointercancel", stop);

  // --- keyboard

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  let painting = null;        // a stroke that grows while the space bar is held

  function dab() {
    if (painting) return;
    remember();
    painting = { points: [{ ...cursor }], radius: radius(), erases: mode === "eraser" };
    strokes = [...strokes, painting];
    repaint();
    announce(`${says.saysPainted} ${Math.round(cursor.x)}, ${Math.round(cursor.y)}`);
  }

  function moveCursor([dx, dy], step) {
    cursor = { x: clamp(cursor.x + dx * step, width), y: clamp(cursor.y + dy * step, height) };
    if (painting) { painting.points.push({ ...cursor }); repaint(); } else draw();
    announce(`${says.saysCursor} ${cursor.x}, ${cursor.y}`);
  }

  function changeBox([dx, dy], step, sizes) {
    remember();
    const now = box() || between({ x: width / 4, y: height / 4 }, { x: 3 * width / 4, y: 3 * height / 4 });
    if (!box()) { setBox(now); return sayBox(); }
    const [x0, y0, x1, y1] = now;
    if (sizes) setBox([x0, y0, Math.max(x0 + 1, clamp(x1 + dx * step, width)), Math.max(y0 + 1, clamp(y1 + dy * step, height))]);
    else {
      const right = clamp(x0 + dx * step, width - (x1 - x0)), down = clamp(y0 + dy * step, height - (y1 - y0));
      setBox([right, down, right + x1 - x0, down + y1 - y0]);
    }
    return sayBox();
  }

  canvas.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key], step = Math.max(1, Math.round(longer * (event.altKey ? FINE_STEP : STEP)));
    const withControl = event.ctrlKey || event.metaKey;
    let act = null;
    if (arrow && (event.shiftKey || mode === "box")) act = () => changeBox(arrow, step, event.shiftKey);
    else if (arrow) act = () => { showsCursor = true; moveCursor(arrow, step); };
    else if (event.key === " " && mode !== "box") act = () => { showsCursor = true; dab(); };
    else if (withControl && event.key === "z") act = undo;
    else if (!withControl && paints) act = { b: () => choose("brush"), e: () => choose("eraser"), x: () => choose("box"), "[": () => grow(-1), "]": () => grow(1) }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();      // the page's own single keys do not apply here
    act();
  });
  canvas.addEventListener("keyup", (event) => { if (event.key === " ") painting = null; });
  canvas.addEventListener("blur", () => { painting = null; showsCursor = false; draw(); });

  // --- the tools above it

  function choose(next) {
    mode = next;
    tools.querySelectorAll("[data-mode]").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.mode === mode)));
    draw();
  }

  function grow(by) {
    size.value = Number(size.value) + by;
    showsCursor = true;
    draw();
  }

  tools.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.mode) choose(button.dataset.mode);
    if ("undo" in button.dataset) undo();
    if ("clear" in button.dataset) { remember(); strokes = []; setBox(null); repaint(); announce(says.saysCleared); }
  });
  document.addEventListener("input", (event) => { if (event.target.closest("[data-box]")) draw(); });
  if (size) size.addEventListener("input", draw);

  // --- what was painted goes along with the form

  function makeMask() {
    if (width * height > MOST_MASK_PIXELS) return Promise.resolve(null);
    const mask = document.createElement("canvas"), context = mask.getContext("2d"), now = box();
    mask.width = width;
    mask.height = height;
    if (now) { context.fillStyle = "#ffffff"; context.fillRect(now[0], now[1], now[2] - now[0], now[3] - now[1]); }
    strokes.forEach((stroke) => trace(context, stroke, 1, "#ffffff"));
    context.globalCompositeOperation = "destination-over";      // white on black: no transparency for anybody to misread
    context.fillStyle = "#000000";
    context.fillRect(0, 0, width, height);
    return new Promise((resolve) => mask.toBlob(resolve, "image/png"));
  }

  function carry(form, blob) {
    let input = form.querySelector("input[data-painted]");
    if (!input) {
      input = Object.assign(document.createElement("input"), { type: "file", name: "mask", hidden: true });
      input.dataset.painted = "";
      form.append(input);
    }
    const files = new DataTransfer();
    if (blob) files.items.add(new File([blob], "mask.png", { type: "image/png" }));
    input.files = files.files;
  }

  let isCarried = false;
  document.addEventListener("submit", async (event) => {        // before htmx, which listens at the form itself
    const form = event.target;
    if (form.id !== "tool" || !paints) return;
    if (isCarried) { isCarried = false; return; }
    if (!strokes.length) { carry(form, null); return; }         // goes as it is: a form cannot be submitted anew within its submit
    event.preventDefault();
    event.stopPropagation();
    const blob = await makeMask();
    if (!blob) { announce(says.saysLarge); return; }
    carry(form, blob);
    isCarried = true;
    form.requestSubmit();
  }, true);

  canvas.width = layer.width = Math.max(1, Math.round(width * scale));
  canvas.height = layer.height = Math.max(1, Math.round(height * scale));
  canvas.hidden = tools.hidden = document.querySelector("[data-editor-help]").hidden = false;
  draw();
})();
