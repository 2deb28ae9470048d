// The filters, the figures at the top, and redrawing. The selection is stored after the # of the address.

const form = document.getElementById("filters");
const field = name => form.elements[name];
const PERIODS = [
  ["12", "Last 12 months", [thisMonth - 11, thisMonth]],
  ["3", "Last 3 months", [thisMonth - 2, thisMonth]],
  ["this", "This month", [thisMonth, thisMonth]],
  ["last", "Last month", [thisMonth - 1, thisMonth - 1]],
  ["year", "This year", [thisMonth - (thisMonth % 12), thisMonth]],
  ["before", "Last year", [thisMonth - (thisMonth % 12) - 12, thisMonth - (thisMonth % 12) - 1]],
  ["all", "Everything", [firstMonth, thisMonth]],
].map(([key, name, [from, to]]) => ({ key, name, from: Math.max(firstMonth, from), to: Math.max(firstMonth, to) }));
const start = {
  workspace: 0,
  client: null,
  from: PERIODS[0].from,
  to: PERIODS[0].to,
  currency: currenciesOf(0, null)[0] ?? null,
};
let choice = { ...start };

const options = (select, entries, chosen) => {
  select.replaceChildren(...entries.map(([value, words]) => html("option", { value }, words)));
  select.value = String(chosen);
};

function showFilters() {
  const all = Array.from({ length: thisMonth - firstMonth + 1 }, (_, place) => [
    thisMonth - place,
    monthName(thisMonth - place),
  ]);
  const period = PERIODS.find(one => one.from === choice.from && one.to === choice.to);
  const currencies = currenciesOf(choice.workspace, choice.client);
  form.querySelector("[type=reset]").hidden = JSON.stringify(choice) === JSON.stringify(start);
  form.querySelector(".workspace").hidden = answers.workspaces.length < 2;
  options(
    field("workspace"),
    answers.workspaces.map((one, place) => [place, one.name]),
    choice.workspace,
  );
  options(
    field("client"),
    [["", "All clients"], ...clientsOf(choice.workspace).map(client => [client, clientName(client)])],
    choice.client ?? "",
  );
  options(
    field("period"),
    [...PERIODS.map(one => [one.key, one.name]), ...(period ? [] : [["own", "From … to …"]])],
    period?.key ?? "own",
  );
  options(field("from"), all, choice.from);
  options(field("to"), all, choice.to);
  options(
    field("currency"),
    currencies.length ? currencies.map(one => [one, one]) : [["", "–"]],
    choice.currency ?? "",
  );
}

const periodName = () =>
  choice.from === choice.to ? monthName(choice.from) : `${monthName(choice.from)} to ${monthName(choice.to)}`;

/** The figures at the top: the first questions of an owner. */
function figureList(figures) {
  const { currency } = figures.choice;
  const over = figures.budgetsInUse.filter(row => row.used_share > 1).length,
    late = sum(figures.overdue, "balance");
  const also = amounts => (amounts.length ? `+ ${elsewhere(amounts)}` : "");
  const unknown = perCurrency(
    figures.chosen.margin.filter(row => row.margin === null),
    "amount",
  );
  return [
    ["over", "Budgets overrun", over, String(over), [`of ${figures.budgetsInUse.length} in use`], over ? "warn" : ""],
    [
      "uninvoiced",
      "Not invoiced",
      figures.uninvoicedAmount,
      money(figures.uninvoicedAmount, currency),
      [`${hours(figures.uninvoicedHours)} in all`, also(figures.uninvoicedElsewhere)],
    ],
    [
      "margin",
      "Margin",
      figures.marginAmount,
      figures.known.length ? money(figures.marginAmount, currency) : "–",
      [
        figures.marginShare === null ? "" : `${percent(figures.marginShare)} of what is earned`,
        unknown.length ? `not known of ${elsewhere(unknown)}` : "",
      ],
    ],
    [
      "owed",
      "Owed by clients",
      figures.owedAmount,
      money(figures.owedAmount, currency),
      [late ? `${money(late, currency)} overdue` : "nothing overdue", also(figures.owedElsewhere)],
      late ? "late" : "",
    ],
    [
      "used",
      "Utilisation",
      figures.used,
      percent(figures.used),
      [`${percent(figures.usedBillable)} billable`, `of ${hours(figures.capacity)}`],
    ],
    [
      "hours",
      "Hours worked",
      figures.hours,
      hours(figures.hours),
      [
        `${figures.hours ? percent(figures.billable / figures.hours) : "–"} billable`,
        count(figures.people.filter(row => row.hours).length, "person", "people"),
      ],
    ],
    [
      "earned",
      "Earned at rates",
      figures.earned,
      money(figures.earned, currency),
      [
        also(figures.earnedElsewhere),
        figures.unknownAmounts ? `${count(figures.unknownAmounts, "entry", "entries")} without a rate` : "",
      ],
    ],
    [
      "invoiced",
      "Invoiced",
      sum(figures.invoiced, "amount"),
      money(sum(figures.invoiced, "amount"), currency),
      [`${money(sum(figures.paid, "amount"), currency)} paid`, also(figures.invoicedElsewhere)],
    ],
  ].map(([key, name, value, text, asides, warn]) =>
    html(
      "li",
      { class: warn ? `figure ${warn}` : "figure" },
      html("span", {}, name),
      html("b", { "data-figure": key, "data-value": value ?? "" }, text),
      ...asides.filter(Boolean).map(aside => html("small", {}, aside)),
    ),
  );
}

