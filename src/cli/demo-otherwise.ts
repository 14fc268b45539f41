/** After a scene: the curve of the charge, and what would have happened without this system. */
import type { Cloud } from "../sim/cloud/cloud.ts";
import { type Otherwise, otherwise } from "../sim/otherwise.ts";
import type { Deed, MachineRecord } from "../sim/record.ts";
import type { Scene } from "../sim/scene.ts";
import type { World } from "../sim/world.ts";
import { curve, type Line } from "./demo-curve.ts";
import type { Story } from "./story.ts";

/** The true charge of each station and the mains, second by second. */
export class Curves {
  /** Percent, by the station's name. */
  readonly socs = new Map<string, number[]>();
  readonly mains: boolean[] = [];
  readonly #scene: Scene;
  readonly #cloud: Cloud;

  constructor(scene: Scene, cloud: Cloud) {
    this.#scene = scene;
    this.#cloud = cloud;
    for (const { name } of scene.stations) this.socs.set(name, []);
  }

  /** Notes the present second. */
  second(): void {
    for (const { name, serial } of this.#scene.stations) {
      const { soc, gridUp } = this.#cloud.station(serial).battery.state();
      const socs = this.socs.get(name);
      if (socs?.length === this.mains.length) this.mains.push(gridUp);
      socs?.push(soc);
    }
  }
}

/** Tells what the charge did, and what it would have done. */
export function tellOtherwise(story: Story, scene: Scene, world: World, curves: Curves): void {
  const without = otherwise(scene, world.mains, world.sec);
  const records = world.records();
  const differing = without.filter(({ station, socs }) => differ(curves.socs.get(station.name) ?? [], socs));
  for (const { station, socs, machines } of differing.length > 0 ? differing : without.slice(0, 1)) {
    const lines: Line[] = [
      { mark: ".", name: "without this system", values: socs },
      { mark: "*", name: "as it was", values: curves.socs.get(station.name) ?? [] },
    ];
    const bars = machines.map((name) => ({
      name,
      values: livesOf(records[name], world.startWall, world.sec),
    }));
    story.write(`\nThe charge of ${station.name}:\n`);
    for (const line of curve({ lines, bars: [{ name: "mains", values: curves.mains }, ...bars] }))
      story.write(line, "faint");
  }
  story.write("\nWithout this system:\n");
  for (const each of without) story.write(`  ${sentence(each)}`);
}

const differ = (one: readonly number[], other: readonly number[]) =>
  one.some((value, index) => Math.abs(value - (other[index] ?? value)) > 0.5);

const gone: readonly Deed[] = ["off", "power-cut"];

/** Returns whether a machine ran, second by second. */
function livesOf(record: MachineRecord | undefined, startWall: number, seconds: number): boolean[] {
  const changes = (record?.did ?? []).filter(({ deed }) => deed === "booted" || gone.includes(deed));
  return Array.from({ length: seconds }, (_, index) => {
    const last = changes.findLast(({ at }) => at <= startWall + (index + 1) * 1_000);
    return last?.deed === "booted";
  });
}

function sentence({ station, machines, emptySec, failedSec, wasSpared }: Otherwise): string {
  const who = listed(machines);
  if (emptySec === null || failedSec === null) return `${station.name}: nothing would have been different.`;
  const when = `${durationText(emptySec - failedSec)} after ${wasSpared ? "they" : "the mains"} failed`;
  const end = `empty ${when}, and ${who} would have lost power without warning.`;
  if (!wasSpared) return `${station.name} would have been ${end}`;
  return `${station.name} would have lasted until the mains came back. Had they stayed away: ${end}`;
}

/** 1 590 → `26 min`; 15 200 → `4 h 13 min`. */
function durationText(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const listed = (names: readonly string[]) =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
