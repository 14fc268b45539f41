/** The phases that an agent acknowledges, in the order of a command's life. */

/** All phases of an acknowledgement. */
export const ackPhases = [
  "received",
  "refused",
  "expired",
  "delay",
  "pre_shutdown",
  "shutting_down",
  "failed",
  "aborted",
  "too_late",
  "shed",
  "restored",
  "pong",
] as const;
export type AckPhase = (typeof ackPhases)[number];
