// Sums of the models' data for a selection of workspace, client, months and currency. This file does not draw.

const answers = JSON.parse(document.getElementById("answers").textContent);

/** The rows of a SELECT as objects. */
const table = name =>
  answers[name].rows.map(row => Object.fromEntries(answers[name].columns.map((column, place) => [column, row[place]])));
const tables = Object.fromEntries(
  Object.keys(answers)
    .filter(name => answers[name].columns)
    .map(name => [name, table(name)]),
);

const named = answers.named;
const today = answers.as_of;
const monthOf = day => 12 * Number(day.slice(0, 4)) + Number(day.slice(5, 7)) - 1;
const thisMonth = monthOf(today);
const months = Object.values(tables)
  .flat()
  .map(row => row.month)
  .filter(month => month !== undefined);
const firstMonth = months.reduce((least, month) => Math.min(least, month), thisMonth);

const sum = (rows, value) =>
  rows.reduce((total, row) => total + (typeof value === "string" ? (row[value] ?? 0) : value(row)), 0);

/** Rows grouped by a key, in the order of the keys. */
function grouped(rows, key) {
  const groups = new Map();
  for (const row of rows) {
    const found = groups.get(key(row));
    if (found) found.push(row);
    else groups.set(key(row), [row]);
  }
  return groups;
}

/** The sum of `value` per currency, the largest first. */
function perCurrency(rows, value) {
  return [
    ...grouped(
      rows.filter(row => row.currency),
      row => row.currency,
    ),
  ]
    .map(([currency, some]) => ({ currency, amount: sum(some, value) }))
    .filter(({ amount }) => Math.abs(amount) >= 0.005)
    .sort((one, other) => other.amount - one.amount);
}

const ofWorkspace = (workspace, row) =>
  named[row.client === undefined ? "person" : "client"][row.client ?? row.person].workspace === workspace;

/** The clients of a workspace by number, in alphabetical order, internal work last. */
function clientsOf(workspace) {
  const place = client => (named.client[client].name === null ? 1 : 0);
  return named.client
    .map((_, client) => client)
    .filter(client => named.client[client].workspace === workspace)
    .sort(
      (one, other) =>
        place(one) - place(other) || (named.client[one].name ?? "").localeCompare(named.client[other].name ?? ""),
    );
}

/** The currencies of a workspace's or a client's amounts, the workspace's own first. */
function currenciesOf(workspace, client) {
  const own = answers.workspaces[workspace].currency;
  const rows = ["margin", "uninvoiced", "owed", "invoiced", "paid"]
    .flatMap(name => tables[name])
    .filter(row => ofWorkspace(workspace, row) && row.currency && (client === null || row.client === client));
  const counted = [...grouped(rows, row => row.currency)].sort((one, other) => other[1].length - one[1].length);
  const found = counted.map(([currency]) => currency);
  return client === null ? [...found.filter(one => one === own), ...found.filter(one => one !== own)] : found;
}

/**
 * Everything that the page tells of a choice.
 * @param {{workspace: number, client: ?number, from: number, to: number, currency: ?string}} choice months count from the year 0
 */
