/** A machine's own record of what it heard and did: what the verdict of a scene is judged by. */
import type { Command } from "../contract/messages.ts";

/** What a machine did, a closed list. */
export type Deed =
  | "booted"
  | "delay"
  | "pre_shutdown"
  | "shutting_down"
  | "off"
  | "aborted"
  | "services-restored"
  | "rehearsed"
  | "dead-man"
  | "disconnected"
  | "power-cut";

/** The machine's own record: nobody else writes it, the verdict believes nothing else. Times are epoch ms. */
export interface MachineRecord {
  heard: { at: number; action: Command["action"]; id: string; retained: boolean }[];
  did: { at: number; deed: Deed; id: string | null }[];
  /** True: running with its services; false: off. */
  up: boolean;
  /** Services were stopped and not started again. */
  servicesStopped: boolean;
}

/** The record of a machine that was never switched on. */
export function emptyRecord(): MachineRecord {
  return { heard: [], did: [], up: false, servicesStopped: false };
}
