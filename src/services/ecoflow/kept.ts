/** What is kept of an account over restarts: its region, its client id and its stations, which other rooms learn from here. */
import type { CloudStation } from "../../core/cloud/account.ts";
import { modelOf, whyNoStation } from "../../core/decode/models.ts";
import type { Instant } from "../../core/reading.ts";
import { type KeptAccount, newAccount, newClientId } from "../../io/accounts-file.ts";
import type { CloudParts } from "./options.ts";

/** The client id changes at most this often. */
const newIdMs = 3_600_000;

export class Kept {
  readonly #parts: CloudParts;
  #account: KeptAccount;
  #newIdAt: Instant = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(parts: CloudParts) {
    this.#parts = parts;
    const known = parts.memory.load(parts.account.key);
    this.#account = known ?? newAccount(parts.random);
    // The id is on disk before its first use: the developer API allows ten ids a day.
    if (known === null) this.#save();
  }

  /** The address of the API that served the account last, or null. */
  get url(): string | null {
    return this.#account.url;
  }

  /** The random part of the client id. */
  get clientId(): string {
    return this.#account.clientId;
  }

  /** The stations to read: those of the account that the settings select, without meters and plugs. */
  get serials(): string[] {
    const { only } = this.#parts;
    return this.#account.stations
      .filter((station) => whyNoStation(station.serial) === null && isSelected(only, station))
      .map(({ serial }) => serial);
  }

  /** Keeps a new list of the account's devices from the API at `url`, and announces it. Does nothing after `close`. */
  learn(url: string, stations: readonly CloudStation[]): void {
    if (this.#closed) return;
    const listedAt = this.#parts.room.clock.wall();
    this.#account = { ...this.#account, url, stations: [...stations], listedAt };
    this.#save();
    this.announce();
    for (const { serial } of stations) this.#nameUnknown(serial);
  }

  /**
   * Takes another client id, which ends a contest with a program that uses the same one; returns whether it did. The app's API
   * accepts any id; the developer API counts them, so there the id stays.
   */
  changeClientId(): boolean {
    const { account, room, random } = this.#parts;
    const at = room.clock.now();
    if (account.api !== "ecoflow-app" || at - this.#newIdAt < newIdMs) return false;
    this.#newIdAt = at;
    this.#account = { ...this.#account, clientId: newClientId(random) };
    this.#save();
    return true;
  }

  /** Publishes which name in the app belongs to which serial. */
  announce(): void {
    const { room, name } = this.#parts;
    const stations = this.#account.stations.map(({ serial, name }) => ({ serial, name }));
    if (stations.length > 0) room.publish(room.topics.roster, { source: name }, { stations });
  }

  /** Ends the room's part: an answer that arrives later is neither kept nor announced. */
  close(): void {
    this.#closed = true;
  }

  #nameUnknown(serial: string) {
    if (modelOf(serial) !== null || whyNoStation(serial) !== null) return;
    this.#parts.once.info(
      `unknown model ${serial}`,
      `${serial} belongs to no model that this version knows: its messages are read as far as they are known`,
    );
  }

  #save() {
    this.#parts.memory.save(this.#parts.account.key, this.#account);
  }
}

/** `devices` (ECOFLOW_DEVICE_LIST) selects stations by serial, or by their name in the app. */
const isSelected = (only: readonly string[], { serial, name }: CloudStation) =>
  only.length === 0 || only.includes(serial) || (name !== null && only.includes(name));
