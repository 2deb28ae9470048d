// Formats numbers, days and names for people.

const LOCALE = "en-GB";
const NBSP = "\u00a0";

const plain = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const formats = new Map();

function moneyFormat(currency, compact) {
  const key = `${currency} ${compact}`;
  if (!formats.has(key)) {
    const digits = compact ? { notation: "compact", maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 };
    const code = /^[A-Z]{3}$/.test(currency ?? "") ? { style: "currency", currency } : {};
    formats.set(key, new Intl.NumberFormat(LOCALE, { ...code, ...digits }));
  }
  return formats.get(key);
}

const unsigned = value => (Math.round(value) === 0 ? 0 : value); // no "-0"
const minus = text => text.replace("-", "\u2212");
const money = (amount, currency) => minus(moneyFormat(currency, false).format(unsigned(amount)));
const briefMoney = (amount, currency) => minus(moneyFormat(currency, true).format(amount));
const hours = value => `${minus(plain.format(unsigned(value)))}${NBSP}h`;
const briefHours = value => (Math.abs(value) >= 10 ? plain.format(value) : String(Math.round(value * 10) / 10));
const percent = share => (share === null ? "–" : `${minus(plain.format(unsigned(100 * share)))}${NBSP}%`);
const count = (number, one, many = `${one}s`) => `${plain.format(number)} ${number === 1 ? one : many}`;
const listed = parts => parts.filter(Boolean).join(" · ");
const elsewhere = amounts => amounts.map(({ amount, currency }) => money(amount, currency)).join(", ");

const utc = day => new Date(`${day}T00:00:00Z`);
const longDayFormat = new Intl.DateTimeFormat(LOCALE, {
  day: "numeric",
  month: "long",
  year: "numeric",
  timeZone: "UTC",
});
const shortMonth = new Intl.DateTimeFormat(LOCALE, { month: "short", timeZone: "UTC" });
const firstOf = month => new Date(Date.UTC(Math.floor(month / 12), month % 12, 1));
const longDayName = day => longDayFormat.format(utc(day));
const yearOf = month => Math.floor(month / 12);
const monthBrief = month => shortMonth.format(firstOf(month)).slice(0, 3);
const dayName = day => `${Number(day.slice(8))} ${monthBrief(monthOf(day))} ${day.slice(0, 4)}`;
const monthName = month => `${monthBrief(month)} ${yearOf(month)}`;

const clientName = client => named.client[client].name ?? "Internal";
const projectName = project => named.project[project].name ?? "No project";
const personName = person => named.person[person].name ?? "Nobody";
