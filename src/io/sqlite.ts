/** The door to the state on disk: a small key-value store that survives kill -9. */
import { existsSync, renameSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { makeFolder } from "./folder.ts";
import { keepYoungSmall } from "./heap.ts";
import type { Reply, Request } from "./sqlite-worker.ts";

/** Texts by key. A `save` that resolved is on disk (WAL, synchronous FULL). */
export interface StateStore {
  /** Returns the newest saved text, or null if the key was never saved. */
  load(key: string): Promise<string | null>;
  save(key: string, text: string): Promise<void>;
  /** Saves all entries or none, in one transaction. */
  saveAll(entries: Readonly<Record<string, string>>): Promise<void>;
  /** Closes after the requests made before it; later calls reject. */
  close(): Promise<void>;
  /** Why the store started empty although a file existed, in one sentence; else null. The state counts as history then (S1). */
  readonly setAside: string | null;
}

export interface StoreOptions {
  /** Name of the file in the folder; default `state.db`. */
  file?: string;
}

// Node 20 cannot run TypeScript, so under the tests the worker is the built one.
const workerFile = import.meta.url.endsWith(".ts") ? "../../dist/io/sqlite-worker.js" : "./sqlite-worker.js";

/** Opens (or creates: folder 0700, file 0600) the store in `dir`; rejects with a sentence when it cannot be opened. */
export async function openStateStore(dir: string, options: StoreOptions = {}): Promise<StateStore> {
  const path = join(dir, options.file ?? "state.db");
  makeFolder(dir);
  await createPrivate(path);
  let line = openLine(path);
  let setAside: string | null = null;
  try {
    await line.ask({ ask: "open" });
  } catch (error) {
    await line.end();
    if (!corrupt(error)) throw refusal(path, error);
    const name = moveAway(path);
    setAside = `${path} was damaged (${(error as Error).message}) and is now ${name}; the server starts without a past`;
    await createPrivate(path);
    line = openLine(path);
    await line.ask({ ask: "open" });
  }
  return storeOver(line, setAside);
}

/** A store that forgets everything with the process, for tests and the demo. */
export function memoryStore(initial: Readonly<Record<string, string>> = {}): StateStore {
  const texts = new Map(Object.entries(initial));
  return {
    setAside: null,
    load: (key) => Promise.resolve(texts.get(key) ?? null),
    save: (key, text) => Promise.resolve(void texts.set(key, text)),
    saveAll(entries) {
      for (const [key, text] of Object.entries(entries)) texts.set(key, text);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

type Ask = Request extends infer R ? (R extends Request ? Omit<R, "id"> : never) : never;

/** Questions to a worker and their answers, in order. */
interface Line {
  ask(request: Ask): Promise<string | null>;
  end(): Promise<void>;
}

function storeOver(line: Line, setAside: string | null): StateStore {
  const save = async (entries: [string, string][]) => {
    await line.ask({ ask: "save", entries });
  };
  return {
    setAside,
    load: (key) => line.ask({ ask: "load", key }),
    save: (key, text) => save([[key, text]]),
    saveAll: (entries) => save(Object.entries(entries)),
    close: () => line.end(),
  };
}

interface Waiting {
  resolve: (text: string | null) => void;
  reject: (error: Error) => void;
}

function openLine(path: string): Line {
  const worker = new Worker(new URL(workerFile, import.meta.url), { workerData: path, execArgv: [] });
  worker.once("online", keepYoungSmall);
  const waiting = new Map<number, Waiting>();
  let ended: Error | null = null;
  let last = 0;
  const fail = (error: Error) => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  const gone = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  worker.on("error", (error) => fail(error instanceof Error ? error : new Error(String(error))));
  worker.on("exit", () => fail(new Error("the store is closed")));
  worker.on("message", (reply: Reply) => {
    const asked = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (reply.error === undefined) asked?.resolve(reply.ok ?? null);
    else asked?.reject(Object.assign(new Error(reply.error), { code: reply.code }));
  });
  const ask = (request: Ask) =>
    new Promise<string | null>((resolve, reject) => {
      if (ended) return reject(ended);
      const id = ++last;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, ...request });
    });
  return {
    ask,
    async end() {
      if (ended) return;
      const closed = ask({ ask: "close" }).catch(() => {});
      ended = new Error("the store is closed");
      await closed;
      await gone;
    },
  };
}

/** SQLite keeps the mode of the database for its journal files. */
async function createPrivate(path: string): Promise<void> {
  const file = await open(path, "a", 0o600);
  try {
    await file.chmod(0o600);
  } finally {
    await file.close();
  }
}

const corrupt = (error: unknown) => /SQLITE_(CORRUPT|NOTADB)/.test((error as { code?: string }).code ?? "");

/** Renames the database and its journal files to the first free name; answers the name. */
function moveAway(path: string): string {
  let number = 1;
  while (existsSync(`${path}.damaged-${number}`)) number++;
  const name = `${path}.damaged-${number}`;
  renameSync(path, name);
  for (const end of ["-wal", "-shm"]) {
    if (existsSync(path + end)) renameSync(path + end, name + end);
  }
  return name;
}

/** Another process holds the store. The disk is well; a person has to stop one of the two. */
export class StoreInUse extends Error {}

function refusal(path: string, error: unknown): Error {
  const { code, message } = error as Error & { code?: string };
  if (code === "NEWER") {
    return new Error(
      `${path} was written by a newer version (${message}): install that version again, or move the file away and lose the past`,
    );
  }
  if (code?.startsWith("SQLITE_BUSY") || /locked/.test(message)) {
    return new StoreInUse(
      `${path} is in use by another process: stop it, or give this one a state folder of its own`,
    );
  }
  return new Error(`${path} cannot be opened: ${message}`);
}
