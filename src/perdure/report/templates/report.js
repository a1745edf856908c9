// Values where a reader points, and which classes are shown. The page is whole without this script.
(() => {
  "use strict";
  const holder = document.getElementById("hover-data");
  if (!holder) return;
  const data = JSON.parse(holder.textContent);
  const { computePosition, flip, offset, shift } = window.FloatingUIDOM;

  const make = (tag, kind, text) => {
    const made = document.createElement(tag);
    if (kind) made.className = kind;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const drawn = (tag, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };
  const within = (value, low, high) => Math.min(Math.max(value, low), high);

  // One tip for the page; what it says is also the value of the slider that it belongs to.
  const tip = make("div", "tip");
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true");
  document.body.append(tip);

  const say = (lines, x, y) => {
    tip.replaceChildren(...lines);
    tip.hidden = false;
    const box = { x, y, left: x, right: x, top: y, bottom: y, width: 0, height: 0 };
    computePosition({ getBoundingClientRect: () => box }, tip, {
      placement: "top",
      strategy: "fixed",
      middleware: [offset(12), flip({ fallbackPlacements: ["bottom"] }), shift({ padding: 8 })],
    }).then((at) => {
      tip.style.left = `${at.x}px`;
      tip.style.top = `${at.y}px`;
    });
  };

  // How many numbers of a sorted list are not above, or below, a value.
  const upTo = (sorted, value) => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const percent = (share) => `${(100 * share).toFixed(1)}%`;

  const curveReader = (glass, found) => {
    const [left, top, width, height] = found.box;
    const step = Math.max(Math.ceil(found.end / 6) / 10, 0.1);
    const hair = make("span", "hair");
    hair.style.top = `${100 * top}%`;
    hair.style.height = `${100 * height}%`;
    const dots = found.curves.map((curve) => {
      const dot = make("span", "dot");
      dot.style.background = curve.color;
      return dot;
    });
    glass.append(hair, ...dots);
    const across = (time) => left + (width * time) / found.end;
    const down = (survival) => top + height * (1 - survival / found.top);
    let time = 0;

    const valueOf = (curve) => {
      const ended = time > curve.time[curve.time.length - 1];
      const place = upTo(curve.time, time) - 1;
      let words = "follow-up has ended";
      if (!ended) {
        words = percent(curve.survival[place]);
        if (curve.low.length) {
          words += ` (${percent(curve.low[place])} to ${percent(curve.high[place])})`;
        }
      }
      if (curve.leaves.length && !ended) {
        // those who leave at this very time are still at risk
        let gone = upTo(curve.leaves, time);
        while (gone && curve.leaves[gone - 1] === time) gone -= 1;
        words += `, ${curve.leaves.length - gone} at risk`;
      }
      return { words, survival: ended ? null : curve.survival[place] };
    };

    const show = () => {
      const rect = glass.getBoundingClientRect();
      const lines = [make("strong", "", `${found.title}, ${time.toFixed(1)} months`)];
      let highest = 0;
      found.curves.forEach((curve, order) => {
        const { words, survival } = valueOf(curve);
        const line = make("span", "line", `${curve.label}: ${words}`);
        line.style.setProperty("--swatch", curve.color);
        line.classList.toggle("paled", isPaled(curve.classes));
        lines.push(line);
        dots[order].hidden = survival === null;
        if (survival === null) return;
        highest = Math.max(highest, survival);
        dots[order].style.left = `${100 * across(time)}%`;
        dots[order].style.top = `${100 * down(survival)}%`;
      });
      hair.style.left = `${100 * across(time)}%`;
      glass.classList.add("read");
      glass.setAttribute("aria-valuenow", time.toFixed(1));
      glass.setAttribute("aria-valuetext", lines.map((line) => line.textContent).join("; "));
      say(lines, rect.left + rect.width * across(time), rect.top + rect.height * down(highest));
    };

    return {
      orientation: "horizontal",
      first: 0,
      last: found.end,
      show,
      point(x, y) {
        if (x < left - 0.01 || x > left + width + 0.01 || y < top - 0.05) return false;
        if (y > top + height + 0.02) return false;
        time = Math.round((10 * found.end * within(x - left, 0, width)) / width) / 10;
        show();
        return true;
      },
      move(steps) {
        time = within(Math.round(10 * (time + steps * step)) / 10, 0, found.end);
        show();
      },
    };
  };

  const rowReader = (glass, found) => {
    const strip = make("span", "strip");
    glass.append(strip);
    let place = 0;

    const show = (x) => {
      const row = found.rows[place];
      const rect = glass.getBoundingClientRect();
      strip.style.top = `${100 * (row.at - found.height / 2)}%`;
      strip.style.height = `${100 * found.height}%`;
      const lines = row.words.map((words, order) => make(order ? "span" : "strong", "line", words));
      if (row.group) lines.push(make("span", "line group", row.group));
      glass.classList.add("read");
      glass.setAttribute("aria-valuenow", place + 1);
      glass.setAttribute("aria-valuetext", lines.map((line) => line.textContent).join("; "));
      say(lines, x ?? rect.left + rect.width / 2, rect.top + rect.height * (row.at - found.height / 2));
    };

    return {
      orientation: "vertical",
      first: 1,
      last: found.rows.length,
      show,
      point(x, y, clientX) {
        const nearest = found.rows.findIndex((row) => Math.abs(row.at - y) <= found.height / 2);
        if (nearest < 0) return false;
        place = nearest;
        show(clientX);
        return true;
      },
      move(steps) {
        place = within(place - Math.sign(steps) * Math.ceil(Math.abs(steps)), 0, found.rows.length - 1);
        show();
      },
    };
  };

  const KEYS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };

  const addReader = (img) => {
    const found = data.figures[img.dataset.name];
    const live = make("span", "live");
    const glass = make("span", "glass");
    img.replaceWith(live);
    live.append(img, glass);
    const reader = (found.curves ? curveReader : rowReader)(glass, found);
    const caption = img.closest("figure").querySelector("figcaption");
    glass.tabIndex = 0;
    glass.setAttribute("role", "slider");
    glass.setAttribute("aria-orientation", reader.orientation);
    glass.setAttribute("aria-label", `Read values: ${found.title || caption.textContent}`);
    glass.setAttribute("aria-valuemin", reader.first);
    glass.setAttribute("aria-valuemax", reader.last);
    glass.setAttribute("aria-valuenow", reader.first);
    glass.setAttribute("aria-valuetext", "Arrow keys read the values");

    const hide = () => {
      glass.classList.remove("read");
      tip.hidden = true;
    };
    const pointed = (event) => {
      const rect = glass.getBoundingClientRect();
      const x = (event.clientX - rect.left) / rect.width;
      const y = (event.clientY - rect.top) / rect.height;
      if (!reader.point(x, y, event.clientX)) hide();
    };
    glass.addEventListener("pointermove", pointed);
    glass.addEventListener("pointerdown", pointed);
    glass.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse") hide();
    });
    glass.addEventListener("blur", hide);
    glass.addEventListener("focus", () => {
      if (glass.matches(":focus-visible")) reader.show();
    });
    glass.addEventListener("keydown", (event) => {
      if (event.key === "Escape") return hide();
      let steps = KEYS[event.key];
      if (event.key === "Home" || event.key === "End") {
        steps = (event.key === "Home") === (reader.orientation === "vertical") ? 1e9 : -1e9;
      }
      if (steps === undefined || event.altKey || event.ctrlKey || event.metaKey) return undefined;
      event.preventDefault();
      return reader.move(steps);
    });
    return { img, live, found, glass };
  };

  // ----- which classes are shown -----

  let chosen = null;
  const isPaled = (classes) =>
    chosen !== null && classes.length > 0 && !classes.some((one) => chosen.has(one));

  const pictures = [...document.querySelectorAll("img[data-name]")]
    .filter((img) => data.figures[img.dataset.name])
    .map(addReader);
  const hideTip = () => {
    tip.hidden = true;
  };
  addEventListener("scroll", hideTip, { passive: true });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") hideTip();
  });

  const steps = (found, curve, size) => {
    const [left, top, width, height] = found.box;
    const x = (time) => (size[0] * (left + (width * time) / found.end)).toFixed(1);
    const y = (survival) => (size[1] * (top + height * (1 - survival / found.top))).toFixed(1);
    let path = `M${x(0)} ${y(curve.survival[0])}`;
    curve.time.forEach((time, at) => {
      path += `H${x(time)}V${y(curve.survival[at])}`;
    });
    return path;
  };

  const pale = ({ img, live, found }) => {
    live.querySelectorAll(".veil").forEach((veil) => veil.remove());
    if (found.curves) {
      const paled = found.curves.filter((curve) => isPaled(curve.classes));
      live.classList.toggle("paled", paled.length > 0 && paled.length === found.curves.length);
      if (!paled.length || paled.length === found.curves.length) return;
      const box = `0 0 ${found.size.join(" ")}`;
      const veil = drawn("svg", { class: "veil", viewBox: box, "aria-hidden": "true" });
      for (const curve of paled) veil.append(drawn("path", { d: steps(found, curve, found.size) }));
      // where curves cross, those that are shown lie on top
      for (const curve of found.curves.filter((one) => !paled.includes(one))) {
        const look = { class: "kept", stroke: curve.color, "stroke-dasharray": curve.dash.join(" ") };
        veil.append(drawn("path", { d: steps(found, curve, found.size), ...look }));
      }
      live.insertBefore(veil, img.nextSibling);
      return;
    }
    for (const row of found.rows.filter((one) => isPaled(one.classes))) {
      const veil = make("span", "veil");
      veil.style.top = `${100 * (row.at - found.height / 2)}%`;
      veil.style.height = `${100 * found.height}%`;
      live.insertBefore(veil, img.nextSibling);
    }
  };

  // A cell that all rows of a group share stands in the first row: it moves to the first one shown.
  const tables = [...document.querySelectorAll("table")];
  const bodies = tables.filter((one) => one.querySelector("tr[data-classes]")).map((table) => ({
    table,
    note: null,
    groups: [...table.tBodies].map((body) => {
      const rows = [...body.rows];
      const cells = [...rows[0].cells];
      return {
        body,
        width: cells.length,
        shared: cells.map((cell, at) => [cell, at]).filter(([cell]) => cell.rowSpan > 1),
        rows: rows.map((row, order) => ({
          row,
          classes: (row.dataset.classes || "").split(" ").filter(Boolean).map(Number),
          cells: [...row.cells].filter((cell) => order > 0 || cell.rowSpan === 1),
        })),
      };
    }),
  }));

  const arrange = ({ body, width, shared, rows }) => {
    const shown = rows.filter(({ row, classes }) => {
      row.hidden = isPaled(classes);
      return !row.hidden;
    });
    body.hidden = shown.length === 0;
    if (!shared.length || !shown.length) return shown.length;
    const places = new Map(shared.map(([cell, at]) => [at, cell]));
    for (const { row, cells } of rows) row.replaceChildren(...cells);
    const rest = [...shown[0].cells];
    const whole = Array.from({ length: width }, (_, at) => places.get(at) || rest.shift());
    for (const [cell] of shared) cell.rowSpan = shown.length;
    shown[0].row.replaceChildren(...whole.filter(Boolean));
    return shown.length;
  };

  const names = () => [...chosen].map((one) => data.classes[one]).join(", ") || "no class";

  const filterTable = (found) => {
    const all = found.groups.reduce((sum, group) => sum + group.rows.length, 0);
    const shown = found.groups.reduce((sum, group) => sum + arrange(group), 0);
    if (found.note) found.note.remove();
    found.note = null;
    if (shown === all) return all - shown;
    found.note = make("p", "rows-shown");
    found.note.textContent =
      `${shown} of ${all} rows shown: ${names()}, and rows of no class.` +
      " Pooled numbers are of all arms, shown or not.";
    found.table.closest("figure").querySelector("figcaption").after(found.note);
    return all - shown;
  };

  const apply = (classes) => {
    chosen = classes;
    const hidden = bodies.reduce((sum, found) => sum + filterTable(found), 0);
    pictures.forEach(pale);
    return hidden;
  };

  const addFilter = () => {
    const form = make("form", "filter");
    const group = make("fieldset");
    group.append(make("legend", "", `Show by ${data.by}`));
    const boxes = data.classes.map((name) => {
      const label = make("label");
      const box = make("input");
      box.type = "checkbox";
      box.checked = true;
      label.append(box, ` ${name}`);
      group.append(label);
      return box;
    });
    form.append(group);
    form.append(make("p", "notes", "Rows of other classes are hidden in tables and pale in figures." +
      " Nothing is computed again: pooled numbers are of all arms. Print has everything."));
    const bar = make("div", "filtered");
    const status = make("span");
    status.setAttribute("role", "status");
    const all = make("button", "", "Show all");
    all.type = "button";
    all.hidden = true;
    bar.append(status, " ", all);
    document.querySelector("nav").after(form);
    document.body.append(bar);

    const change = () => {
      const on = new Set(boxes.map((box, at) => (box.checked ? at : -1)).filter((at) => at >= 0));
      const filtered = on.size < boxes.length;
      const hidden = apply(filtered ? on : null);
      bar.classList.toggle("on", filtered);
      all.hidden = !filtered;
      status.textContent = filtered
        ? `Filtered: ${names()}. ${hidden} table rows hidden; pooled numbers are of all arms.`
        : "";
    };
    form.addEventListener("change", change);
    form.addEventListener("submit", (event) => event.preventDefault());
    all.addEventListener("click", () => {
      for (const box of boxes) box.checked = true;
      change();
      boxes[0].focus();
    });
    // paper has everything
    let kept = null;
    addEventListener("beforeprint", () => {
      kept = chosen;
      apply(null);
    });
    addEventListener("afterprint", () => apply(kept));
  };
  if (data.classes.length > 1) addFilter();
})();