function showCards(figures) {
  const host = document.getElementById("cards"),
    open = new Set([...host.querySelectorAll("details[open]")].map(one => one.closest("section").id));
  const focused = host.contains(document.activeElement)
    ? [document.activeElement.closest("section")?.id, document.activeElement.name]
    : [];
  if (!host.firstChild)
    host.append(
      ...cards.map(card =>
        html("section", { id: card.id, class: card.wide ? "wide" : null, "aria-labelledby": `${card.id}-title` }),
      ),
    );
  for (const card of cards) {
    const section = document.getElementById(card.id),
      padding = getComputedStyle(section);
    const width = section.clientWidth - parseFloat(padding.paddingLeft) - parseFloat(padding.paddingRight);
    const { says, drawn, notes, heads, rows } = card.draw(figures, Math.floor(width));
    const title = card.titleOf?.(figures.choice) ?? card.title,
      told = notes.filter(Boolean);
    const values = asTable(title, heads, rows);
    section.replaceChildren(
      html("h2", { id: `${card.id}-title` }, title),
      html("p", { class: "says" }, says),
      html("p", { class: "about" }, card.aboutOf?.(figures.choice) ?? card.about),
      ...drawn.filter(Boolean),
      ...(told.length ? [html("p", { class: "notes" }, told.join(" "))] : []),
      values,
    );
    values.open = open.has(card.id);
  }
  if (focused[1]) document.querySelector(`#${focused[0]} [name=${focused[1]}]`)?.focus();
}

function redraw() {
  hint.hidden = true;
  const figures = figuresOf(choice);
  document.getElementById("title").textContent = answers.workspaces[choice.workspace].name;
  document.getElementById("subtitle").textContent = `Budgets, money and time up to ${longDayName(today)}`;
  document.getElementById("chosen").textContent =
    `${choice.client === null ? "All clients" : clientName(choice.client)}, ${periodName()}: ${hours(figures.hours)}`;
  document.getElementById("figures").replaceChildren(...figureList(figures));
  showCards(figures);
}

// -- the selection and the address --------------------------------------------------------------------

const isoMonth = month => `${yearOf(month)}-${String((month % 12) + 1).padStart(2, "0")}`;

function choose(changes) {
  const next = { ...choice, ...changes };
  if (changes.workspace !== undefined) next.client = null;
  const currencies = currenciesOf(next.workspace, next.client);
  if (changes.workspace !== undefined || changes.client !== undefined || !currencies.includes(next.currency))
    next.currency = currencies[0] ?? null;
  if (next.from > next.to)
    [next.from, next.to] = changes.from === undefined ? [next.to, next.to] : [next.from, next.from];
  choice = next;
  showFilters();
  redraw();
  const said = Object.entries({
    workspace: choice.workspace,
    client: choice.client === null ? "" : clientName(choice.client),
    from: isoMonth(choice.from),
    to: isoMonth(choice.to),
    currency: choice.currency ?? "",
  });
  const same = JSON.stringify(choice) === JSON.stringify(start);
  history.replaceState(null, "", same ? location.pathname + location.search : `#${new URLSearchParams(said)}`);
}

/** The valid selection in the address. */
function addressed() {
  const said = new URLSearchParams(location.hash.slice(1));
  const workspace = answers.workspaces[Number(said.get("workspace"))] ? Number(said.get("workspace")) : 0;
  const client = clientsOf(workspace).find(one => clientName(one) === said.get("client")) ?? null;
  const month = (name, otherwise) => {
    const told = /^\d{4}-(0[1-9]|1[0-2])$/.test(said.get(name) ?? "") ? monthOf(`${said.get(name)}-01`) : otherwise;
    return told < firstMonth || told > thisMonth ? otherwise : told;
  };
  const currencies = currenciesOf(workspace, client);
  const [from, to] = [month("from", start.from), month("to", start.to)];
  return {
    workspace,
    client,
    from: Math.min(from, to),
    to,
    currency: currencies.includes(said.get("currency")) ? said.get("currency") : (currencies[0] ?? null),
  };
}

form.addEventListener("change", event => {
  const { name, value } = event.target;
  if (name === "period") {
    const period = PERIODS.find(one => one.key === value);
    if (period) choose({ from: period.from, to: period.to });
  } else choose({ [name]: name === "currency" ? value : value === "" ? null : Number(value) });
});
form.addEventListener("reset", event => {
  event.preventDefault();
  choose(start);
  field("client").focus();
});
form.addEventListener("submit", event => event.preventDefault());
window.addEventListener("hashchange", () => {
  choice = addressed();
  showFilters();
  redraw();
});

let drawnAt = 0;
new ResizeObserver(() => {
  const width = document.getElementById("cards").clientWidth;
  if (Math.abs(width - drawnAt) > 1) {
    drawnAt = width;
    redraw();
  }
}).observe(document.getElementById("cards"));
choice = addressed();
showFilters();
