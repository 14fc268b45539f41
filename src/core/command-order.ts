/** The bounds of epoch and seq in one place: commands are ordered by (epoch, seq), and all of it must stay exact in a double (E10). */

/**
 * The epoch rises by one with each start and each round of a contest. A lease of somebody else above this is corrupt or
 * forged: a start a second would take three years to reach it.
 */
export const mostLeaseEpoch = 100_000_000;

/**
 * An agent knows only what it accepted: a command of ours, whose epoch is at most a believed lease's and the rounds and
 * starts since then. A refusal that names more is not believed.
 */
export const mostRefusalEpoch = 200_000_000;

/** The highest epoch of our own, which leaves 700 million starts above the highest that is believed. */
export const mostEpoch = 900_000_000;

/** `power` has no epoch of its own: its seq is `epoch * powerSeqsPerEpoch` and a count; one each 5 s for 1.5 years. */
export const powerSeqsPerEpoch = 10_000_000;

/** Whether a lease's epoch can be true. */
export const isLeaseEpoch = (epoch: number): boolean => isEpoch(epoch, mostLeaseEpoch);

/** Whether the order that an agent names in a refusal can be true. */
export const isRefusalOrder = ({ epoch, seq }: { epoch: number; seq: number }): boolean =>
  isEpoch(epoch, mostRefusalEpoch) && Number.isSafeInteger(seq);

const isEpoch = (epoch: number, most: number) => Number.isSafeInteger(epoch) && epoch >= 0 && epoch <= most;

/** The epoch after this one, at most `mostEpoch`; what is no epoch, as a damaged state may hold, counts as 0. */
export const epochAfter = (epoch: number): number =>
  isEpoch(epoch, Number.MAX_SAFE_INTEGER) ? Math.min(epoch + 1, mostEpoch) : 1;

/** The seq of a machine's `power`; `count` rises from 1 in each epoch. Always a safe integer. */
export const powerSeq = (epoch: number, count: number): number => epoch * powerSeqsPerEpoch + count;
