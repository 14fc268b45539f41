/** What is kept of the account between starts: its region, its client id and its stations, which the other rooms learn from here. */
import type { CloudStation } from "../../core/cloud/account.ts";
import { modelOf, whyNoStation } from "../../core/decode/models.ts";
import type { KeptAccount } from "../../io/accounts-file.ts";
import type { CloudParts } from "./options.ts";

export class Kept {
  readonly #parts: CloudParts;
  #account: KeptAccount;
  /** Serials of no known model that the log has named. */
  readonly #named = new Set<string>();

  constructor(parts: CloudParts) {
    this.#parts = parts;
    const known = parts.memory.load(parts.account.key);
    this.#account = known ?? { url: null, clientId: newId(parts.random), stations: [], listedAt: null };
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

  /** The stations to read: those of the account that count, without meters and plugs. */
  get serials(): string[] {
    const { only } = this.#parts;
    return this.#account.stations
      .filter((station) => whyNoStation(station.serial) === null && counts(only, station))
      .map(({ serial }) => serial);
  }

  /** Takes in a list of the account's devices from the API at `url`. */
  learn(url: string, stations: readonly CloudStation[]): void {
    this.#account = {
      ...this.#account,
      url,
      stations: [...stations],
      listedAt: this.#parts.room.clock.wall(),
    };
    this.#save();
    this.announce();
    for (const { serial } of stations) this.#nameUnknown(serial);
  }

  /** Another id, where a program with the same one throws us off again and again. */
  changeClientId(): void {
    this.#account = { ...this.#account, clientId: newId(this.#parts.random) };
    this.#save();
  }

  /** Tells the other rooms which name in the app belongs to which serial. */
  announce(): void {
    const { room, name } = this.#parts;
    const stations = this.#account.stations.map(({ serial, name }) => ({ serial, name }));
    if (stations.length > 0) room.publish(room.topics.roster, { source: name }, { stations });
  }

  #nameUnknown(serial: string) {
    if (modelOf(serial) !== null || whyNoStation(serial) !== null || this.#named.has(serial)) return;
    this.#named.add(serial);
    this.#parts.room.log.info(
      `${serial} belongs to no model that this version knows: it is read all the same, as far as its messages are known`,
    );
  }

  #save() {
    this.#parts.memory.save(this.#parts.account.key, this.#account);
  }
}

/** ECOFLOW_DEVICE_LIST names serials, and may name stations as the app does. */
const counts = (only: readonly string[], { serial, name }: CloudStation) =>
  only.length === 0 || only.includes(serial) || (name !== null && only.includes(name));

/** Random in the form of a UUID, which the app's API asks for. */
function newId(random: () => number): string {
  const hex = (digits: number) =>
    Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join("");
  return [8, 4, 4, 4, 12].map(hex).join("-");
}
