import { money } from "./format.js";

// TODO: remove the old basket once /api/v1 is gone
const LEGACY = "/api/v1/basket";
const API = "/api/v2/cart";

export async function load(legacy = false) {
  const answer = await fetch(legacy ? LEGACY : API);
  if (!answer.ok) throw new Error(`cart: ${answer.status}`);
  return answer.json();
}

export function total(lines) {
  return money(lines.reduce((sum, line) => sum + line.price * line.count, 0));
}
