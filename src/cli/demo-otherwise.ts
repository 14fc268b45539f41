/** After a scene: the curve of the charge, and what would have happened without this system. */
import type { Cloud } from "../sim/cloud/cloud.ts";
import { type Otherwise, otherwise } from "../sim/otherwise.ts";
import type { Scene } from "../sim/scene.ts";
import type { World } from "../sim/world.ts";
import { curve, type Line } from "./demo-curve.ts";
import { clockText, type Story } from "./story.ts";

/** The true charge of each station, second by second. */
export class Curves {
  /** Percent, by the station's name. */
  readonly socs = new Map<string, number[]>();
  readonly #scene: Scene;
  readonly #cloud: Cloud;
  readonly mains: boolean[] = [];

  constructor(scene: Scene, cloud: Cloud) {
    this.#scene = scene;
    this.#cloud = cloud;
    for (const { name } of scene.stations) this.socs.set(name, []);
  }

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
  const lines = without.flatMap((each): Line[] => {
    const { name } = each.station;
    const mark = name.charAt(0);
    const values = curves.socs.get(name) ?? [];
    const goesOn = { mark: ".", name: `${name} without this system`, values: each.socs };
    return differ(values, each.socs) ? [goesOn, { mark, name, values }] : [{ mark, name, values }];
  });
  story.write("\nThe charge:\n");
  for (const line of curve({ lines, mains: curves.mains })) story.write(line, "faint");
  story.write("\nWithout this system:\n");
  for (const each of without) story.write(`  ${sentence(each)}`);
}

const differ = (one: readonly number[], other: readonly number[]) =>
  one.some((value, index) => Math.abs(value - (other[index] ?? value)) > 0.5);

function sentence({ station, machines, emptySec, emptyWithoutMainsSec }: Otherwise): string {
  const who = listed(machines);
  if (emptySec !== null)
    return `${station.name} would have been empty at ${clockText(emptySec)}: ${who} would have lost power without warning.`;
  if (emptyWithoutMainsSec === null) return `${station.name}: nothing would have been different.`;
  return `${station.name} would have lasted until the mains came back. Had they stayed away, it would have been empty at ${clockText(emptyWithoutMainsSec)}, and ${who} would have lost power without warning.`;
}

const listed = (names: readonly string[]) =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
