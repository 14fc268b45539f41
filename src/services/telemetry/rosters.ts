/** The names that the accounts' stations have in the app, by the source that listed them. */
import type { Roster } from "../../contract/messages/station.ts";

export class Rosters {
  readonly #bySource = new Map<string, Roster["stations"]>();

  /** Takes the newest list of a source. */
  learn(source: string, { stations }: Roster): void {
    this.#bySource.set(source, stations);
  }

  /** Returns whether stations with different serials have this name, in one account or in two. */
  isShared(name: string): boolean {
    const same = [...this.#bySource.values()].flat().filter((station) => station.name === name);
    return new Set(same.map(({ serial }) => serial)).size > 1;
  }
}
