"use strict";
// Tables that can be sorted and searched, and a picture that can be moved and zoomed. No other library.
(() => {
  const byId = (id) => document.getElementById(id);

  // ---- tables ----
  const valueOf = (row, column) => {
    const cell = row.cells[column];
    const text = cell.dataset.value ?? cell.textContent.trim();
    const number = Number(text);
    return { text, number, isNumber: text !== "" && !Number.isNaN(number) };
  };
  // Rows without a value stay last in both directions.
  const compare = (a, b, direction) => {
    if (a.text === "" || b.text === "") return (a.text === "") - (b.text === "");
    if (a.isNumber && b.isNumber) return direction * (a.number - b.number);
    return direction * a.text.localeCompare(b.text, "en", { numeric: true });
  };
  const sort = (table, header, column) => {
    const isNumber = header.classList.contains("number");
    const before = header.getAttribute("aria-sort");
    const first = isNumber ? "descending" : "ascending";
    const second = isNumber ? "ascending" : "descending";
    const now = before === first ? second : first;
    for (const other of header.parentNode.cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", now);
    const direction = now === "ascending" ? 1 : -1;
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => ({ row, value: valueOf(row, column) }));
    rows.sort((a, b) => compare(a.value, b.value, direction));
    body.append(...rows.map(({ row }) => row));
  };
  for (const table of document.querySelectorAll("table")) {
    [...table.tHead.rows[0].cells].forEach((header, column) => {
      header.querySelector("button").addEventListener("click", () => sort(table, header, column));
    });
  }
  const words = (input) => input.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const input of document.querySelectorAll("input[data-table]")) {
    const table = byId(input.dataset.table);
    const found = document.querySelector(`[data-found="${input.dataset.table}"]`);
    input.addEventListener("input", () => {
      const wanted = words(input);
      let count = 0;
      for (const row of table.tBodies[0].rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !wanted.every((word) => text.includes(word));
        count += !row.hidden;
      }
      found.textContent = wanted.length ? `${count} of ${table.tBodies[0].rows.length} rows` : "";
    });
  }

  for (const input of document.querySelectorAll("input[data-all]")) {
    const show = () => byId(input.dataset.all).classList.toggle("all", input.checked);
    input.addEventListener("change", show);
    show(); // browsers keep the state of a checkbox when they reload a page
  }

  // ---- the picture ----
  const picture = byId("picture");
  const drawings = [...picture.querySelectorAll("svg[data-method]")];
  if (!drawings.length) return;
  const methodChoice = byId("method-choice");
  const levelChoice = byId("level-choice");
  const colorChoice = byId("color-choice");
  const details = byId("details");
  const boxSearch = byId("box-search");
  const HALF_WIDTH = 92; // of a box
  const HALF_HEIGHT = 30;
  let shown = null;
  const squeezed = new Set();
  const views = new Map(); // of each drawing: x, y, width, height in its own units

  const apply = () => {
    const view = views.get(shown);
    shown.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
  };
  // The size of a unit in pixels is between these; at the first limit, text can be read.
  const shape = () => {
    const place = shown.getBoundingClientRect();
    return { width: place.width, height: place.height, ratio: place.height / place.width };
  };
  const fit = (isWhole) => {
    const width = Number(shown.dataset.width);
    const height = Number(shown.dataset.height);
    const { ratio, width: pixels } = shape();
    let wide = Math.max(width, height / ratio);
    const whole = isWhole || wide <= pixels / 0.6;
    if (!whole) wide = Math.min(wide, pixels / (pixels < 640 ? 1 : 0.85)); // begins readable, at the top
    wide = Math.max(wide, pixels / 1.6);
    const high = wide * ratio;
    views.set(shown, { x: (width - wide) / 2, y: high >= height ? (height - high) / 2 : 0, width: wide, height: high });
    if (!whole && wide < width) {
      // Begins at the first box.
      const place = shown.querySelector(".box").transform.baseVal[0].matrix;
      views.get(shown).x = place.e + HALF_WIDTH - wide / 2;
    }
    apply();
  };
  const zoom = (factor, at) => {
    const view = views.get(shown);
    const { ratio, width: pixels } = shape();
    const most = 2 * Math.max(Number(shown.dataset.width), Number(shown.dataset.height) / ratio, pixels);
    const wide = Math.min(Math.max(view.width * factor, pixels / 6), most);
    const real = wide / view.width;
    view.x = at.x - (at.x - view.x) * real;
    view.y = at.y - (at.y - view.y) * real;
    view.width = wide;
    view.height = wide * ratio;
    apply();
  };
  const center = () => {
    const view = views.get(shown);
    return { x: view.x + view.width / 2, y: view.y + view.height / 2 };
  };
  const pointAt = (event) => {
    const place = shown.getBoundingClientRect();
    const view = views.get(shown);
    return {
      x: view.x + ((event.clientX - place.left) / place.width) * view.width,
      y: view.y + ((event.clientY - place.top) / place.height) * view.height,
    };
  };

  const placeOf = (box) => {
    const place = box.transform.baseVal[0].matrix;
    return { x: place.e + HALF_WIDTH, y: place.f + HALF_HEIGHT };
  };
  const moveTo = (box) => {
    const place = placeOf(box);
    const view = views.get(shown);
    view.x = place.x - view.width / 2;
    view.y = place.y - view.height / 2;
    apply();
  };
  let matches = [];
  let current = 0;
  const showMatch = () => {
    for (const box of picture.querySelectorAll(".box.current")) box.classList.remove("current");
    const count = matches.length;
    const found = byId("box-found");
    if (!words(boxSearch).length) found.textContent = "";
    else if (count < 2) found.textContent = count ? "1 box" : "no box";
    else found.textContent = `${current + 1} of ${count} boxes; Enter shows the next`;
    if (count) matches[current].classList.add("current");
  };
  const search = (moves) => {
    const wanted = words(boxSearch);
    picture.classList.toggle("searching", wanted.length > 0);
    matches = [];
    current = 0;
    for (const box of shown.querySelectorAll(".box")) {
      const isMatch = wanted.length > 0 && wanted.every((word) => box.dataset.words.includes(word));
      box.classList.toggle("match", isMatch);
      if (isMatch) matches.push(box);
    }
    showMatch();
    if (moves && matches.length) moveTo(matches[0]);
  };
  // Texts that are wider than their boxes are set narrower; widths depend on the fonts of the machine.
  const squeeze = (drawing) => {
    const most = 2 * HALF_WIDTH - 8;
    for (const text of drawing.querySelectorAll("text")) {
      if (text.textContent.length > 16 && text.getComputedTextLength() > most) {
        text.setAttribute("textLength", most);
        text.setAttribute("lengthAdjust", "spacingAndGlyphs");
      }
    }
  };
  const show = (drawing) => {
    for (const other of drawings) other.toggleAttribute("hidden", other !== drawing);
    shown = drawing;
    byId("slowest").textContent = drawing.dataset.slowest || "-";
    if (!squeezed.has(drawing)) squeeze(drawing);
    squeezed.add(drawing);
    if (!views.has(drawing)) fit(false);
    search(false);
  };
  const showMethod = () => {
    const method = methodChoice ? methodChoice.value : "0";
    const own = drawings.filter((drawing) => drawing.dataset.method === method);
    for (const note of picture.querySelectorAll(".missing")) note.hidden = note.dataset.method !== method;
    levelChoice.replaceChildren(
      ...own.map((drawing) => {
        const option = new Option(drawing.dataset.name, String(drawings.indexOf(drawing)));
        option.selected = drawing.hasAttribute("data-first");
        return option;
      }),
    );
    show(drawings[Number(levelChoice.value)]);
  };
  levelChoice.addEventListener("change", () => show(drawings[Number(levelChoice.value)]));
  methodChoice?.addEventListener("change", showMethod);
  colorChoice.addEventListener("change", () => {
    picture.classList.remove("by-executor", "by-time");
    picture.classList.add(colorChoice.value);
  });
  boxSearch.addEventListener("input", () => search(true));
  boxSearch.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !matches.length) return;
    current = (current + (event.shiftKey ? matches.length - 1 : 1)) % matches.length;
    showMatch();
    moveTo(matches[current]);
  });
  byId("zoom-in").addEventListener("click", () => zoom(1 / 1.4, center()));
  byId("zoom-out").addEventListener("click", () => zoom(1.4, center()));
  byId("zoom-fit").addEventListener("click", () => fit(true));
  window.addEventListener("resize", () => {
    views.clear();
    fit(false);
  });

  const choose = (box) => {
    for (const other of picture.querySelectorAll(".box.chosen")) other.classList.remove("chosen");
    box.classList.add("chosen");
    details.textContent = box.dataset.details;
  };
  // The keyboard enters a picture at one box; arrows go on to the nearest box in their direction.
  const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  const nearest = (box, [right, down]) => {
    const from = placeOf(box);
    let best = null;
    let least = Infinity;
    for (const other of shown.querySelectorAll(".box")) {
      const to = placeOf(other);
      const ahead = (to.x - from.x) * right + (to.y - from.y) * down;
      if (ahead <= 0) continue;
      const cost = ahead + 2 * Math.abs((to.x - from.x) * down + (to.y - from.y) * right);
      if (cost < least) [best, least] = [other, cost];
    }
    return best;
  };
  const goTo = (box) => {
    if (!box) return;
    for (const other of shown.querySelectorAll('.box[tabindex="0"]')) other.setAttribute("tabindex", "-1");
    box.setAttribute("tabindex", "0");
    box.focus({ preventScroll: true });
    const view = views.get(shown);
    const place = placeOf(box);
    const isInside = Math.abs(place.x - view.x - view.width / 2) < view.width / 2 - HALF_WIDTH
      && Math.abs(place.y - view.y - view.height / 2) < view.height / 2 - HALF_HEIGHT;
    if (!isInside) moveTo(box);
  };
  for (const drawing of drawings) {
    const pointers = new Map();
    let moved = 0;
    drawing.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // scrolls the page
      event.preventDefault();
      zoom(Math.exp(Math.sign(event.deltaY) * Math.min(Math.abs(event.deltaY), 120) / 500), pointAt(event));
    }, { passive: false });
    drawing.addEventListener("pointerdown", (event) => {
      pointers.set(event.pointerId, event);
      if (pointers.size === 1) moved = 0;
      drawing.classList.add("dragged");
    });
    const distance = () => {
      const [a, b] = [...pointers.values()];
      return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
    };
    drawing.addEventListener("pointermove", (event) => {
      const before = pointers.get(event.pointerId);
      if (!before) return;
      const apart = pointers.size === 2 ? distance() : 0;
      pointers.set(event.pointerId, event);
      moved += Math.abs(event.clientX - before.clientX) + Math.abs(event.clientY - before.clientY);
      if (moved > 4 && !drawing.hasPointerCapture(event.pointerId)) drawing.setPointerCapture(event.pointerId);
      if (pointers.size === 2) {
        const [a, b] = [...pointers.values()];
        const middle = { clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 };
        zoom(apart / Math.max(distance(), 1), pointAt(middle));
        return;
      }
      const view = views.get(shown);
      const scale = view.width / drawing.getBoundingClientRect().width;
      view.x -= (event.clientX - before.clientX) * scale;
      view.y -= (event.clientY - before.clientY) * scale;
      apply();
    });
    const end = (event) => {
      pointers.delete(event.pointerId);
      if (!pointers.size) drawing.classList.remove("dragged");
    };
    drawing.addEventListener("pointerup", end);
    drawing.addEventListener("pointercancel", end);
    drawing.addEventListener("lostpointercapture", end);
    drawing.addEventListener("click", (event) => {
      const box = event.target.closest(".box");
      if (box && moved <= 4) choose(box);
    });
    drawing.addEventListener("keydown", (event) => {
      const box = event.target.closest(".box");
      if (!box) return;
      const way = ARROWS[event.key];
      if (way) goTo(nearest(box, way));
      else if (event.key === "Enter" || event.key === " ") choose(box);
      else if (event.key === "+") zoom(1 / 1.4, placeOf(box));
      else if (event.key === "-") zoom(1.4, placeOf(box));
      else return;
      event.preventDefault();
    });
  }
  showMethod();
})();
