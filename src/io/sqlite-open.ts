/** Opens a database file of ours: exclusive, durable at each commit, and of a layout that this version knows. */
import Database from "libsql";

/** The layout of the file; a newer one is not touched. */
const schemaVersion = 1;

/**
 * Opens or creates the file. Throws an Error whose `code` is `NEWER` for a file of a newer version, `SQLITE_CORRUPT` or
 * `SQLITE_NOTADB` for a damaged one, `SQLITE_BUSY` for one that another process holds.
 */
export function openDatabase(path: string): Database.Database {
  const opened = new Database(path);
  try {
    prepare(opened);
  } catch (error) {
    opened.close();
    throw error;
  }
  return opened;
}

function prepare(db: Database.Database): void {
  // One process per file: a second server on the same folder is refused, so that two states do not mix.
  db.exec("PRAGMA locking_mode = EXCLUSIVE");
  db.exec("PRAGMA journal_mode = WAL");
  db.exec("PRAGMA synchronous = FULL");
  const found = one(db, "PRAGMA user_version", "user_version");
  if (Number(found) > schemaVersion) {
    throw Object.assign(new Error(`schema ${found}, this version knows ${schemaVersion}`), { code: "NEWER" });
  }
  const health = one(db, "PRAGMA quick_check(1)", "quick_check");
  if (health !== "ok")
    throw Object.assign(new Error(String(health).replace(/\s+/g, " ")), { code: "SQLITE_CORRUPT" });
  db.exec("CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT");
  db.exec(`PRAGMA user_version = ${schemaVersion}`);
}

function one(db: Database.Database, sql: string, column: string): unknown {
  return (db.prepare(sql).get() as Record<string, unknown> | undefined)?.[column];
}
