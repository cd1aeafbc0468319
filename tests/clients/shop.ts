// Buys a cart as a guest and a quote as a customer, with types that are made of the server's own document.
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./published";

declare const process: { env: Record<string, string> };
const { ORIGIN, TENANT, SITE, PRICE_ID, AMOUNT, GUEST, CUSTOMER, SAAS_TOKEN, QUOTE } = process.env;
const path = { tenant: TENANT };
const paymentMethods = [{ provider: "none", method: "invoice" }];

function client(token: string): Client<paths> {
  return createClient<paths>({ baseUrl: ORIGIN, headers: { authorization: `Bearer ${token}` } });
}

function answered<Answer>(call: { data?: Answer; error?: unknown; response: Response }): Answer {
  if (call.data === undefined) {
    throw new Error(`${call.response.status} ${JSON.stringify(call.error)}`);
  }
  return call.data;
}

function address(type: "SHIPPING" | "BILLING"): components["schemas"]["checkout.Address"] {
  return { contactName: "Ada Byron", street: "Torstrasse", zipCode: "10115", city: "Berlin", country: "DE", type };
}

async function buyCart(shop: Client<paths>): Promise<string> {
  const body = { currency: "EUR", siteCode: SITE };
  const { cartId } = answered(await shop.POST("/cart/{tenant}/carts", { params: { path }, body }));
  const amount = Number(AMOUNT);
  const item = {
    itemYrn: `urn:yaas:hybris:product:product:${TENANT};mug`,
    quantity: 2,
    price: { priceId: PRICE_ID, originalAmount: amount, effectiveAmount: amount, currency: "EUR" },
  };
  const ofCart = { params: { path: { ...path, cartId } } };
  answered(await shop.POST("/cart/{tenant}/carts/{cartId}/items", { ...ofCart, body: item }));
  const cart = answered(await shop.GET("/cart/{tenant}/carts/{cartId}", ofCart));
  const customer = { email: "ada@example.com", firstName: "Ada", guest: true };
  const shipping = { zoneId: "de", methodId: "standard", methodName: "Standard", amount: 4.9 };
  const addresses = [address("SHIPPING"), address("BILLING")];
  const request = { cartId: cart.id, customer, shipping, addresses, paymentMethods };
  const placed = await shop.POST("/checkout/{tenant}/checkouts/order", { params: { path }, body: request });
  return answered(placed).orderId;
}

async function buyQuote(shop: Client<paths>): Promise<string> {
  const header = { "saas-token": SAAS_TOKEN };
  const body = { quoteId: QUOTE, paymentMethods };
  const placed = await shop.POST("/checkout/{tenant}/checkouts/order", { params: { path, header }, body });
  return answered(placed).orderId;
}

// What does not compile unless the types know what a checkout needs.
async function buyNothing(shop: Client<paths>): Promise<void> {
  const body = { quote: QUOTE, paymentMethods };
  // @ts-expect-error neither a cart nor a quote is named
  await shop.POST("/checkout/{tenant}/checkouts/order", { params: { path }, body });
}

async function main(): Promise<void> {
  console.log(JSON.stringify([await buyCart(client(GUEST)), await buyQuote(client(CUSTOMER))]));
}

void main();
