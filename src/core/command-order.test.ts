/** Epochs and seqs of others, whatever number they are, leave our own exact and valid. */
import { describe, expect, it } from "vitest";
import { commandSchema, powerSchema } from "../contract/messages/machine.ts";
import { orchestratorSchema } from "../contract/messages/server.ts";
import {
  epochAfter,
  isLeaseEpoch,
  isRefusalOrder,
  mostEpoch,
  mostLeaseEpoch,
  mostRefusalEpoch,
  powerSeq,
  powerSeqsPerEpoch,
} from "./command-order.ts";

const numbers = [
  [0, true, true],
  [1, true, true],
  [41, true, true],
  [99_999_999, true, true],
  [mostLeaseEpoch, true, true],
  [mostLeaseEpoch + 1, false, true],
  [mostRefusalEpoch, false, true],
  [mostRefusalEpoch + 1, false, false],
  [mostEpoch, false, false],
  [mostEpoch + 1, false, false],
  [2 ** 31, false, false],
  [2 ** 53 - 1, false, false],
  [2 ** 53, false, false],
  [1e300, false, false],
  [-1, false, false],
  [-(2 ** 53), false, false],
  [0.5, false, false],
  [41.000001, false, false],
  [Number.POSITIVE_INFINITY, false, false],
  [Number.NaN, false, false],
] as const;

describe("an epoch", () => {
  it.each(numbers)("%d: of a lease %s, of a refusal %s", (epoch, ofLease, ofRefusal) => {
    expect(isLeaseEpoch(epoch)).toBe(ofLease);
    expect(isRefusalOrder({ epoch, seq: 1 })).toBe(ofRefusal);
  });

  it.each(numbers)("%d, stored or believed: what we send next is valid and exact", (epoch) => {
    const next = epochAfter(epoch);
    const seq = powerSeq(next, powerSeqsPerEpoch);
    expect(Number.isSafeInteger(seq)).toBe(true);
    // Exact also by the neighbour: a sum that was rounded would equal it.
    expect(seq - 1).not.toBe(seq);
    expect(commandSchema.safeParse({ id: "a", action: "shutdown", epoch: next, seq: 1 }).success).toBe(true);
    const power = { on_battery: null, soc: null, runtime_sec: null, deadman_sec: 300, at: 1, seq };
    expect(powerSchema.safeParse(power).success).toBe(true);
    const lease = { site: "s", instance: "i", epoch: next, at: 1, online: true };
    expect(orchestratorSchema.safeParse(lease).success).toBe(true);
  });

  it("rises while there is room, also above all that is believed", () => {
    for (const epoch of [0, 1, mostLeaseEpoch, mostRefusalEpoch]) expect(epochAfter(epoch)).toBe(epoch + 1);
    expect(mostEpoch - mostRefusalEpoch).toBeGreaterThan(100_000_000);
  });

  it("as text or missing is refused by the schema, and so is one that is no whole number", () => {
    const lease = { site: "s", instance: "i", at: 1, online: true };
    for (const epoch of ["5", "1e9", null, undefined, true, [], {}, -1, 1.5, 2 ** 53, 1e300])
      expect(orchestratorSchema.safeParse({ ...lease, epoch }).success).toBe(false);
  });
});
