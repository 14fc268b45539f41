/** Workarounds for aedes 1.2.0: each handles an observed fault, and each has a wire test that fails without it. */
import type { Duplex } from "node:stream";
import type { Client } from "aedes";

export interface Belts {
  /** Deliver messages that its duplicate check would drop. */
  duplicates: boolean;
  /** Read all that is buffered, not only the first piece. */
  wholeReads: boolean;
  /** Send small packets at once. */
  noDelay: boolean;
  /** Disconnect a subscriber that does not read, so that the others do not wait for it. */
  slowReader: boolean;
}

export const allBelts: Belts = { duplicates: true, wholeReads: true, noDelay: true, slowReader: true };

/** Bytes that may wait for one subscriber before it is disconnected. */
const mostUnread = 16 * 1024 * 1024;

/** Fields of an aedes client that are not part of its declared interface. */
interface Inner {
  duplicates: Record<string, number>;
  waitForDrain(done: (error: Error | null, client: unknown) => void): void;
}

/** aedes delivers 100 messages at a time. A subscriber that does not read would occupy all of these slots. */
export function beltOptions(belts: Belts): { concurrency?: number } {
  return belts.slowReader ? { concurrency: 0 } : {};
}

/** Sets how the stream is read; called before the first packet. */
export function beltConnection(stream: Duplex, belts: Belts): void {
  if (!belts.wholeReads) return;
  const read = stream.read.bind(stream);
  // aedes calls read(null) once for each "readable"; from Node 26 on that is only the first of the buffered pieces,
  // and over a stream in memory no further "readable" comes for the rest.
  stream.read = (size?: number | null) => read(size ?? (stream.readableLength || undefined));
}

/** Called when a client has identified itself, before anything is delivered to it. */
export function beltClient(client: Client, belts: Belts): void {
  const inner = client as unknown as Inner;
  // aedes takes a message whose broker counter is not above the last one for a duplicate, but deliveries overtake each
  // other (QoS 0 beside QoS 1, a retained read in between): the second message was lost.
  if (belts.duplicates) Object.defineProperty(inner, "duplicates", { get: () => ({}) });
  if (!belts.slowReader) return;
  // aedes holds back a delivery up to a minute while the subscriber's buffer is full, and buffers without limit.
  inner.waitForDrain = (done) => {
    if (client.conn.writableLength > mostUnread)
      client.conn.destroy(new Error("the subscriber does not read"));
    setImmediate(done, null, client);
  };
}
