/** The worker thread behind `sqlite.ts`: it alone waits for the disk. */
import { parentPort, workerData } from "node:worker_threads";
import type Database from "libsql";
import { bindable } from "./sqlite-bind.ts";
import { openDatabase } from "./sqlite-open.ts";

/** A request to the worker; it answers each with `{id, ok}` or `{id, error, code}`. */
export type Request =
  | { id: number; ask: "open" }
  | { id: number; ask: "load"; key: string }
  | { id: number; ask: "save"; entries: readonly (readonly [string, string])[] }
  | { id: number; ask: "close" };

export interface Reply {
  id: number;
  ok?: string | null;
  error?: string;
  code?: string;
}

const path = workerData as string;
let database: Database.Database | null = null;

function open(): null {
  database = openDatabase(path);
  return null;
}

function standing(): Database.Database {
  if (!database) throw new Error("the store is closed");
  return database;
}

function load(key: string): string | null {
  const row = standing().prepare("SELECT text FROM state WHERE key = ?").get(bindable(key)) as
    | { text: string }
    | undefined;
  return row?.text ?? null;
}

function save(entries: readonly (readonly [string, string])[]): null {
  const db = standing();
  const put = db.prepare(
    "INSERT INTO state VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET text = excluded.text",
  );
  db.exec("BEGIN IMMEDIATE");
  try {
    for (const entry of entries) put.run(bindable(...entry));
    db.exec("COMMIT");
  } catch (error) {
    if (db.inTransaction) db.exec("ROLLBACK");
    throw error;
  }
  return null;
}

function close(): null {
  database?.close();
  database = null;
  return null;
}

function answer(request: Request): string | null {
  switch (request.ask) {
    case "open":
      return open();
    case "load":
      return load(request.key);
    case "save":
      return save(request.entries);
    case "close":
      return close();
  }
}

parentPort?.on("message", (request: Request) => {
  let reply: Reply;
  try {
    reply = { id: request.id, ok: answer(request) };
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    reply = { id: request.id, error: message, code: code ?? "" };
  }
  parentPort?.postMessage(reply);
  if (request.ask === "close") parentPort?.close();
});
