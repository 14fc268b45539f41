/** What a scene's stations would have done without this system: every machine runs on until the battery is empty. */
import { SimBattery } from "./battery.ts";
import type { Scene, SceneStation } from "./scene.ts";

/** The mains fails or returns at a second of the scene. */
export interface MainsChange {
  sec: number;
  up: boolean;
}

export interface Otherwise {
  station: SceneStation;
  /** The machines that it feeds. */
  machines: readonly string[];
  /** Charge at each second of the scene from its first, percent; 0 once the output is cut. */
  socs: readonly number[];
  /** Second at which the output would have been cut; if the mains was back in time, had it stayed away instead. Null if it never failed. */
  emptySec: number | null;
  /** The failure of the mains that would have led to it; null if it never failed. */
  failedSec: number | null;
  /** The mains was back in time. */
  wasSpared: boolean;
}

/** No battery lasts longer, seconds. */
const longestSec = 7 * 86_400;

/** Computes it for each station; `mains` in the order of time, `endSec` is the scene's last second. */
export function otherwise(scene: Scene, mains: readonly MainsChange[], endSec: number): Otherwise[] {
  const failures = mains.filter(({ up }) => !up);
  const isBack = mains.at(-1)?.up ?? true;
  return scene.stations.map((station) => {
    const fed = scene.machines.filter((machine) => machine.station === station.name);
    const loadWatts = fed.reduce((sum, { watts }) => sum + watts, station.otherWatts);
    const asItWas = new Drain({ ...station, loadWatts }, mains);
    const socs = Array.from({ length: endSec }, () => asItWas.second());
    const wasSpared = asItWas.emptySec === null && isBack;
    const failure = wasSpared
      ? failures[0]
      : failures.findLast(({ sec }) => sec <= (asItWas.emptySec ?? endSec));
    const drain = wasSpared && failure ? new Drain({ ...station, loadWatts }, [failure]) : asItWas;
    while (failure && drain.emptySec === null && drain.sec < longestSec) drain.second();
    const { emptySec } = drain;
    const machines = fed.map(({ name }) => name);
    return { station, machines, socs, emptySec, failedSec: failure?.sec ?? null, wasSpared };
  });
}

/** A battery with a load that nobody reduces. */
class Drain {
  /** The next second of the scene; the first one is 1. */
  sec = 1;
  emptySec: number | null = null;
  readonly #battery: SimBattery;
  readonly #mains: readonly MainsChange[];

  constructor(station: SceneStation & { loadWatts: number }, mains: readonly MainsChange[]) {
    this.#battery = new SimBattery(station);
    this.#mains = mains;
  }

  /** Lets a second pass; returns the charge, percent, 0 once the output was cut. */
  second(): number {
    for (const { sec, up } of this.#mains) if (sec === this.sec) this.#battery.setGrid(up);
    this.#battery.second();
    const { outputOn, soc } = this.#battery.state();
    if (!outputOn) this.emptySec ??= this.sec;
    this.sec += 1;
    return this.emptySec === null ? soc : 0;
  }
}
