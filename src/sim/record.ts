/** A machine's own record of what it received and did; the verdict of a scene is judged by it. */
import type { Command } from "../contract/messages/machine.ts";

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

/** The machine's own record: only the machine writes it, and the verdict uses nothing else. Times are epoch ms. */
export interface MachineRecord {
  heard: { at: number; action: Command["action"]; id: string; retained: boolean }[];
  did: { at: number; deed: Deed; id: string | null }[];
  /** True: running with its services; false: off. */
  up: boolean;
  /** True if services were stopped and not started again. */
  servicesStopped: boolean;
}

/** Returns the record of a machine that was never switched on. */
export function emptyRecord(): MachineRecord {
  return { heard: [], did: [], up: false, servicesStopped: false };
}
