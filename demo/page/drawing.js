// Charts: columns and a heat map in SVG, bars and tables in HTML. Colours are classes, so the same chart works in light and dark.

const SVG = "http://www.w3.org/2000/svg";

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {}))
    if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : value);
  element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== ""));
  return element;
}
const html = (tag, attributes, ...children) => filled(document.createElement(tag), attributes, children);
const shape = (tag, attributes, ...children) => filled(document.createElementNS(SVG, tag), attributes, children);

/** Steps of an axis from 0, or from below it, in round numbers. */
function axis(least, most, lines) {
  const rough = (most - least || 1) / lines;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map(factor => factor * size).find(one => one >= rough);
  const from = Math.floor(least / step) * step,
    to = Math.ceil(most / step) * step || step;
  return {
    from,
    to,
    steps: Array.from({ length: Math.round((to - from) / step) + 1 }, (_, place) => from + place * step),
  };
}

// -- tooltips ---------------------------------------------------------------------

const hint = document.getElementById("hint");

function showHint(stop, box) {
  hint.replaceChildren(
    html("b", {}, stop.title),
    html(
      "table",
      {},
      ...stop.lines.map(line =>
        html(
          "tr",
          {},
          html("td", {}, line.of ? html("i", { class: `swatch ${line.of}` }) : null),
          html("th", {}, line.name),
          html("td", {}, line.value),
        ),
      ),
    ),
  );
  hint.hidden = false;
  hint.style.left = hint.style.top = "0"; // measured where nothing limits its width
  const { width, height } = hint.getBoundingClientRect();
  const x = box.left + stop.x,
    y = box.top + stop.y;
  const left = x + 14 + width > document.documentElement.clientWidth - 8 ? x - width - 14 : x + 14;
  hint.style.left = `${Math.max(8, Math.min(left, document.documentElement.clientWidth - width - 8))}px`;
  hint.style.top = `${Math.max(8, Math.min(y - height / 2, document.documentElement.clientHeight - height - 8))}px`;
}

/**
 * A drawing that tells what is under the pointer, or, by the arrow keys, of one stop after the other.
 * @param {{title: string, lines: object[], x: number, y: number}[]} stops
 * @param {(x: number, y: number) => number} nearest the stop at a place
 */
function explained(drawing, words, stops, nearest, across = stops.length) {
  const said = html("span", { class: "hidden", "aria-live": "polite" });
  const marker = shape("rect", { class: "marker", visibility: "hidden" });
  drawing.append(marker);
  const figure = html(
    "div",
    {
      class: "drawing",
      tabindex: "0",
      role: "group",
      "aria-roledescription": "chart",
      "aria-label": `${words} The arrow keys go through the values; the table has them all.`,
    },
    drawing,
    said,
  );
  let at = -1;
  const leave = () => {
    hint.hidden = true;
    at = -1;
    marker.setAttribute("visibility", "hidden");
  };
  const go = place => {
    at = Math.max(0, Math.min(stops.length - 1, place));
    const stop = stops[at];
    showHint(stop, drawing.getBoundingClientRect());
    for (const [name, value] of Object.entries(stop.box)) marker.setAttribute(name, value);
    marker.setAttribute("visibility", "visible");
  };
  drawing.addEventListener("pointermove", event => {
    const box = drawing.getBoundingClientRect();
    const place = nearest(event.clientX - box.left, event.clientY - box.top);
    if (place === null || !stops[place]) leave();
    else go(place);
  });
  drawing.addEventListener("pointerleave", leave);
  figure.addEventListener("blur", leave);
  figure.addEventListener("keydown", event => {
    const last = stops.length - 1,
      started = at >= 0;
    const next = {
      ArrowRight: at + 1,
      ArrowLeft: started ? at - 1 : last,
      Home: 0,
      End: last,
      ...(across < stops.length ? { ArrowDown: started ? at + across : 0, ArrowUp: started ? at - across : last } : {}),
    }[event.key];
    if (event.key === "Escape") leave();
    if (next === undefined) return;
    event.preventDefault();
    go(next);
    const stop = stops[at];
    said.textContent = `${stop.title}: ${stop.lines.map(line => `${line.name} ${line.value}`).join(", ")}`;
  });
  return figure;
}

// -- charts --------------------------------------------------------------------------------------

const legend = series =>
  html(
    "ul",
    { class: "legend", "aria-hidden": "true" },
    ...series.map(one => html("li", {}, html("i", { class: `swatch ${one.of}` }), one.name)),
  );

/** Labels of a time axis, as many as fit: `[place, words, second line]`. */
function thinned(marks, width, wide) {
  const keep = Math.max(1, Math.ceil((marks.length * wide) / Math.max(width, 1)));
  const every = [1, 2, 3, 6, 12, 24].find(step => step >= keep) ?? keep;
  return marks.filter((_, place) => (marks.length - 1 - place) % every === 0);
}

