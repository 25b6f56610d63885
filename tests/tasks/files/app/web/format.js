export function money(amount) {
  return new Intl.NumberFormat("de-DE", { style: "currency", currency: "EUR" }).format(amount);
}

// TODO: other currencies
// TODO: round the Swiss way to 5 Rappen
