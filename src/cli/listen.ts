/** Raw frames of stations as they come over the broker, for the tools that record and inspect them. */
import { filterOf, makeTopics, matchTopic, topicFor, topicName } from "../contract/topics.ts";
import { type ClientOptions, connectClient } from "../io/client.ts";
import type { Entry } from "../io/recording.ts";
import { sleep } from "./waiting.ts";

export interface Listening {
  broker: ClientOptions;
  base: string;
  /** One station's serial; all stations when null. */
  serial: string | null;
  /** Ends the listening. */
  stop: AbortSignal;
  /** Frames, and gaps where the broker was away. What the broker had kept has no time of its own and is left out. */
  heard: (entry: Entry) => void;
  /** Connected and subscribed: what is said from now on is heard. */
  ready?: () => void;
}

/** A broker that went away is asked again after this time, seconds. */
const againSec = 2;

/** Listens until `stop`; rejects with a sentence when the broker cannot be reached at the beginning. */
export async function listen(listening: Listening): Promise<void> {
  const { stop, heard, broker } = listening;
  let connection: Connection | null = await connect(listening);
  listening.ready?.();
  while (connection !== null) {
    await connection.over;
    if (stop.aborted) return;
    heard({ at: Date.now(), kind: "gap", gap: `the broker at ${broker.url} went away` });
    connection = await connectAgain(listening);
  }
}

/** In an object: a promise that answers a promise would wait for both. */
interface Connection {
  /** Resolves when the connection was lost, or stopped. */
  over: Promise<void>;
}

/** Null when it was stopped before the broker came back. */
async function connectAgain(listening: Listening): Promise<Connection | null> {
  while (!listening.stop.aborted) {
    await sleep(againSec, listening.stop);
    const connection = listening.stop.aborted ? null : await connect(listening).catch(() => null);
    if (connection !== null) return connection;
  }
  return null;
}

async function connect({ broker, base, serial, stop, heard }: Listening): Promise<Connection> {
  const { data } = makeTopics(base, "unused");
  let resolve = () => {};
  const lost = new Promise<void>((done) => {
    resolve = done;
  });
  const client = await connectClient({
    ...broker,
    onLost: resolve,
    heard: (topic, bytes, retained) => {
      const sn = matchTopic(data, topic)?.["serial"];
      if (sn !== undefined && topicName.test(sn) && !retained)
        heard({ at: Date.now(), kind: "frame", sn, topic, bytes });
    },
  });
  const end = () => void client.close().then(resolve, resolve);
  stop.addEventListener("abort", end, { once: true });
  try {
    await client.subscribe([serial === null ? filterOf(data) : topicFor(data, { serial })]);
  } catch (error) {
    end();
    throw error;
  }
  if (stop.aborted) end();
  return { over: lost.finally(() => stop.removeEventListener("abort", end)) };
}