/**
 * Columns side by side, or stacked.
 * @param {{width: number, height: number, words: string, places: {title: string}[], marks: [number, string, string][],
 *   series: {name: string, of: string, values: number[]}[], stacked: boolean, value: Function, brief: Function, above: string[]}} chart
 */
function columns(chart) {
  const { width, height, series, places, stacked } = chart;
  const totals = places.map((_, place) =>
    stacked
      ? [sum(series, one => Math.max(0, one.values[place])), sum(series, one => Math.min(0, one.values[place]))]
      : [Math.max(0, ...series.map(one => one.values[place])), Math.min(0, ...series.map(one => one.values[place]))],
  );
  const scale = axis(
    Math.min(0, ...totals.map(([, low]) => low)),
    Math.max(0, ...totals.map(([high]) => high)),
    height > 260 ? 5 : 4,
  );
  const room = {
    left: 10 + 6.6 * Math.max(...scale.steps.map(step => chart.brief(step).length)),
    right: 4,
    top: chart.above ? 20 : 8,
    bottom: 36,
  };
  const step = (width - room.left - room.right) / places.length;
  const y = value => room.top + ((scale.to - value) / (scale.to - scale.from)) * (height - room.top - room.bottom);
  const thick = Math.max(1, Math.min(step * (stacked ? 0.8 : 0.78), stacked ? 44 : 60));
  const drawing = shape("svg", {
    class: stacked ? "stacked" : null,
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    "aria-hidden": "true",
  });
  for (const line of scale.steps) {
    drawing.append(
      shape("line", {
        class: line === 0 ? "zero" : "grid",
        x1: room.left,
        x2: width - room.right,
        y1: y(line),
        y2: y(line),
      }),
      shape("text", { class: "axis", x: room.left - 7, y: y(line) + 4, "text-anchor": "end" }, chart.brief(line)),
    );
  }
  const stops = places.map((place, at) => {
    const left = room.left + step * at + (step - thick) / 2;
    let up = 0,
      down = 0;
    series.forEach((one, number) => {
      const value = one.values[at];
      if (!value) return;
      const from = stacked ? (value > 0 ? up : down) : 0;
      if (value > 0) up = from + value;
      else down = from + value;
      const [high, low] = [y(Math.max(from, from + value)), y(Math.min(from, from + value))];
      const each = stacked ? thick : thick / series.length;
      drawing.append(
        shape("rect", {
          class: `of ${one.of}`,
          x: left + (stacked ? 0 : number * each),
          width: Math.max(0.5, each - (stacked ? 0 : 1)),
          y: high,
          height: Math.max(0.5, low - high),
        }),
      );
    });
    if (chart.above && step >= 22 && totals[at][0])
      drawing.append(
        shape(
          "text",
          { class: "above", x: left + thick / 2, y: y(totals[at][0]) - 5, "text-anchor": "middle" },
          chart.above[at],
        ),
      );
    const shown = series
      .map(one => ({ name: one.name, of: one.of, amount: one.values[at] }))
      .filter(line => line.amount || !stacked);
    const lines = (stacked ? shown.reverse() : shown).map(line => ({ ...line, value: chart.value(line.amount) }));
    return {
      title: place.title,
      lines: [...lines, ...(place.lines ?? [])],
      x: room.left + step * (at + 0.5),
      y: height / 2,
      box: { x: room.left + step * at, y: room.top, width: step, height: height - room.top - room.bottom },
    };
  });
  for (const [at, words, second] of thinned(chart.marks, width - room.left, 38)) {
    const x = room.left + step * (at + 0.5),
      last = x > width - 24;
    drawing.append(
      shape(
        "text",
        { class: "axis", x: last ? width - room.right : x, y: height - 20, "text-anchor": last ? "end" : "middle" },
        words,
      ),
      shape(
        "text",
        { class: "axis", x: last ? width - room.right : x, y: height - 5, "text-anchor": last ? "end" : "middle" },
        second,
      ),
    );
  }
  return html(
    "div",
    {},
    legend(series),
    explained(drawing, chart.words, stops, (x, below) =>
      x < room.left || below < room.top ? null : Math.min(places.length - 1, Math.floor((x - room.left) / step)),
    ),
  );
}