function figuresOf(choice) {
  const mine = Object.fromEntries(
    Object.entries(tables).map(([name, rows]) => [
      name,
      rows.filter(
        row =>
          ofWorkspace(choice.workspace, row) &&
          (choice.client === null || row.client === undefined || row.client === choice.client),
      ),
    ]),
  );
  const within = row => choice.from <= row.month && row.month <= choice.to;
  const before = row => row.month < choice.from;
  const chosen = Object.fromEntries(
    Object.entries(mine).map(([name, rows]) => [name, name === "budgets" ? rows : rows.filter(within)]),
  );
  const inCurrency = rows => rows.filter(row => row.currency === choice.currency);

  const worked = new Set(chosen.margin.map(row => row.project));
  const budgets = mine.budgets.filter(row => worked.has(row.project));
  const capacity = new Map(
    [...grouped(chosen.capacity, row => row.person)].map(([person, rows]) => [
      person,
      { capacity: sum(rows, "capacity_hours"), planned: sum(rows, "planned_hours") },
    ]),
  );
  const withCapacity = chosen.people.filter(row => capacity.get(row.person)?.capacity);
  const people = [
    ...new Set([...chosen.people.map(row => row.person), ...(choice.client === null ? capacity.keys() : [])]),
  ]
    .map(person => {
      const rows = chosen.people.filter(row => row.person === person);
      const hours = sum(rows, "hours"),
        could = capacity.get(person)?.capacity ?? 0;
      return {
        person,
        hours,
        billable: sum(rows, "billable_hours"),
        capacity: could,
        planned: capacity.get(person)?.planned ?? 0,
        share: could ? hours / could : null,
      };
    })
    .filter(row => row.hours || row.capacity)
    .sort((one, other) => (other.share ?? -1) - (one.share ?? -1));

  const margin = inCurrency(chosen.margin);
  const known = margin.filter(row => row.margin !== null);
  const allCapacity = sum([...capacity.values()], "capacity");
  // The first month of the schedule may be incomplete.
  const plannedMonths = mine.capacity.filter(row => row.planned_hours).map(row => row.month);
  const plannedFrom = plannedMonths.length ? Math.min(...plannedMonths) + 1 : null;
  const owed = inCurrency(chosen.owed),
    uninvoiced = inCurrency(chosen.uninvoiced);
  return {
    choice,
    chosen,
    mine,
    budgets,
    people,
    budgetsInUse: budgets.filter(row => !row.is_archived),
    hours: sum(chosen.weeks, "hours"),
    billable: sum(chosen.weeks, "billable_hours"),
    capacity: allCapacity,
    used: allCapacity ? sum(withCapacity, "hours") / allCapacity : null,
    plannedFrom,
    isPlanned: plannedFrom !== null && choice.from >= plannedFrom,
    usedBillable: allCapacity ? sum(withCapacity, "billable_hours") / allCapacity : null,
    margin,
    known,
    earned: sum(margin, "amount"),
    earnedElsewhere: perCurrency(
      chosen.margin.filter(row => row.currency !== choice.currency),
      "amount",
    ),
    marginAmount: sum(known, "margin"),
    marginShare: sum(known, "amount") ? sum(known, "margin") / sum(known, "amount") : null,
    earnedWithoutMargin: sum(
      margin.filter(row => row.margin === null),
      "amount",
    ),
    unknownAmounts: sum(chosen.margin, "rows_of_unknown_amount"),
    uninvoiced,
    uninvoicedAmount: sum(uninvoiced, "amount"),
    uninvoicedHours: sum(chosen.uninvoiced, "hours"),
    uninvoicedElsewhere: perCurrency(
      chosen.uninvoiced.filter(row => row.currency !== choice.currency),
      "amount",
    ),
    uninvoicedUnknown: sum(
      chosen.uninvoiced.filter(row => row.amount === null),
      "hours",
    ),
    uninvoicedBefore: {
      hours: sum(mine.uninvoiced.filter(before), "hours"),
      amount: sum(inCurrency(mine.uninvoiced).filter(before), "amount"),
    },
    owed,
    owedAmount: sum(owed, "balance"),
    overdue: owed.filter(row => row.days_overdue > 0),
    owedElsewhere: perCurrency(
      chosen.owed.filter(row => row.currency !== choice.currency),
      "balance",
    ),
    owedBefore: inCurrency(mine.owed).filter(before),
    invoiced: inCurrency(chosen.invoiced),
    invoicedElsewhere: perCurrency(
      chosen.invoiced.filter(row => row.currency !== choice.currency),
      "amount",
    ),
    paid: inCurrency(chosen.paid),
    months: Array.from({ length: choice.to - choice.from + 1 }, (_, place) => choice.from + place),
  };
}
