/** Messages of the broker on their way to the bus: limited in number and size, parsed and checked. */
import type { Topic } from "../contract/topics/topic.ts";
import { parseJson } from "../core/bounded-json.ts";
import type { Bus } from "./bus.ts";
import type { Once } from "./once.ts";
import type { Suspects } from "./suspects.ts";

export interface InboundOptions {
  bus: Pick<Bus, "inject">;
  /** Returns the topic of a name that we take in, else null. */
  route: (name: string) => Topic<unknown> | null;
  /** True for a message of our own that the broker sends back. */
  isEcho: (topic: Topic<unknown>, name: string, bytes: Buffer) => boolean;
  once: Once;
  /** What made the server fail before is skipped. */
  suspects: Suspects;
  /** Called for each message that is left alone because it could not be read. */
  onRefused: (topic: Topic<unknown>, name: string, problem: string) => void;
  /** Called for each retained command: a command is never retained. */
  onRetainedCommand: (name: string) => void;
  /** Called for the first message of each name that is skipped because it made the server fail. */
  onSkipped: (name: string, error: string) => void;
  payloadBytes: number;
  perTurn: number;
}

export interface Inbound {
  take(name: string, bytes: Buffer, retained: boolean): void;
  /** Delivers the waiting messages at once, for the moment when all retained ones must have been read. */
  drain(): void;
  readonly refused: number;
  readonly coalesced: number;
}

interface Waiting {
  topic: Topic<unknown>;
  name: string;
  bytes: Buffer;
  retained: boolean;
}

/** Most raw frames that may wait. They are deltas and cannot be coalesced, so further ones are refused. */
const mostFrames = 50_000;

export function createInbound(options: InboundOptions): Inbound {
  return new Gate(options);
}

class Gate implements Inbound {
  refused = 0;
  coalesced = 0;
  readonly #options: InboundOptions;
  #queue: Waiting[] = [];
  /** Position in the queue of the newest message of a state-like name. */
  readonly #latest = new Map<string, Waiting>();
  /** Names of which a skipped message was reported; the suspects are few. */
  readonly #skipped = new Set<string>();
  #left: number;
  #turning = false;

  constructor(options: InboundOptions) {
    this.#options = options;
    this.#left = options.perTurn;
  }

  take(name: string, bytes: Buffer, retained: boolean) {
    const topic = this.#options.route(name);
    if (!topic) return;
    if (retained && topic.key === "command" && bytes.length > 0) this.#options.onRetainedCommand(name);
    if (bytes.length > this.#options.payloadBytes) {
      return this.#refuse(topic, name, `${bytes.length} bytes, more than ${this.#options.payloadBytes}`);
    }
    if (this.#options.isEcho(topic, name, bytes)) return;
    this.#nextTurn();
    const message = { topic, name, bytes, retained };
    // While messages wait, new ones are queued behind them, so none overtakes.
    if (this.#left > 0) {
      this.#left--;
      this.#deliver(message);
    } else this.#wait(message);
  }

  drain() {
    const queue = this.#queue;
    this.#queue = [];
    this.#latest.clear();
    for (const message of queue) this.#deliver(message);
  }

  /** Beyond the turn's share, the newest message of a state-like topic replaces a waiting older one. */
  #wait(message: Waiting) {
    const { topic, name, bytes, retained } = message;
    const older = this.#latest.get(name);
    if (older) {
      older.bytes = bytes;
      older.retained &&= retained;
      this.coalesced++;
      return;
    }
    if (topic.codec === "raw" && this.#queue.length >= mostFrames) {
      return this.#refuse(topic, name, "too many frames at once");
    }
    this.#queue.push(message);
    if (topic.retained) this.#latest.set(name, message);
  }

  #nextTurn() {
    if (this.#turning) return;
    this.#turning = true;
    setImmediate(() => {
      this.#turning = false;
      this.#left = this.#options.perTurn;
      const share = this.#queue.splice(0, this.#left);
      for (const message of share) if (message.topic.retained) this.#latest.delete(message.name);
      this.#left -= share.length;
      if (share.length > 0) this.#nextTurn();
      for (const message of share) this.#deliver(message);
    });
  }

  /** Nothing that a message does may end the process, or happen twice by the same message. */
  #deliver(message: Waiting) {
    const { name, bytes } = message;
    const { suspects } = this.#options;
    const known = suspects.why(name, bytes);
    if (known !== null) return this.#skip(message, known);
    const error = suspects.during(name, bytes, () => this.#handle(message));
    if (error !== null) this.#skip(message, error.message);
  }

  #skip({ topic, name }: Waiting, error: string) {
    this.#refuse(topic, name, `it makes the server fail: ${error}`);
    if (this.#skipped.has(name)) return;
    this.#skipped.add(name);
    this.#options.onSkipped(printable(name), error);
  }

  #handle({ topic, name, bytes, retained }: Waiting) {
    // An empty retained payload removes the value.
    if (bytes.length === 0 && topic.retained) return this.#options.bus.inject(topic, name, null, retained);
    // On the topic of a command too: that is how a retained one is removed.
    if (bytes.length === 0 && topic.key === "command") return;
    const parsed = parse(topic, name, bytes);
    if (typeof parsed === "string") return this.#refuse(topic, name, parsed);
    this.#options.bus.inject(topic, name, parsed.payload, retained);
  }

  #refuse(topic: Topic<unknown>, name: string, reason: string) {
    this.refused++;
    this.#options.onRefused(topic, name, reason);
    this.#options.once.warn(
      `${topic.key}: ${reason}`,
      `a message on ${printable(name)} was left alone: ${reason}`,
    );
  }
}

/** Returns the payload, or why it is refused; the reason never repeats what the sender wrote. */
function parse(topic: Topic<unknown>, name: string, bytes: Buffer): { payload: unknown } | string {
  if (!isPrintable(name)) return "the topic holds a control character";
  if (topic.codec === "raw") return { payload: { bytes: new Uint8Array(bytes), source: null } };
  const parsed = parseJson(bytes.toString("utf8"));
  if ("problem" in parsed) return parsed.problem;
  const result = (topic.inbound ?? topic.schema).safeParse(parsed.value);
  if (result.success) return { payload: frozen(result.data) };
  const issue = result.error.issues[0];
  return `${issue?.path.join(".") || "the payload"}: ${issue?.message ?? "not valid"}`;
}

const isPrintable = (name: string) => !/[\p{Cc}\p{Cs}]/u.test(name);
const printable = (name: string) => name.replaceAll(/[\p{Cc}\p{Cs}]/gu, "?").slice(0, 200);

function frozen<T>(value: T): T {
  if (value === null || typeof value !== "object" || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
