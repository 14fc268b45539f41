/** An MQTT 3.1.1 broker over TLS whose rules are handed in; for emulated servers. It keeps no message. */
import type { EventEmitter } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:tls";
import { Aedes, type Client } from "aedes";
import { allBelts, beltClient, beltConnection, beltOptions } from "./broker-belts.ts";
import type { Certificate } from "./certs.ts";
import { listenOn } from "./listen.ts";
import { Unacknowledged } from "./unacknowledged.ts";

export interface Login {
  clientId: string;
  username: string;
  password: string;
  cleanSession: boolean;
}

/** One connection of a client that was let in. */
export interface Session {
  readonly login: Login;
  /** Sends to this client alone, if it subscribed the topic. */
  send(topic: string, payload: Uint8Array): void;
  /** Ends the connection without a packet, as a failure of the network does. */
  cut(): void;
}

/** A refusal is a CONNACK code (2 to 5); `cut` ends the connection without an answer. */
export type Admission = "welcome" | "cut" | 2 | 3 | 4 | 5;

export interface BrokerRules {
  admit(login: Login): Admission;
  opened(session: Session): void;
  closed(session: Session): void;
  maySubscribe(session: Session, topic: string): boolean;
  /** False: the message is acknowledged and dropped. */
  mayPublish(session: Session, topic: string): boolean;
  /** Called for a message of a client that may publish it. */
  published(session: Session, topic: string, payload: Uint8Array): void;
}

export interface TlsBrokerOptions {
  host: string;
  /** 0 takes a free port. */
  port: number;
  certificate: Certificate;
  rules: BrokerRules;
}

export interface TlsBroker {
  readonly port: number;
  /** Shows this certificate to new connections. */
  setCertificate(certificate: Certificate): void;
  /** Ends all connections and listens no more, until `listen`. */
  silence(): Promise<void>;
  /** Listens again on the same port; does nothing after `close`. */
  listen(): Promise<void>;
  /** Resolves when the clients have acknowledged everything that was sent to them; a client that leaves is not waited for. */
  delivered(): Promise<void>;
  close(): Promise<void>;
}

/** Starts listening; rejects if the port is taken. */
export async function startTlsBroker(options: TlsBrokerOptions): Promise<TlsBroker> {
  const sessions = new WeakMap<Client, Session>();
  const open = new Unacknowledged<Client>();
  const aedes = newAedes(options.rules, sessions, open);
  await aedes.listen();
  (aedes as EventEmitter).on("error", () => {});
  aedes.on("clientDisconnect", (client) => {
    const session = sessions.get(client);
    if (session) options.rules.closed(session);
    sessions.delete(client);
    open.gone(client);
  });
  aedes.on("ack", (_, client) => open.acknowledged(client));
  const sockets = new Set<Socket>();
  const server = createServer({ ...options.certificate, noDelay: true }, (socket) => {
    beltConnection(socket, allBelts);
    aedes.handle(socket);
  });
  server.on("tlsClientError", () => {});
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await listenOn(server, options.host, options.port);
  const { port } = server.address() as AddressInfo;
  const silence = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return {
    port,
    setCertificate: (certificate) => server.setSecureContext(certificate),
    silence,
    async listen() {
      if (!aedes.closed) await listenOn(server, options.host, port);
    },
    delivered: () => open.none(),
    async close() {
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      if (server.listening) await silence();
    },
  };
}

function newAedes(
  rules: BrokerRules,
  sessions: WeakMap<Client, Session>,
  open: Unacknowledged<Client>,
): Aedes {
  const aedes: Aedes = new Aedes({
    ...beltOptions(allBelts),
    authenticate(client, username = "", password, done) {
      const login = {
        clientId: client.id,
        username,
        password: password?.toString("utf8") ?? "",
        cleanSession: client.clean,
      };
      const admission = rules.admit(login);
      if (admission === "cut") client.conn.destroy();
      else if (admission === "welcome") {
        sessions.set(client, sessionOf(client, login, open));
        done(null, true);
      } else done(Object.assign(new Error("refused"), { returnCode: admission as number }), false);
    },
    authorizeSubscribe(client, subscription, done) {
      const session = sessions.get(client);
      done(null, session && rules.maySubscribe(session, subscription.topic) ? subscription : null);
    },
    authorizePublish(client, packet, done) {
      const session = client && sessions.get(client);
      const { topic, payload } = packet;
      if (session && rules.mayPublish(session, topic)) {
        rules.published(session, topic, new Uint8Array(Buffer.from(payload)));
      } else {
        // An error would end the connection, so the packet goes on to a topic without subscribers.
        packet.topic = "$SYS/dropped";
      }
      // Otherwise a later subscriber would get it as a retained message; this broker keeps none.
      packet.retain = false;
      done(null);
    },
  });
  aedes.on("client", (client) => {
    beltClient(client, allBelts);
    const session = sessions.get(client);
    if (session) rules.opened(session);
  });
  return aedes;
}

function sessionOf(client: Client, login: Login, open: Unacknowledged<Client>): Session {
  const { subscriptions } = client as unknown as { subscriptions: Record<string, { qos: number }> };
  return {
    login,
    send(topic, payload) {
      const granted = subscriptions[topic];
      if (granted === undefined || client.closed) return;
      const qos = granted.qos > 0 ? 1 : 0;
      const message = {
        cmd: "publish",
        topic,
        payload: Buffer.from(payload),
        qos,
        retain: false,
        dup: false,
      };
      if (qos === 1) open.sent(client);
      client.publish(message as Parameters<Client["publish"]>[0], () => {});
    },
    cut: () => void client.conn.destroy(),
  };
}
