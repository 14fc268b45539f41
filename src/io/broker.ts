/** The embedded broker: MQTT 3.1.1 for sites without a broker (R20). Retained messages are kept in memory only. */
import type { EventEmitter } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { type Duplex, duplexPair } from "node:stream";
import { Aedes, type Client } from "aedes";
import { allBelts, type Belts, beltClient, beltConnection, beltOptions } from "./broker-belts.ts";
import { type BrokerUser, checkUsers } from "./broker-users.ts";
import { listenOn } from "./listen.ts";
import type { Log } from "./log.ts";
import { type After, within } from "./timer.ts";

export type { BrokerUser } from "./broker-users.ts";

export interface BrokerOptions {
  log: Log;
  /** Times how long `stop` may take. */
  after: After;
  /** Default 127.0.0.1; any address but loopback needs users. */
  host?: string;
  /** Default 1883; 0 takes a free port. */
  port?: number;
  users?: readonly BrokerUser[];
  /** Switches single workarounds off, for the tests that show why each is needed. */
  belts?: Belts;
}

export interface EmbeddedBroker {
  readonly host: string;
  readonly port: number;
  /** `mqtt://host:port`, for people. */
  readonly url: string;
  /** Opens a connection of our own process, without password or socket, so that both brokers share one code path. */
  connectLocal(): Duplex;
  /** Publishes that were denied and dropped, since the start. */
  denied(): number;
  /** Closes all connections; done within 2 s. */
  stop(): Promise<void>;
}

/** Topics that only this process may use: the broker's own, and the private ones between rooms. */
const reserved = /^(\$|ecoflow-power\/)/;
const loopback = /^(127(\.\d+){3}|::1|localhost)$/;
const stopMs = 2_000;

/** Starts listening; rejects with a sentence that names the options if the address is not available. */
export async function startBroker(options: BrokerOptions): Promise<EmbeddedBroker> {
  const { host = "127.0.0.1", port = 1883, users = [], belts = allBelts } = options;
  if (!loopback.test(host) && users.length === 0) {
    throw new Error(
      `broker.host is ${host}, which others can reach, and there are no users: set broker.users, or listen on 127.0.0.1`,
    );
  }
  const local = new WeakSet<object>();
  const guard = guardTopics(options.log, (client) => local.has(client.conn));
  const check = await checkUsers(users);
  const aedes = new Aedes({
    id: "ecoflow-power",
    ...beltOptions(belts),
    preConnect(_, { will }, done) {
      const bad = will !== undefined && /[#+]/.test(will.topic);
      done(bad ? new Error("wildcards in a Last Will") : null, !bad);
    },
    authenticate(client, name, password, done) {
      if (local.has(client.conn)) return done(null, true);
      void check(name, password).then((good) => done(null, good));
    },
    authorizePublish: guard.publish,
    authorizeSubscribe: guard.subscribe,
  });
  await aedes.listen();
  (aedes as EventEmitter).on("error", (error: Error) =>
    options.log.error(`the embedded broker: ${error.message}`, { error }),
  );
  aedes.on("client", (client) => beltClient(client, belts));
  aedes.on("clientError", (client, error) =>
    options.log.debug(`the broker closed ${client.id}: ${error.message}`),
  );
  aedes.on("connectionError", (_, error) =>
    options.log.debug(`the broker closed a stranger: ${error.message}`),
  );
  const accept = (stream: Duplex) => {
    beltConnection(stream, belts);
    aedes.handle(stream);
  };
  const server = createServer({ noDelay: belts.noDelay }, accept);
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await listen(server, host, port).catch((error: unknown) => closed(aedes, error));
  const address = server.address();
  const bound = typeof address === "object" && address ? address.port : port;
  return {
    host,
    port: bound,
    url: `mqtt://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    connectLocal() {
      if (aedes.closed) throw new Error("the embedded broker was stopped");
      const [ours, theirs] = duplexPair();
      // Unlike a socket's, the sides of a pair do not notice when the other one is destroyed.
      ours.once("close", () => theirs.destroy());
      theirs.once("close", () => ours.destroy());
      local.add(theirs);
      accept(theirs);
      return ours;
    },
    denied: guard.denied,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await within(stopMs / 2, new Promise<void>((resolve) => aedes.close(() => resolve())), options.after);
      for (const socket of sockets) socket.destroy();
      await within(stopMs / 2, closed, options.after);
    },
  };
}

/** Ends a broker that no client can reach: its heartbeat would keep the process alive. */
async function closed(aedes: Aedes, error: unknown): Promise<never> {
  await new Promise<void>((done) => aedes.close(() => done()));
  throw error;
}

/** A denied publish is acknowledged, dropped and counted; a denied subscription is answered with 128 (R20). */
function guardTopics(log: Log, isLocal: (client: Client) => boolean) {
  let count = 0;
  return {
    denied: () => count,
    publish(
      client: Client | null,
      packet: { topic: string; payload: string | Buffer; retain: boolean },
      done: (error?: Error | null) => void,
    ) {
      if (client && !isLocal(client) && reserved.test(packet.topic)) {
        if (count++ === 0)
          log.warn(`the broker drops what ${client.id} publishes on ${packet.topic}: it is reserved`);
        // aedes closes the connection on an error, so the packet continues to a topic without subscribers.
        packet.topic = "$SYS/denied";
        packet.payload = Buffer.alloc(0);
      }
      done(null);
    },
    subscribe<S extends { topic: string }>(
      client: Client,
      subscription: S,
      done: (error: Error | null, granted?: S | null) => void,
    ) {
      const denied = !isLocal(client) && reserved.test(subscription.topic);
      done(null, denied ? null : subscription);
    },
  };
}

const listen = (server: Server, host: string, port: number): Promise<void> =>
  listenOn(server, host, port).catch((error: NodeJS.ErrnoException) => {
    throw new Error(whyNot(error, host, port));
  });

function whyNot(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === "EADDRINUSE") {
    return `port ${port} on ${host} is taken, probably by another broker: set mqtt.url (or MQTT_HOST) to use that one, or broker.port for another port of our own`;
  }
  return `the embedded broker cannot listen on ${host}:${port} (broker.host, broker.port): ${error.message}`;
}