/** A heat map: a cell for each row and place, darker for higher values. */
function map(chart) {
  const { width, places, rows } = chart;
  const left = Math.min(width * 0.36, 16 + 6.7 * Math.max(...rows.map(row => row.name.length))),
    line = 19,
    top = 4;
  const height = top + line * rows.length + 36;
  const step = (width - left - 2) / places.length,
    gap = step > 5 ? 2 : step > 3 ? 1 : 0.4;
  const most = Math.max(...rows.flatMap(row => row.values));
  const drawing = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  const fits = Math.floor((left - 12) / 6.7);
  rows.forEach((row, number) => {
    drawing.append(
      shape(
        "text",
        { class: "name", x: left - 8, y: top + line * number + 13.5, "text-anchor": "end" },
        row.name.length > fits ? `${row.name.slice(0, fits - 1).trimEnd()}…` : row.name,
      ),
    );
    row.values.forEach((value, at) =>
      drawing.append(
        shape("rect", {
          class: value ? "cell" : "cell none",
          x: left + step * at,
          y: top + line * number,
          width: Math.max(0.5, step - gap),
          height: line - 2,
          "fill-opacity": value ? (0.16 + 0.84 * Math.sqrt(value / most)).toFixed(3) : null,
        }),
      ),
    );
  });
  for (const [at, words, second] of thinned(chart.marks, width - left, 38)) {
    drawing.append(
      shape(
        "text",
        {
          class: "axis",
          x: left + step * (at + 0.5),
          y: height - 20,
          "text-anchor": at > places.length * 0.94 ? "end" : "middle",
        },
        words,
      ),
      shape(
        "text",
        {
          class: "axis",
          x: left + step * (at + 0.5),
          y: height - 5,
          "text-anchor": at > places.length * 0.94 ? "end" : "middle",
        },
        second,
      ),
    );
  }
  const stops = rows.flatMap((row, number) =>
    places.map((place, at) => ({
      title: row.name,
      lines: [{ name: place.title, value: chart.value(row.values[at]) }],
      x: left + step * (at + 0.5),
      y: top + line * (number + 0.5),
      box: { x: left + step * at - 1, y: top + line * number - 1, width: step, height: line },
    })),
  );
  return explained(
    drawing,
    chart.words,
    stops,
    (x, below) => {
      const row = Math.floor((below - top) / line),
        at = Math.floor((x - left) / step);
      return x < left || below < top || row >= rows.length || at >= places.length ? null : row * places.length + at;
    },
    places.length,
  );
}

/**
 * One bar per row, with its words and numbers as text.
 * @param {{rows: {name: string, aside: string, parts: {of: string, value: number}[], mark: ?number, track: ?number, text: string, warn: string}[],
 *   most: number, few: number}} chart
 */
function bars(chart) {
  const percentOf = value => `${Math.max(0, Math.min(100, (100 * value) / (chart.most || 1))).toFixed(2)}%`;
  const list = html(
    "ol",
    { class: "bars" },
    ...chart.rows.map((row, place) =>
      html(
        "li",
        { class: row.warn ? `row ${row.warn}` : "row", hidden: place >= chart.few },
        html("span", { class: "name" }, row.name, row.aside ? html("small", {}, row.aside) : null),
        html(
          "span",
          { class: "track", "aria-hidden": "true" },
          row.track ? html("i", { class: "could", style: `width:${percentOf(row.track)}` }) : null,
          html(
            "span",
            { class: "parts" },
            ...row.parts
              .filter(part => part.value > 0)
              .map(part => html("i", { class: `of ${part.of}`, style: `width:${percentOf(part.value)}` })),
          ),
          row.mark !== undefined && row.mark !== null
            ? html("i", { class: "mark", style: `left:${percentOf(row.mark)}` })
            : null,
        ),
        html("span", { class: "text" }, row.text, row.second ? html("small", {}, row.second) : null),
      ),
    ),
  );
  if (chart.rows.length <= chart.few) return [list];
  const more = html(
    "button",
    { type: "button", class: "more", "aria-expanded": "false" },
    `Show all ${chart.rows.length}`,
  );
  more.addEventListener("click", () => {
    const open = more.getAttribute("aria-expanded") !== "true";
    [...list.children].forEach((row, place) => {
      row.hidden = !open && place >= chart.few;
    });
    more.setAttribute("aria-expanded", String(open));
    more.textContent = open ? `Show ${chart.few}` : `Show all ${chart.rows.length}`;
  });
  return [list, more];
}

/** The values of a chart as a table, which is created when it is opened. */
function asTable(title, heads, rows) {
  const wrap = html("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${title}, as a table` });
  const details = html(
    "details",
    {},
    html("summary", {}, "Table", html("span", { class: "hidden" }, `: ${title}`)),
    wrap,
  );
  details.addEventListener("toggle", () => {
    if (!details.open || wrap.firstChild) return;
    wrap.append(
      html(
        "table",
        {},
        html("caption", { class: "hidden" }, title),
        html(
          "thead",
          {},
          html(
            "tr",
            {},
            ...heads.map((head, place) => html("th", { scope: "col", class: place ? null : "first" }, head)),
          ),
        ),
        html(
          "tbody",
          {},
          ...rows().map(cells =>
            html(
              "tr",
              {},
              ...cells.map((cell, place) =>
                place
                  ? html(
                      "td",
                      cell?.value === undefined ? {} : { "data-value": cell.value, class: "number" },
                      cell?.text ?? cell,
                    )
                  : html("th", { scope: "row" }, cell),
              ),
            ),
          ),
        ),
      ),
    );
  });
  return details;
}
