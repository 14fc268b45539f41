/** Belts around aedes 1.2.0: each holds a fault of it that was seen, each has a wire test that fails without it. */
import type { Duplex } from "node:stream";
import type { Client } from "aedes";

export interface Belts {
  /** Deliver what its duplicate check would lose. */
  duplicates: boolean;
  /** Read all that is buffered, not only the first piece. */
  wholeReads: boolean;
  /** Send small packets at once. */
  noDelay: boolean;
  /** Cut off who does not read, instead of letting everybody wait for him. */
  slowReader: boolean;
}

export const allBelts: Belts = { duplicates: true, wholeReads: true, noDelay: true, slowReader: true };

/** So much may wait for a subscriber that does not read, in bytes. */
const mostUnread = 16 * 1024 * 1024;

/** What aedes keeps in a client beside its declared interface. */
interface Inner {
  duplicates: Record<string, number>;
  waitForDrain(done: (error: Error | null, client: unknown) => void): void;
}

/** aedes delivers 100 messages at a time; those to a subscriber that does not read would use up the turns of all. */
export function beltOptions(belts: Belts): { concurrency?: number } {
  return belts.slowReader ? { concurrency: 0 } : {};
}

/** Before the first packet: how the stream is read. */
export function beltConnection(stream: Duplex, belts: Belts): void {
  if (!belts.wholeReads) return;
  const read = stream.read.bind(stream);
  // aedes calls read(null) once for each "readable"; from Node 26 on that is only the first of the buffered pieces,
  // and over a stream in memory no further "readable" comes for the rest.
  stream.read = (size?: number | null) => read(size ?? (stream.readableLength || undefined));
}

/** As a client has identified itself, before anything is delivered to it. */
export function beltClient(client: Client, belts: Belts): void {
  const inner = client as unknown as Inner;
  // aedes takes a message whose broker counter is not above the last one for a duplicate, but deliveries overtake each
  // other (QoS 0 beside QoS 1, a retained read in between): what came second was lost.
  if (belts.duplicates) Object.defineProperty(inner, "duplicates", { get: () => ({}) });
  if (!belts.slowReader) return;
  // aedes holds back a delivery up to a minute while the subscriber's buffer is full, and buffers without limit.
  inner.waitForDrain = (done) => {
    if (client.conn.writableLength > mostUnread)
      client.conn.destroy(new Error("the subscriber does not read"));
    setImmediate(done, null, client);
  };
}
