/** The file of EcoFlow's accounts, kept over restarts: region, client id, stations. Tools read and write it too. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { fileBounds, jsonObject } from "../core/bounded-json.ts";
import type { CloudStation } from "../core/cloud/account.ts";
import { makeFolder } from "./folder.ts";

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
  /** The random part of the client id. EcoFlow counts different ids, so it is kept. */
  clientId: z.string().regex(/^[0-9a-f-]{8,40}$/),
  stations: z.array(stationSchema),
  /** When the stations were listed, epoch ms; null before the first list. */
  listedAt: z.number().nullable(),
});

/** What is kept of one account. It holds no password, key or token. */
export interface KeptAccount extends z.output<typeof keptSchema> {
  stations: CloudStation[];
}

/** Accounts by a key that names API and user. Neither call throws: without the disk, everything is found out again at each start. */
export interface AccountMemory {
  load(key: string): KeptAccount | null;
  save(key: string, kept: KeptAccount): void;
}

/** An account that is new on this machine; `random` from 0 to below 1. */
export const newAccount = (random: () => number): KeptAccount => ({
  url: null,
  clientId: newClientId(random),
  stations: [],
  listedAt: null,
});

/** Makes the random part of a client id, in the form of a UUID; `random` from 0 to below 1. */
export function newClientId(random: () => number): string {
  const hex = (digits: number) =>
    Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join("");
  return [8, 4, 4, 4, 12].map(hex).join("-");
}

/** The file in the state folder. It is read at each call, so that a server and a tool see what the other wrote. */
export function fileMemory(path: string, onError: (why: string) => void = () => {}): AccountMemory {
  return {
    load: (key) => readAccounts(path)[key] ?? null,
    save(key, kept) {
      try {
        makeFolder(dirname(path));
        const text = JSON.stringify({ ...readAccounts(path), [key]: kept }, null, 2);
        // Written beside it and renamed: a killed process leaves the old file or the new one.
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
    const accounts = jsonObject(readFileSync(path, "utf8"), fileBounds) ?? {};
    return Object.fromEntries(
      Object.entries(accounts).flatMap(([key, value]) => {
        const read = keptSchema.safeParse(value);
        return read.success ? [[key, read.data]] : [];
      }),
    );
  } catch {
    return {};
  }
}
