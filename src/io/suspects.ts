/** Messages that made the server fail: each is skipped from then on, also after a restart (E1). */
import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { jsonOrNull } from "../core/bounded-json.ts";
import { fingerprint } from "./fingerprint.ts";

/** Most messages that are remembered; the oldest is forgotten. */
const most = 20;
/** A message is tried again after this time, in ms: the cause may have been another. */
const keptMs = 7 * 86_400_000;

const storedSchema = z.array(
  z.object({ topic: z.string(), print: z.string(), error: z.string(), wall: z.number() }),
);
type Suspect = z.output<typeof storedSchema>[number];

export interface SuspectsOptions {
  /** Written when the process crashes, and read at its next start; null: nothing outlives the process. */
  file: string | null;
  /** Epoch milliseconds. */
  wall: () => number;
}

/** Knows which message is being handled. That costs two assignments a message; the disk is written only after a failure. */
export class Suspects {
  readonly #options: SuspectsOptions;
  #known: Suspect[];
  #current: { topic: string; bytes: Uint8Array } | null = null;

  constructor(options: SuspectsOptions) {
    this.#options = options;
    this.#known = readSuspects(options);
  }

  /** Runs `handle`, during which the message is the one to blame. Returns what was thrown, or null. */
  during(topic: string, bytes: Uint8Array, handle: () => void): Error | null {
    this.#current = { topic, bytes };
    try {
      handle();
      return null;
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      this.blame(error);
      return error;
    } finally {
      this.#current = null;
    }
  }

  /**
   * Remembers the message that is being handled, if one is. Never throws: it also runs while the process ends.
   * `lasting: false` for a fault that only its room felt: it is forgotten with the process.
   */
  blame(error: unknown, { lasting = true } = {}): void {
    if (this.#current === null) return;
    const { topic, bytes } = this.#current;
    const text = String(error instanceof Error ? error.message : error).slice(0, 200);
    if (this.why(topic, bytes) !== null) return;
    const suspect = { topic, print: fingerprint(bytes), error: text, wall: this.#options.wall() };
    this.#known = [...this.#known, suspect].slice(-most);
    if (!lasting || this.#options.file === null) return;
    try {
      writeFileSync(this.#options.file, JSON.stringify(this.#known), { mode: 0o600 });
    } catch {
      // A disk that refuses must not hide the failure itself; the message is skipped in this process.
    }
  }

  /** Returns the error that this same message caused before; null for any other. */
  why(topic: string, bytes: Uint8Array): string | null {
    if (!this.#known.some((suspect) => suspect.topic === topic)) return null;
    const print = fingerprint(bytes);
    return this.#known.find((suspect) => suspect.topic === topic && suspect.print === print)?.error ?? null;
  }
}

/** Calls `blame` when the process is about to end by an error that nobody caught. */
export function watchCrashes(suspects: Suspects): void {
  process.on("uncaughtExceptionMonitor", (error) => suspects.blame(error));
}

function readSuspects({ file, wall }: SuspectsOptions): Suspect[] {
  if (file === null) return [];
  try {
    const stored = storedSchema.safeParse(jsonOrNull(readFileSync(file, "utf8"))).data ?? [];
    return stored.filter((suspect) => wall() - suspect.wall < keptMs).slice(-most);
  } catch {
    return [];
  }
}
