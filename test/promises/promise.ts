/** What a promise is: a name, a story that fails when it is broken, and the faults of the code that the story must catch. */

import { House, type HouseOptions } from "../house.ts";
import type { Fault, Load } from "../planted.ts";

export interface Promised {
  /** The promise in plain words. */
  name: string;
  /** Rejects with an assertion when the sources that `load` imports break the promise. */
  holds: (load: Load) => Promise<void>;
  /** By name: changes of the code that break it, each caught by `holds`. */
  faults: Readonly<Record<string, Fault | readonly Fault[]>>;
}

/** Opens a house built from the sources under test. */
export async function houseOf(load: Load, options: HouseOptions = {}): Promise<House> {
  const { createApp } = await load<typeof import("../../src/app.ts")>("app.ts");
  return House.open({ ...options, createApp });
}
