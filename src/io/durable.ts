/** Writes state before its effect runs, but never lets a bad disk prevent the effect (R5). */
import type { StateStore } from "./sqlite.ts";
import type { After } from "./timer.ts";

export interface Durable {
  /** The text that was last written, or null. */
  load(): Promise<string | null>;
  /**
   * Runs `effect` once `text` (the state that the effect belongs to) is on disk, effects always in the order of their
   * commits. If the write fails or exceeds the limit, the effect still runs and the alarm is raised.
   */
  commit(text: string, effect: () => void): void;
  /** Writes what is not on disk yet, runs the waiting effects, and ends. The caller bounds the wait. */
  close(): Promise<void>;
}

/** Why the state is not on disk: the error of the write, or null when the disk took longer than the limit. */
export interface DiskFault {
  error: string | null;
  limitMs: number;
}

export interface DurableOptions {
  /** Called once when the state is not on disk, and once with null when it is again. */
  onAlarm: (fault: DiskFault | null) => void;
  /** Receives what an effect throws. Without it the process ends, and its restart continues from the disk (I23). */
  onThrow?: (error: unknown) => void;
  /** Longest wait of an effect for the disk, milliseconds; default 500. */
  limitMs?: number;
  /** Milliseconds between attempts while writes fail; default 1 000. */
  againMs?: number;
  /** Times the wait for the disk and the pause between attempts. */
  after: After;
}

/** Keeps the newest state under `key` of the store; only effects wait for the disk, never the caller of `commit`. */
export function createDurable(
  store: Pick<StateStore, "load" | "save">,
  key: string,
  options: DurableOptions,
): Durable {
  return new Writer(store, key, options);
}

interface Waiting {
  version: number;
  effect: () => void;
}

class Writer implements Durable {
  readonly #store: Pick<StateStore, "load" | "save">;
  readonly #key: string;
  readonly #options: DurableOptions;
  readonly #after: After;
  readonly #limitMs: number;
  #newest = { version: 0, text: "" };
  #onDisk = 0;
  #writing: Promise<void> | null = null;
  #waiting: Waiting[] = [];
  #alarm = false;
  #closed = false;
  #cancelRetry = () => {};

  constructor(store: Pick<StateStore, "load" | "save">, key: string, options: DurableOptions) {
    this.#store = store;
    this.#key = key;
    this.#options = options;
    this.#after = options.after;
    this.#limitMs = options.limitMs ?? 500;
  }

  load() {
    return this.#store.load(this.#key);
  }

  commit(text: string, effect: () => void) {
    if (this.#closed)
      throw new Error(`the state "${this.#key}" is closed: nothing can be committed any more`);
    const version = this.#newest.version + 1;
    this.#newest = { version, text };
    this.#waiting.push({ version, effect });
    this.#after(this.#limitMs, () => this.#late(version));
    this.#write();
  }

  async close() {
    this.#closed = true;
    this.#cancelRetry();
    // A second attempt contains what was committed during the first write.
    for (let attempt = 0; attempt < 2 && this.#onDisk < this.#newest.version; attempt++) {
      this.#write();
      await this.#writing;
    }
    this.#cancelRetry();
    this.#release(this.#newest.version);
  }

  /** Writes one state at a time; commits made meanwhile are written together right after, as the newest state. */
  #write() {
    if (this.#writing !== null) return;
    this.#cancelRetry();
    const { version, text } = this.#newest;
    this.#writing = this.#attempt(version, text);
  }

  async #attempt(version: number, text: string) {
    let failure: Error | null = null;
    try {
      await this.#store.save(this.#key, text);
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    this.#writing = null;
    if (failure) this.#raise(failure.message);
    else this.#onDisk = version;
    if (this.#onDisk === this.#newest.version) this.#settle();
    this.#release(version);
    if (this.#onDisk === this.#newest.version || this.#closed) return;
    if (version < this.#newest.version) return this.#write();
    this.#cancelRetry = this.#after(this.#options.againMs ?? 1_000, () => this.#write());
  }

  #late(version: number) {
    if (!this.#waiting.some((waiting) => waiting.version <= version)) return;
    this.#raise(null);
    this.#release(version);
  }

  /** Runs the effects up to a version, in order, also if one of them commits again. */
  #release(version: number) {
    while ((this.#waiting[0]?.version ?? Number.POSITIVE_INFINITY) <= version) {
      this.#run(this.#waiting.shift() as Waiting);
    }
  }

  #run({ effect }: Waiting) {
    try {
      effect();
    } catch (error) {
      if (this.#options.onThrow) this.#options.onThrow(error);
      else
        queueMicrotask(() => {
          throw error;
        });
    }
  }

  #raise(error: string | null) {
    if (this.#alarm) return;
    this.#alarm = true;
    this.#options.onAlarm({ error, limitMs: this.#limitMs });
  }

  #settle() {
    if (!this.#alarm) return;
    this.#alarm = false;
    this.#options.onAlarm(null);
  }
}
