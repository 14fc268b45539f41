/** Accounts of the embedded broker. */
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

export interface BrokerUser {
  name: string;
  /** Plain text, or `scrypt:<salt>:<hash>`, both base64, as `hashPassword` makes it. */
  password: string;
}

const derive = promisify<string | Buffer, Buffer, number, Buffer>(scrypt);
const hashBytes = 32;

/** `scrypt:<salt>:<hash>` of a password, for the configuration. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, hashBytes);
  return `scrypt:${salt.toString("base64")}:${hash.toString("base64")}`;
}

/**
 * Returns a check of an account; without accounts it accepts everybody. It takes the same time for an unknown name.
 * Rejects for a malformed hash.
 */
export async function checkUsers(users: readonly BrokerUser[]) {
  const known = new Map<string, Stored>();
  for (const { name, password } of users) known.set(name, await parse(password));
  const nobody = await parse(randomBytes(16).toString("hex"));
  return async (name: string | undefined, password: Buffer | undefined): Promise<boolean> => {
    if (users.length === 0) return true;
    const { salt, hash } = known.get(name ?? "") ?? nobody;
    const given = await derive(password ?? "", salt, hashBytes);
    return timingSafeEqual(given, hash) && known.has(name ?? "");
  };
}

interface Stored {
  salt: Buffer;
  hash: Buffer;
}

/** Hashes a plain password at the start, so that both kinds are checked the same way. */
async function parse(password: string): Promise<Stored> {
  const stored = password.startsWith("scrypt:") ? password : await hashPassword(password);
  const [, salt = "", hash = ""] = stored.split(":");
  const bytes = Buffer.from(hash, "base64");
  if (bytes.length !== hashBytes) {
    throw new Error("a password hash in broker.users is not scrypt:<salt>:<hash>: make a new one");
  }
  return { salt: Buffer.from(salt, "base64"), hash: bytes };
}
