/** A hash that recognises a message which was seen before. */
import { createHash } from "node:crypto";

/** Returns the SHA-256 of bytes or of a text, in hexadecimal. */
export const fingerprint = (content: Uint8Array | string): string =>
  createHash("sha256").update(content).digest("hex");
