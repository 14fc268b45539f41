/** What is kept of EcoFlow's accounts between starts: region, client id, stations. A file of its own, so that tools read it too. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { fileBounds, jsonOrNull } from "../core/bounded-json.ts";
import type { CloudStation } from "../core/cloud/account.ts";

/** Name of the file in the state folder. */
export const accountsFile = "ecoflow-accounts.json";

const stationSchema = z.object({
  serial: z.string(),
  name: z.string().nullable(),
  product: z.string().nullable(),
  online: z.boolean().nullable(),
});

const keptSchema = z.object({
  /** Address of the API that served the account last; null before the first answer. */
  url: z.string().nullable(),
  /** The random part of the client id. Never changed: EcoFlow counts ids. */
  clientId: z.string().regex(/^[0-9a-f-]{8,40}$/),
  stations: z.array(stationSchema),
  /** When the stations were listed, epoch ms; null before the first list. */
  listedAt: z.number().nullable(),
});

/** What is kept of one account. No password, key or token is among it. */
export interface KeptAccount extends z.output<typeof keptSchema> {
  stations: CloudStation[];
}

/** Accounts by a key that names API and user. Both calls never throw: without the disk everything works, and is found out again. */
export interface AccountMemory {
  load(key: string): KeptAccount | null;
  save(key: string, kept: KeptAccount): void;
}

/** The file in the state folder; it is read at each call, so that a server and a tool see what the other wrote. */
export function fileMemory(path: string, onError: (why: string) => void = () => {}): AccountMemory {
  return {
    load: (key) => readAccounts(path)[key] ?? null,
    save(key, kept) {
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        const text = JSON.stringify({ ...readAccounts(path), [key]: kept }, null, 2);
        // Written beside and renamed: a kill leaves the old file or the new one.
        writeFileSync(`${path}.new`, `${text}\n`, { mode: 0o600 });
        renameSync(`${path}.new`, path);
      } catch (error) {
        onError(`${path} could not be written: ${(error as Error).message}`);
      }
    },
  };
}

/** A memory that ends with the process. */
export function noFileMemory(): AccountMemory {
  const kept = new Map<string, KeptAccount>();
  return { load: (key) => kept.get(key) ?? null, save: (key, account) => void kept.set(key, account) };
}

/** All accounts of the file; an entry that cannot be read is left out. */
export function readAccounts(path: string): Record<string, KeptAccount> {
  try {
    if (!existsSync(path)) return {};
    const json = jsonOrNull(readFileSync(path, "utf8"), fileBounds);
    if (json === null || typeof json !== "object" || Array.isArray(json)) return {};
    return Object.fromEntries(
      Object.entries(json).flatMap(([key, value]) => {
        const read = keptSchema.safeParse(value);
        return read.success ? [[key, read.data]] : [];
      }),
    );
  } catch {
    return {};
  }
}
