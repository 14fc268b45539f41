/**
 * Checks the signature of a request to the developer API. It is written from the vendor's description alone and shares no code
 * with the client, so that one mistake cannot be on both sides.
 */
import { createHmac } from "node:crypto";

/** A request as it came over the wire. */
export interface Signed {
  /** `accessKey`, `nonce`, `timestamp`, `sign`, `content-type`, names in lower case; undefined where the request has none. */
  header(name: string): string | undefined;
  /** The parameters of a GET, decoded, in any order. */
  query: readonly (readonly [name: string, value: string])[];
  /** The text of a PUT or POST; null on a GET. */
  body: string | null;
}

export interface VerifierOptions {
  /** Null for a key that does not exist here. */
  secretOf(accessKey: string): string | null;
  /** Milliseconds that `timestamp` may be away from the server's clock. */
  toleranceMs: number;
}

/** What the answer is if the signature is not accepted. */
export interface Refusal {
  code: "8513" | "8521";
  message: string;
  /** Why, for the person who runs the emulation. It is never sent. */
  why: string;
}

/** Remembers the nonces of the tolerance and refuses each second use. */
export class Verifier {
  readonly #options: VerifierOptions;
  readonly #used = new Map<string, number>();

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  /** Returns null for a request that is signed well at `wall` (epoch ms). */
  check(request: Signed, wall: number): Refusal | null {
    const accessKey = request.header("accesskey") ?? "";
    const nonce = request.header("nonce") ?? "";
    const timestamp = request.header("timestamp") ?? "";
    const secret = this.#options.secretOf(accessKey);
    if (secret === null) {
      return { code: "8513", message: "accessKey is invalid", why: "no such accessKey in this region" };
    }
    const why =
      this.#whyNotNow(accessKey, nonce, timestamp, wall) ??
      whyNotSigned(request, secret, `accessKey=${accessKey}&nonce=${nonce}&timestamp=${timestamp}`);
    return why === null ? null : { code: "8521", message: "signature is wrong", why };
  }

  #whyNotNow(accessKey: string, nonce: string, timestamp: string, wall: number): string | null {
    const { toleranceMs } = this.#options;
    if (!/^\d{6}$/.test(nonce)) return "the nonce is not six digits";
    if (!/^\d{13}$/.test(timestamp)) return "the timestamp is not in milliseconds";
    const awayMs = Math.abs(Number(timestamp) - wall);
    if (awayMs > toleranceMs) return `the timestamp is ${Math.round(awayMs / 1000)} s away from this clock`;
    for (const [known, at] of this.#used) if (wall - at > 2 * toleranceMs) this.#used.delete(known);
    const use = `${accessKey} ${nonce}`;
    if (this.#used.has(use)) return `the nonce ${nonce} was used before`;
    this.#used.set(use, wall);
    return null;
  }
}

function whyNotSigned({ header, query, body }: Signed, secret: string, tail: string): string | null {
  if (body === null && header("content-type") !== undefined) return "a GET has a Content-Type";
  const lines = body === null ? linesOfLeaves(new Map(query)) : linesOfBody(body);
  if (lines === null) return "the body is not a JSON object";
  const text = [...lines, tail].join("&");
  const expected = createHmac("sha256", secret).update(text, "utf8").digest("hex");
  return header("sign") === expected ? null : `the sign does not belong to ${text}`;
}

/** `{"a":{"b":[1]}}` gives `a.b[0]=1`; null where the text is no JSON object. */
function linesOfBody(body: string): string[] | null {
  let root: unknown;
  try {
    root = JSON.parse(body);
  } catch {
    return null;
  }
  if (typeof root !== "object" || root === null || Array.isArray(root)) return null;
  const leaves = new Map<string, string>();
  const open: [path: string, value: unknown][] = Object.entries(root);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const inner = childrenOf(...next);
    if (inner === null) leaves.set(next[0], textOf(next[1]));
    else open.push(...inner);
  }
  return linesOfLeaves(leaves);
}

/** Returns the paths below a list or an object; null for a value. */
function childrenOf(path: string, value: unknown): [string, unknown][] | null {
  if (Array.isArray(value)) return value.map((item, at) => [`${path}[${at}]`, item]);
  if (typeof value !== "object" || value === null) return null;
  return Object.entries(value).map(([name, item]) => [`${path}.${name}`, item]);
}

const textOf = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

const linesOfLeaves = (leaves: ReadonlyMap<string, string>) =>
  [...leaves.keys()].sort(byAscii).map((path) => `${path}=${leaves.get(path)}`);

const byAscii = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other));
