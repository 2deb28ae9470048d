// The cards of the page: a question, a sentence with the answer, a chart, and a table with the same values.

const LARGEST = 8; // clients with their own colour
const NEARLY = 0.8; // share of a budget from which it needs attention
const AGES = [
  ["not due", "not", "due"],
  ["1 to 30 days", "1–30", "days"],
  ["31 to 60 days", "31–60", "days"],
  ["61 to 90 days", "61–90", "days"],
  ["over 90 days", "over 90", "days"],
  ["no due date", "no due", "date"],
];
const EVERY = { WEEKLY: "per week", MONTHLY: "per month", YEARLY: "per year" };
const settings = { archived: false };

const cell = (value, text) => ({ value: value ?? "", text: value === null ? "–" : text(value) });
const inHours = value => cell(value, hours);
const inShare = value => cell(value, percent);
const inMoney = currency => value => cell(value, amount => money(amount, currency));
const monthMarks = all =>
  all.map((month, place) => [
    place,
    monthBrief(month),
    place === all.length - 1 || month % 12 === 0 || all.length < 5 ? String(yearOf(month)) : "",
  ]);
const monthly = (rows, all, value) => {
  const groups = grouped(rows, row => row.month);
  return all.map(month => sum(groups.get(month) ?? [], value));
};
const nothing = words => [html("p", { class: "nothing" }, words)];
const alsoIn = amounts => (amounts.length ? `Not in this currency: ${elsewhere(amounts)}.` : "");

/** The weeks with work, with a label where a month begins. */
function weeksOf(rows) {
  const weeks = [...new Set(rows.map(row => row.week))].sort();
  const all = [];
  if (weeks.length)
    for (let day = utc(weeks[0]); day <= utc(weeks.at(-1)); day = new Date(day.getTime() + 7 * 86_400_000))
      all.push(day.toISOString().slice(0, 10));
  const begins = all
    .map((week, place) => [place, week])
    .filter(([place, week]) => place === 0 || week.slice(0, 7) !== all[place - 1].slice(0, 7));
  const marks = begins
    .slice(begins.length > 2 && begins[1][0] - begins[0][0] < 3 ? 1 : 0)
    .map(([place, week], at, some) => [
      place,
      monthBrief(monthOf(week)),
      at === 0 || at === some.length - 1 || week.slice(5, 7) === "01" ? week.slice(0, 4) : "",
    ]);
  return { all, marks, places: all.map(week => ({ title: `Week of ${dayName(week)}` })) };
}
const weekly = (rows, all, value) => {
  const groups = grouped(rows, row => row.week);
  return all.map(week => sum(groups.get(week) ?? [], value));
};

