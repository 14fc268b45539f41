/** The wires of the demo: whether everything that was sent has arrived, so that a busy computer cannot change a story. */
import { type Client, connectClient } from "../io/client.ts";
import type { CloudDoors } from "../io/cloud.ts";
import type { Account } from "../io/cloud-account.ts";
import type { ConnectMqtt } from "../io/cloud-mqtt.ts";
import type { StateStore } from "../io/sqlite.ts";
import { realTime, within } from "../io/timer.ts";

/** Topic on which the demo messages itself, to know that the broker has delivered everything before. */
const echoTopic = "demo/echo";
/** Passes through the broker in one second: to the server, to a machine, and back. */
const echoes = 3;
/** Longest wait for the wires in one second of the story, ms of real time. What comes later belongs to the next second. */
const longestMs = 3_000;

export class Wires {
  readonly #open = new Set<Promise<unknown>>();
  #house: Client | null = null;
  #echoed = () => {};

  /** Connects to the house's broker. */
  async connect(url: string): Promise<void> {
    this.#house = await connectClient({ url, clientId: "demo-echo", heard: () => this.#echoed() });
    await this.#house.subscribe([echoTopic]);
  }

  /** Publishes at the house's broker, as a program would that does not belong there. */
  async publish(topic: string, message: object): Promise<void> {
    await this.#house?.publish(topic, JSON.stringify(message));
  }

  async close(): Promise<void> {
    await this.#house?.close();
  }

  /** Returns the doors to the cloud, with every request and connection counted as long as it is open. */
  watch(doors: CloudDoors): CloudDoors {
    return {
      memory: doors.memory,
      open: (setup) => {
        const { account, connect } = doors.open(setup);
        return { account: this.#watchAccount(account), connect: this.#watchMqtt(connect) };
      },
    };
  }

  /** Returns the state store, with every write counted as long as it is open: commands wait for the disk. */
  watchStore(store: StateStore): StateStore {
    return {
      setAside: store.setAside,
      load: (key) => store.load(key),
      save: (key, text) => this.#while(store.save(key, text)),
      saveAll: (entries) => this.#while(store.saveAll(entries)),
      close: () => store.close(),
    };
  }

  /** Resolves when no request is open and every message has passed; after three seconds at the latest. */
  async settled(delivered: () => Promise<void>): Promise<void> {
    await within(longestMs, this.#allArrived(delivered), realTime);
  }

  async #allArrived(delivered: () => Promise<void>): Promise<void> {
    do {
      await Promise.allSettled([...this.#open]);
      await delivered();
      for (let times = 0; times < echoes; times++) await this.#echo();
    } while (this.#open.size > 0);
  }

  async #echo(): Promise<void> {
    const back = new Promise<void>((resolve) => {
      this.#echoed = resolve;
    });
    await this.#house?.publish(echoTopic, "");
    await back;
  }

  #watchAccount(account: Account): Account {
    return {
      api: account.api,
      key: account.key,
      enter: (remembered) => this.#while(account.enter(remembered)),
      certification: (entered) => this.#while(account.certification(entered)),
      stations: (entered) => this.#while(account.stations(entered)),
      quota: (entered, serial) => this.#while(account.quota(entered, serial)),
    };
  }

  #watchMqtt(connect: ConnectMqtt): ConnectMqtt {
    return async (options) => {
      const outcome = await this.#while(connect(options));
      if ("fault" in outcome) return outcome;
      const { session } = outcome;
      const subscribe = (filters: readonly string[]) => this.#while(session.subscribe(filters));
      const ask = (topic: string, payload: Uint8Array) => this.#while(session.ask(topic, payload));
      return { session: { ...session, subscribe, ask } };
    };
  }

  #while<T>(work: Promise<T>): Promise<T> {
    this.#open.add(work);
    const end = () => void this.#open.delete(work);
    work.then(end, end);
    return work;
  }
}
