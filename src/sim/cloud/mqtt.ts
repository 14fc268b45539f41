/** The MQTT side of the emulated cloud: which logins are accepted, which topics a session may use, and what it receives. */
import type { Clock } from "../../io/clock.ts";
import type { Admission, BrokerRules, Login, Session } from "../../io/tls-broker.ts";
import type { Accounts } from "./accounts.ts";
import { DailyClientIds, isAppClientId } from "./client-ids.ts";
import type { Faults } from "./faults.ts";
import type { Account } from "./scene.ts";
import type { CloudStation } from "./station.ts";
import {
  appGetReply,
  appProperty,
  commandOf,
  mayPublish,
  maySubscribe,
  type Owner,
  openQuota,
  openStatus,
} from "./topics.ts";
import type { Pushes } from "./voices.ts";

export interface MqttOptions {
  accounts: Accounts;
  stations: ReadonlyMap<string, CloudStation>;
  faults: Faults;
  clock: Clock;
  wrote(serial: string): void;
  note(text: string): void;
}

interface Guest {
  owner: Owner;
  openedAt: number;
  /** Serials whose messages this session no longer receives. */
  muted: Set<string>;
}

/** A rival with the same id kicks a session that is this old. */
const rivalMs = 1_000;

export class CloudMqtt implements BrokerRules {
  readonly #options: MqttOptions;
  readonly #guests = new Map<Session, Guest>();
  readonly #ids = new DailyClientIds();

  constructor(options: MqttOptions) {
    this.#options = options;
  }

  admit(login: Login): Admission {
    const { admission, why } = this.#judged(login);
    if (admission !== "welcome") this.#options.note(`MQTT, client id ${login.clientId}: refused, ${why}`);
    return admission;
  }

  #judged({ clientId, username, password, cleanSession }: Login): { admission: Admission; why: string } {
    const { accounts, faults } = this.#options;
    const refuse = (admission: Admission, why: string) => ({ admission, why });
    if (faults.has("maintenance")) return refuse(3, "maintenance");
    if (faults.region !== "right") return refuse("cut", "the account is of another region");
    const account = accounts.accountOf(username);
    if (account === null) return refuse(4, "no such user");
    const state = accounts.checkMqtt(account, password);
    if (state === "wrong") return refuse(4, "the password is wrong");
    if (state === "expired") return refuse(5, "the credentials are expired");
    if (!cleanSession) return refuse(5, "it asks for a session that is kept");
    if (account === "app" && !isAppClientId(clientId, accounts.userId)) {
      return refuse(5, "the id is not ANDROID_<random>_<userId> or iOS_<random>_<userId>");
    }
    if (account === "open" && !this.#ids.take(clientId, faults.wall())) {
      return refuse(5, "it is the eleventh client id of this day");
    }
    return refuse("welcome", "");
  }

  opened(session: Session): void {
    const account = this.#options.accounts.accountOf(session.login.username);
    // Never null: the login was accepted, and accounts are not removed.
    if (account === null) return;
    const twin = [...this.#guests.keys()].some(({ login }) => login.clientId === session.login.clientId);
    if (twin) this.#options.note(`MQTT, client id ${session.login.clientId}: a second one kicks the first`);
    this.#guests.set(session, {
      owner: this.#ownerOf(account),
      openedAt: this.#options.clock.now(),
      muted: new Set(),
    });
  }

  closed(session: Session): void {
    this.#guests.delete(session);
  }

  maySubscribe(session: Session, topic: string): boolean {
    const guest = this.#guests.get(session);
    const granted = guest !== undefined && maySubscribe(guest.owner, topic);
    if (!granted) this.#options.note(`MQTT, client id ${session.login.clientId}: may not subscribe ${topic}`);
    return granted;
  }

  mayPublish(session: Session, topic: string): boolean {
    const guest = this.#guests.get(session);
    const allowed = guest !== undefined && mayPublish(guest.owner, topic);
    if (!allowed)
      this.#options.note(`MQTT, client id ${session.login.clientId}: may not publish on ${topic}`);
    return allowed;
  }

  published(session: Session, topic: string, payload: Uint8Array): void {
    const guest = this.#guests.get(session);
    const command = guest === undefined ? null : commandOf(guest.owner, topic);
    const station = command === null ? undefined : this.#options.stations.get(command.serial);
    if (!guest || !command || !station) return;
    if (command.verb === "set") this.#options.wrote(command.serial);
    // The developer API documents requests as well, but no client is known to use them, nor an answer.
    if (command.verb === "set" || guest.owner.account === "open") return;
    guest.muted.delete(command.serial);
    const reply = station.answer(payload);
    if (reply !== null) session.send(appGetReply(guest.owner.name, command.serial), reply);
  }

  /** Sends a station's pushes to every session that may receive them. */
  deliver(serial: string, { app, open }: Pushes): void {
    const topic = appProperty(serial);
    for (const [session, { owner, muted }] of this.#guests) {
      if (muted.has(serial)) continue;
      if (owner.account === "app") for (const payload of app) session.send(topic, payload);
      else for (const payload of open) session.send(openQuota(owner.name, serial), payload);
    }
  }

  /** Sends the sessions of the developer API a station's new online flag. */
  deliverStatus(serial: string, isOnline: boolean): void {
    const timestamp = this.#options.faults.wall();
    const message = {
      id: String(timestamp),
      version: "1.0",
      timestamp,
      params: { status: isOnline ? 1 : 0 },
    };
    const payload = new TextEncoder().encode(JSON.stringify(message));
    for (const [session, { owner }] of this.#guests) {
      if (owner.account === "open") session.send(openStatus(owner.name, serial), payload);
    }
  }

  /** Stops the messages of these stations to all current sessions. */
  mute(serials: readonly string[]): void {
    for (const { muted } of this.#guests.values()) for (const serial of serials) muted.add(serial);
  }

  /** Ends the sessions of an account that are at least `ageMs` old. */
  cut(account: Account, ageMs = 0): void {
    const now = this.#options.clock.now();
    for (const [session, { owner, openedAt }] of this.#guests) {
      if (owner.account === account && now - openedAt >= ageMs) session.cut();
    }
  }

  /** Ends all sessions. */
  cutAll(): void {
    for (const session of this.#guests.keys()) session.cut();
  }

  /** Lets one second pass: rivals kick. */
  second(): void {
    for (const account of ["open", "app"] as const) {
      if (this.#options.faults.hasRival(account)) this.cut(account, rivalMs);
    }
  }

  /** The client ids that are connected. */
  clientIds(): string[] {
    return [...this.#guests.keys()].map(({ login }) => login.clientId);
  }

  #ownerOf(account: Account): Owner {
    const { accounts, stations } = this.#options;
    const own = [...stations.values()].filter(({ setup }) => account === "app" || setup.isShared !== true);
    const name = account === "app" ? accounts.userId : accounts.openAccount;
    return { account, name, serials: new Set(own.map(({ serial }) => serial)) };
  }
}
