/** A machine that is connected and obeys nothing: the verdict must fail. */
import type { Scene } from "../scene.ts";
import { outage } from "./outage.ts";

export const deaf: Scene = {
  ...outage,
  name: "deaf",
  about:
    "As the outage, but pc is deaf: connected, never answering, never stopping. This scenario must fail.",
  machines: outage.machines.map((machine) =>
    machine.name === "pc" ? { ...machine, behaviour: "deaf" as const } : machine,
  ),
};