const cards = [
  {
    id: "budgets",
    title: "Budget against actual",
    about: "Projects with work in the period. Used so far; of a budget that starts afresh, in the round that runs now.",
    draw(figures, width) {
      const rows = settings.archived ? figures.budgets : figures.budgetsInUse;
      const over = rows.filter(row => row.used_share > 1).length,
        nearly = rows.filter(row => row.used_share <= 1 && row.used_share >= NEARLY).length;
      const amount = (row, value) => (row.measured_in === "MONEY" ? money(value, row.currency) : hours(value));
      const left = sum(rows, "entries_of_unknown_amount") + sum(rows, "rows_of_other_currency");
      const archived = html(
        "label",
        { class: "check" },
        html("input", { type: "checkbox", name: "archived", ...(settings.archived ? { checked: true } : {}) }),
        "Archived projects too",
      );
      archived.firstChild.addEventListener("change", event => {
        settings.archived = event.target.checked;
        redraw();
      });
      return {
        says: !rows.length
          ? ""
          : over || nearly
            ? `${over || "None"} of ${count(rows.length, "budget")} ${over > 1 ? "are" : "is"} overrun, ${nearly || "no"} more ${nearly > 1 ? "are" : "is"} used to ${percent(NEARLY)} or beyond.`
            : `None of ${count(rows.length, "budget")} is used to ${percent(NEARLY)}.`,
        drawn: [
          archived,
          ...(rows.length
            ? bars({
                most: Math.max(1.2, ...rows.map(row => row.used_share)),
                few: 12,
                rows: rows.map(row => ({
                  name: projectName(row.project),
                  aside: listed([clientName(row.client), row.is_archived ? "archived" : ""]),
                  parts: [
                    {
                      of: row.used_share > 1 ? "bad" : row.used_share >= NEARLY ? "warm" : "strong",
                      value: row.used_share,
                    },
                  ],
                  mark: 1,
                  track: 1,
                  text: percent(row.used_share),
                  second: listed([`${amount(row, row.used)} of ${amount(row, row.budget)}`, EVERY[row.starts_afresh]]),
                  warn: row.used_share > 1 ? "over" : "",
                })),
              })
            : nothing("No project with a budget was worked on in the period.")),
        ],
        notes: [left ? `Used leaves out ${count(left, "row")} without a known rate or in another currency.` : ""],
        heads: ["Project", "Client", "Budget", "Used", "Left", "Used share", "Starts afresh"],
        rows: () =>
          rows.map(row => [
            projectName(row.project),
            clientName(row.client),
            cell(row.budget, value => amount(row, value)),
            cell(row.used, value => amount(row, value)),
            cell(row.budget - row.used, value => amount(row, value)),
            inShare(row.used_share),
            row.starts_afresh ? `${EVERY[row.starts_afresh]}, since ${dayName(row.round_started_on)}` : "no",
          ]),
      };
    },
  },
  {
    id: "uninvoiced",
    title: "Worked, not invoiced",
    about:
      "Finished billable work that no line of an invoice names, before taxes. Drafts count as invoiced, void invoices do not.",
    draw(figures) {
      const { currency, client } = figures.choice;
      const of = client === null ? row => row.client : row => row.project,
        name = client === null ? clientName : projectName;
      const rows = [...grouped(figures.uninvoiced, of)]
        .map(([key, some]) => ({
          key,
          amount: sum(some, "amount"),
          hours: sum(some, "hours"),
          oldest: Math.min(
            ...figures.mine.uninvoiced
              .filter(row => of(row) === key && row.currency === currency)
              .map(row => row.month),
          ),
        }))
        .filter(row => row.amount)
        .sort((one, other) => other.amount - one.amount);
      const earlier = figures.uninvoicedBefore;
      return {
        says: rows.length
          ? `${money(figures.uninvoicedAmount, currency)} for ${hours(sum(figures.uninvoiced, "hours"))}, from ${count(rows.length, client === null ? "client" : "project")}.`
          : "",
        drawn: rows.length
          ? bars({
              most: rows[0].amount,
              few: 10,
              rows: rows.map(row => ({
                name: name(row.key),
                aside: `oldest ${monthName(row.oldest)}`,
                parts: [{ of: "warm", value: row.amount }],
                text: money(row.amount, currency),
                second: hours(row.hours),
              })),
            })
          : nothing("Everything is invoiced."),
        notes: [
          alsoIn(figures.uninvoicedElsewhere),
          figures.uninvoicedUnknown ? `The rate of ${hours(figures.uninvoicedUnknown)} more is not known.` : "",
          Math.round(earlier.amount) ? `Before the period: ${money(earlier.amount, currency)} more.` : "",
        ],
        heads: [client === null ? "Client" : "Project", "Hours", "Amount", "Oldest"],
        rows: () =>
          rows.map(row => [name(row.key), inHours(row.hours), inMoney(currency)(row.amount), monthName(row.oldest)]),
      };
    },
  },
  {
    id: "owed",
    title: "What clients owe",
    about: `Invoices issued in the period and not wholly paid, taxes included, by days since the payment was due on ${longDayName(today)}.`,
    draw(figures, width) {
      const { currency } = figures.choice;
      const ages = AGES.filter(([age]) => age !== "no due date" || figures.owed.some(row => row.age === age));
      const values = ages.map(([age]) =>
        sum(
          figures.owed.filter(row => row.age === age),
          "balance",
        ),
      );
      const earlier = figures.owedBefore,
        late = figures.overdue;
      const invoices = html(
        "table",
        { class: "plain" },
        html("caption", {}, "Longest overdue"),
        html(
          "tbody",
          {},
          ...late
            .slice(0, 4)
            .map(row =>
              html(
                "tr",
                {},
                html("th", { scope: "row" }, row.invoice_number, html("small", {}, clientName(row.client))),
                html("td", { class: "number" }, count(row.days_overdue, "day")),
                html("td", { class: "number" }, money(row.balance, row.currency)),
              ),
            ),
        ),
      );
      return {
        says: figures.owed.length
          ? `${money(figures.owedAmount, currency)} on ${count(figures.owed.length, "invoice")}; ${money(sum(late, "balance"), currency)} of it is overdue.`
          : "",
        drawn: figures.owed.length
          ? [
              columns({
                width,
                height: 220,
                stacked: true,
                words: "What clients owe, by age.",
                places: ages.map(([age], place) => ({
                  title: age,
                  lines: [
                    { name: "Invoices", value: String(figures.owed.filter(row => row.age === ages[place][0]).length) },
                  ],
                })),
                marks: ages.map(([, first, second], place) => [place, first, second]),
                series: [
                  {
                    name: "Not due",
                    of: "strong",
                    values: values.map((value, place) =>
                      ages[place][0] === "not due" || ages[place][0] === "no due date" ? value : 0,
                    ),
                  },
                  {
                    name: "Overdue",
                    of: "bad",
                    values: values.map((value, place) =>
                      ages[place][0] === "not due" || ages[place][0] === "no due date" ? 0 : value,
                    ),
                  },
                ],
                value: value => money(value, currency),
                brief: value => briefMoney(value, currency),
              }),
              late.length ? invoices : null,
            ]
          : nothing("Nothing is owed."),
        notes: [
          alsoIn(figures.owedElsewhere),
          earlier.length
            ? `Issued before the period: ${money(sum(earlier, "balance"), currency)} more, on ${count(earlier.length, "invoice")}.`
            : "",
        ],
        heads: ["Invoice", "Client", "Due", "Days overdue", "Age", "Balance"],
        rows: () =>
          figures.owed.map(row => [
            row.invoice_number,
            clientName(row.client),
            row.due_on ? dayName(row.due_on) : "–",
            cell(row.days_overdue, String),
            row.age,
            inMoney(row.currency)(row.balance),
          ]),
      };
    },
  },
  {
    id: "margin",
    title: "Margin by month",
    about:
      "What the work earns at its rates, with billable expenses, against labour cost and all expenses. Nothing is converted.",
    draw(figures, width) {
      const { currency } = figures.choice,
        all = figures.months;
      const earned = monthly(figures.margin, all, "amount"),
        cost = monthly(
          figures.margin.filter(row => row.cost_currency === currency),
          all,
          "cost",
        ),
        margin = monthly(figures.known, all, "margin");
      const without = figures.earnedWithoutMargin;
      return {
        says: figures.known.length
          ? `${money(figures.marginAmount, currency)} is left${figures.marginShare === null ? "" : `, ${percent(figures.marginShare)} of what is earned`}.`
          : figures.margin.length
            ? "The margin is not known."
            : "",
        drawn: figures.margin.length
          ? [
              columns({
                width,
                height: 410,
                stacked: false,
                words: "What is earned and what it costs, by month.",
                places: all.map((month, place) => ({
                  title: monthName(month),
                  lines: [
                    {
                      name: "Margin",
                      value: figures.known.some(row => row.month === month)
                        ? money(margin[place], currency)
                        : "not known",
                    },
                  ],
                })),
                marks: monthMarks(all),
                series: [
                  { name: "Earned", of: "strong", values: earned },
                  { name: "Cost", of: "soft", values: cost },
                ].filter(one => one.values.some(Boolean)),
                value: value => money(value, currency),
                brief: value => briefMoney(value, currency),
              }),
            ]
          : nothing("Nothing was earned or spent in this currency."),
        notes: [
          without
            ? `The margin of ${money(without, currency)} is not known: a rate is missing, or the cost is in another currency.`
            : "",
          alsoIn(figures.earnedElsewhere),
        ],
        heads: ["Month", "Earned", "Cost", "Margin"],
        rows: () =>
          all.map((month, place) => [
            monthName(month),
            ...[earned, cost, margin].map(values => inMoney(currency)(values[place])),
          ]),
      };
    },
  },
  {
    id: "projects",
    title: "Margin by project",
    about:
      "Projects of which everything is known: earned, and what is left of it after labour and expenses. The ones that lose money come first.",
    draw(figures) {
      const { currency } = figures.choice;
      // A project with rows in another currency, or with unknown amounts, has no margin.
      const groups = [...grouped(figures.chosen.margin, row => row.project)]
        .map(([project, some]) => {
          const here = some.filter(row => row.currency === currency);
          return {
            project,
            client: some[0].client,
            amount: sum(here, "amount"),
            cost: sum(
              here.filter(row => row.cost_currency === currency),
              "cost",
            ),
            margin: some.every(row => row.currency === currency && row.margin !== null) ? sum(some, "margin") : null,
          };
        })
        .filter(row => row.amount || row.cost);
      const sorted = groups.filter(row => row.margin !== null).sort((one, other) => other.margin - one.margin);
      const isLost = row => row.margin < 0 && row.amount,
        lost = sorted.filter(isLost).reverse();
      const rows = [...lost, ...sorted.filter(row => !isLost(row))];
      const share = row => (row.amount ? row.margin / row.amount : null);
      return {
        says: rows.length
          ? `${count(rows.length, "project")}; ${lost.length ? `${lost.length} cost${lost.length === 1 ? "s" : ""} more than ${lost.length === 1 ? "it earns" : "they earn"}` : "none that earns costs more than it brings"}.`
          : "",
        drawn: rows.length
          ? [
              legend([
                { name: "Margin", of: "good" },
                { name: "Cost", of: "soft" },
                { name: "Not covered", of: "bad" },
              ]),
              ...bars({
                most: Math.max(...rows.map(row => Math.max(row.amount, row.cost))),
                few: 16,
                rows: rows.map(row => ({
                  name: projectName(row.project),
                  aside: clientName(row.client),
                  parts:
                    row.margin >= 0
                      ? [
                          { of: "good", value: row.margin },
                          { of: "soft", value: row.cost },
                        ]
                      : [
                          { of: "soft", value: row.amount },
                          { of: "bad", value: -row.margin },
                        ],
                  text: money(row.margin, currency),
                  second: row.amount ? `${percent(share(row))} of ${money(row.amount, currency)}` : "earns nothing",
                  warn: row.margin < 0 ? "over" : "",
                })),
              }),
            ]
          : nothing("No margin is known in this currency."),
        notes: [
          groups.length > rows.length
            ? `The margin of ${count(groups.length - rows.length, "project")} is not known.`
            : "",
        ],
        heads: ["Project", "Client", "Earned", "Cost", "Margin", "Share"],
        rows: () =>
          groups.map(row => [
            projectName(row.project),
            clientName(row.client),
            ...[row.amount, row.cost, row.margin].map(inMoney(currency)),
            inShare(row.margin === null ? null : share(row)),
          ]),
      };
    },
  },
  {
    id: "utilisation",
    title: "Utilisation by person",
    about: "Hours worked against hours that the person could work: working days less holidays and approved time off.",
    draw(figures) {
      const rows = figures.people,
        every = figures.choice.client === null,
        planned = every && figures.isPlanned;
      return {
        says:
          figures.used === null
            ? ""
            : `${percent(figures.used)} of the ${hours(figures.capacity)} ${every ? "was used" : "of everybody went into this client"}, ${percent(figures.usedBillable)} was billable.`,
        drawn: rows.length
          ? [
              legend([
                { name: "Billable", of: "strong" },
                { name: "Not billable", of: "soft" },
                { name: "Capacity", of: "could" },
                ...(planned ? [{ name: "Planned", of: "line" }] : []),
              ]),
              ...bars({
                most: Math.max(...rows.map(row => Math.max(row.hours, row.capacity, planned ? row.planned : 0))),
                few: 16,
                rows: rows.map(row => ({
                  name: personName(row.person),
                  track: row.capacity,
                  parts: [
                    { of: "strong", value: row.billable },
                    { of: "soft", value: row.hours - row.billable },
                  ],
                  mark: planned && row.planned ? row.planned : null,
                  text: percent(row.share),
                  second: row.capacity
                    ? `${hours(row.hours)} of ${hours(row.capacity)}`
                    : `${hours(row.hours)}, no capacity known`,
                })),
              }),
            ]
          : nothing("Nobody worked in the period."),
        notes: [
          every && !planned && figures.plannedFrom !== null
            ? `Planned hours are shown of months from ${monthName(figures.plannedFrom)}: the schedule was not read before.`
            : "",
        ],
        heads: ["Person", "Capacity", "Hours", "Billable", ...(planned ? ["Planned"] : []), "Utilisation"],
        rows: () =>
          rows.map(row => [
            personName(row.person),
            inHours(row.capacity),
            inHours(row.hours),
            inHours(row.billable),
            ...(planned ? [inHours(row.planned)] : []),
            inShare(row.share),
          ]),
      };
    },
  },
  {
    id: "weeks",
    title: "Hours by client and week",
    wide: true,
    about: "Weeks at the edges of the period count its days only.",
    draw(figures, width) {
      const rows = figures.chosen.weeks,
        { all, marks, places } = weeksOf(rows);
      const clients = [...grouped(rows, row => row.client)]
        .map(([client, some]) => ({ client, total: sum(some, "hours"), rows: some }))
        .sort((one, other) => other.total - one.total);
      const paying = clients.filter(one => named.client[one.client].name !== null),
        internal = clients.filter(one => named.client[one.client].name === null);
      const bands =
        figures.choice.client !== null
          ? [
              { name: "Billable", of: "strong", values: weekly(rows, all, "billable_hours") },
              { name: "Not billable", of: "soft", values: weekly(rows, all, row => row.hours - row.billable_hours) },
            ]
          : [
              ...paying
                .slice(0, LARGEST)
                .map((one, place) => ({
                  name: clientName(one.client),
                  of: `c${place + 1}`,
                  values: weekly(one.rows, all, "hours"),
                })),
              {
                name: `${paying.length - LARGEST} other clients`,
                of: "others",
                values: weekly(
                  paying.slice(LARGEST).flatMap(one => one.rows),
                  all,
                  "hours",
                ),
              },
              {
                name: "Internal",
                of: "internal",
                values: weekly(
                  internal.flatMap(one => one.rows),
                  all,
                  "hours",
                ),
              },
            ].filter(band => band.values.some(Boolean));
      const best = paying[0];
      return {
        says: rows.length
          ? `${hours(figures.hours)} in ${count(all.length, "week")}${figures.choice.client === null && best ? `; ${clientName(best.client)} is the largest client with ${percent(best.total / figures.hours)}` : ""}.`
          : "",
        drawn: rows.length
          ? [
              columns({
                width,
                height: width < 600 ? 300 : 380,
                stacked: true,
                words: "Hours by client and week.",
                places: places.map((place, at) => ({
                  ...place,
                  lines: [{ name: "Together", value: hours(sum(bands, band => band.values[at])) }],
                })),
                marks,
                series: bands,
                value: hours,
                brief: briefHours,
              }),
            ]
          : nothing("Nothing was tracked in the period."),
        notes: [],
        heads: ["Week of", ...bands.map(band => band.name), "Together"],
        rows: () =>
          all.map((week, at) => [
            dayName(week),
            ...bands.map(band => inHours(band.values[at])),
            inHours(sum(bands, band => band.values[at])),
          ]),
      };
    },
  },
  {
    id: "map",
    title: "Every client, week by week",
    wide: true,
    about: "The stronger the colour, the more hours; the largest client first. Who is growing, who went quiet.",
    titleOf: choice =>
      choice.client === null ? "Every client, week by week" : `Who works for ${clientName(choice.client)}`,
    aboutOf: choice =>
      choice.client === null ? null : "Hours by person and month: the stronger the colour, the more.",
    draw(figures, width) {
      const one = figures.choice.client !== null,
        rows = one ? figures.chosen.people : figures.chosen.weeks;
      const { all, marks, places } = one
        ? {
            all: figures.months,
            marks: monthMarks(figures.months),
            places: figures.months.map(month => ({ title: monthName(month) })),
          }
        : weeksOf(rows);
      const lines = [...grouped(rows, row => (one ? row.person : row.client))]
        .map(([key, some]) => ({
          name: one ? personName(key) : clientName(key),
          total: sum(some, "hours"),
          values: one ? monthly(some, all, "hours") : weekly(some, all, "hours"),
        }))
        .sort((first, second) => second.total - first.total);
      const recent = all.slice(-4),
        quiet = one
          ? 0
          : lines.filter(
              line =>
                !sum(
                  line.values.slice(-recent.length).map(value => ({ value })),
                  "value",
                ),
            ).length;
      return {
        says: !lines.length
          ? ""
          : one
            ? `${count(lines.length, "person", "people")} worked for this client.`
            : `${count(lines.length, "client")}; ${quiet} without work in the last ${count(recent.length, "week")} of the period.`,
        drawn: lines.length
          ? [
              map({
                width,
                words: one ? "Hours by person and month." : "Hours by client and week.",
                rows: lines,
                places,
                marks,
                value: hours,
              }),
            ]
          : nothing("Nothing was tracked in the period."),
        notes: [],
        heads: [one ? "Person" : "Client", ...places.map(place => place.title), "Together"],
        rows: () => lines.map(line => [line.name, ...line.values.map(inHours), inHours(line.total)]),
      };
    },
  },
  {
    id: "billable",
    title: "Billable share",
    about: "Hours by month; above a column, its billable share in percent.",
    draw(figures, width) {
      const all = figures.months,
        total = monthly(figures.chosen.weeks, all, "hours"),
        billable = monthly(figures.chosen.weeks, all, "billable_hours");
      const share = all.map((_, place) => (total[place] ? billable[place] / total[place] : null));
      return {
        says: figures.hours
          ? `${percent(figures.billable / figures.hours)} of ${hours(figures.hours)} can be billed.`
          : "",
        drawn: figures.hours
          ? [
              columns({
                width,
                height: 280,
                stacked: true,
                words: "Billable and other hours by month.",
                places: all.map((month, place) => ({
                  title: monthName(month),
                  lines: [{ name: "Billable share", value: percent(share[place]) }],
                })),
                marks: monthMarks(all),
                series: [
                  { name: "Billable", of: "strong", values: billable },
                  { name: "Not billable", of: "soft", values: total.map((value, place) => value - billable[place]) },
                ],
                above: share.map(one => (one === null ? "" : plain.format(100 * one))),
                value: hours,
                brief: briefHours,
              }),
            ]
          : nothing("Nothing was tracked in the period."),
        notes: [],
        heads: ["Month", "Hours", "Billable", "Share"],
        rows: () =>
          all.map((month, place) => [
            monthName(month),
            inHours(total[place]),
            inHours(billable[place]),
            inShare(share[place]),
          ]),
      };
    },
  },
  {
    id: "paid",
    title: "Invoiced against paid",
    about: "By month of issue and month of payment, taxes included, without drafts and void invoices.",
    draw(figures, width) {
      const { currency } = figures.choice,
        all = figures.months,
        invoiced = monthly(figures.invoiced, all, "amount"),
        paid = monthly(figures.paid, all, "amount");
      return {
        says:
          figures.invoiced.length || figures.paid.length
            ? `${money(sum(figures.invoiced, "amount"), currency)} was invoiced, ${money(sum(figures.paid, "amount"), currency)} was paid.`
            : "",
        drawn:
          figures.invoiced.length || figures.paid.length
            ? [
                columns({
                  width,
                  height: 280,
                  stacked: false,
                  words: "Invoiced and paid by month.",
                  places: all.map(month => ({ title: monthName(month) })),
                  marks: monthMarks(all),
                  series: [
                    { name: "Invoiced", of: "strong", values: invoiced },
                    { name: "Paid", of: "good", values: paid },
                  ],
                  value: value => money(value, currency),
                  brief: value => briefMoney(value, currency),
                }),
              ]
            : nothing("Nothing was invoiced or paid in this currency."),
        notes: [alsoIn(figures.invoicedElsewhere)],
        heads: ["Month", "Invoiced", "Paid"],
        rows: () =>
          all.map((month, place) => [
            monthName(month),
            inMoney(currency)(invoiced[place]),
            inMoney(currency)(paid[place]),
          ]),
      };
    },
  },
];
