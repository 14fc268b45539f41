/** Signs requests of EcoFlow's developer interface: HMAC-SHA256 over the flattened parameters (docs/protocol.md, signing). */
import { sign } from "./secrets.ts";

/** Any JSON value; at the top an object, or nothing. */
export type Parameters = { readonly [name: string]: unknown };

export interface SignedRequest {
  accessKey: string;
  secretKey: string;
  /** Six random digits. */
  nonce: string;
  /** Epoch milliseconds: a stale one is refused. */
  timestamp: string;
  /** The query of a GET, the JSON body of a PUT or POST. */
  parameters: Parameters;
}

/** `{a: {b: [1, {c: true}]}}` → `a.b[0]=1&a.b[1].c=true`: sorted by key in ASCII order, values as JSON spells them, text without quotes. */
export function flatText(parameters: Parameters): string {
  const pairs: [key: string, value: string][] = [];
  for (const [name, value] of Object.entries(parameters)) flatten(name, value, pairs);
  pairs.sort(([one], [other]) => (one < other ? -1 : Number(one > other)));
  return pairs.map(([key, value]) => `${key}=${value}`).join("&");
}

function flatten(key: string, value: unknown, into: [string, string][]): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) flatten(`${key}[${index}]`, item, into);
  } else if (value !== null && typeof value === "object") {
    for (const [name, inner] of Object.entries(value)) flatten(`${key}.${name}`, inner, into);
  } else {
    into.push([key, String(value)]);
  }
}

/** Returns the four headers of a signed request. Send `Content-Type` only with a body: on a GET the answer is 8521. */
export function signedHeaders(request: SignedRequest): Record<string, string> {
  const { accessKey, secretKey, nonce, timestamp, parameters } = request;
  const flat = flatText(parameters);
  const tail = `accessKey=${accessKey}&nonce=${nonce}&timestamp=${timestamp}`;
  const text = flat === "" ? tail : `${flat}&${tail}`;
  return { accessKey, nonce, timestamp, sign: sign(secretKey, text) };
}
