/** Reads from the lease of another server which of our machines it commands, and whether it proves that. */
import type { OrchestratorStatus } from "../../contract/messages/server.ts";
import { leaseText } from "../../contract/signatures.ts";
import { verify } from "../../io/secrets.ts";

export interface Claim {
  /** Machines of ours that it commands. One with a key counts only where the lease is signed with that key. */
  shared: readonly string[];
  /** Machines of ours with a key that it names without the right signature: forged, or of an older version. */
  unproven: readonly string[];
}

/**
 * Returns what a lease claims of `machines`. One without a list is of an older version, which commands all of them for all
 * that is known. `keys`: the key of each machine that has one.
 */
export function claimOf(
  lease: OrchestratorStatus,
  machines: readonly string[],
  keys: Readonly<Record<string, string>>,
): Claim {
  const { machines: listed } = lease;
  const shared: string[] = [];
  const unproven: string[] = [];
  for (const machine of machines) {
    if (listed !== undefined && !Object.hasOwn(listed, machine)) continue;
    const key = keys[machine];
    const sig = listed?.[machine] ?? undefined;
    const isProven = key === undefined || verify(key, leaseText(machine, lease), sig);
    (isProven ? shared : unproven).push(machine);
  }
  return { shared, unproven };
}
