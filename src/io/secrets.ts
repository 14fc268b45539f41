/** Signing with a machine's key: HMAC-SHA256 in lower-case hex; the key is the UTF-8 bytes of the configured text. */
import { createHmac, timingSafeEqual } from "node:crypto";

/** Returns the signature of a text. */
export function sign(key: string, text: string): string {
  return createHmac("sha256", key).update(text, "utf8").digest("hex");
}

/** Whether a message may be believed: it is signed with the key, or no key is set for its sender. */
export const isAuthentic = (key: string | null | undefined, text: string, sig: string | undefined): boolean =>
  key == null || verify(key, text, sig);

/** Whether `sig` signs the text; takes the same time for every wrong one. */
export function verify(key: string, text: string, sig: string | undefined): boolean {
  const given = Buffer.from(sig ?? "", "utf8");
  const right = Buffer.from(sign(key, text), "utf8");
  return given.length === right.length && timingSafeEqual(given, right);
}
