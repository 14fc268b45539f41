/** Believing a loss of the mains: `present` at once, `lost` when its evidence has stood (I3; hard-cases S16, S17, S27). */
import type { CarriedBy, GridBasis, Instant } from "../reading.ts";

/** What the evidence of this moment says. `keep`: live, but it tells nothing new (zeros), so the last verdict stands. */
export interface GridEvidence {
  verdict: "present" | "lost" | "unknown" | "keep";
  basis: GridBasis;
  carriedBy: CarriedBy | null;
}

/** The believed verdict, and a loss that is not yet believed. Plain mutable data. */
export interface GridBelief {
  verdict: "present" | "lost" | "unknown";
  basis: GridBasis;
  /** The last verdict that was not `unknown`. */
  last: "present" | "lost" | null;
  lostSince: Instant | null;
  lostSampleAt: Instant;
  lostSamples: number;
}

/** What it takes to believe a loss. */
export interface LossProof {
  /** The evidence stands so long by the clock, with nothing contrary. */
  holdMs: number;
  /** In so many samples … */
  samples: number;
  /** … of which the last is so much younger than the first. */
  apartMs: number;
}

/** A station's own frames (S16). */
export const ownProof: LossProof = { holdMs: 4_000, samples: 0, apartMs: 0 };
/** Somebody else's readings: two live messages at least 2 s apart (S27). */
export const foreignProof: LossProof = { holdMs: 2_000, samples: 2, apartMs: 2_000 };
/** A NUT server's OB: 5 s and two polls (S17). */
export const nutProof: LossProof = { holdMs: 5_000, samples: 2, apartMs: 0 };

/** One payload judged by itself: hold times count as passed (rulings R19). */
export const passedProof: LossProof = { holdMs: 0, samples: 0, apartMs: 0 };

export const unknownGrid = (): GridBelief => ({
  verdict: "unknown",
  basis: "none",
  last: null,
  lostSince: null,
  lostSampleAt: 0,
  lostSamples: 0,
});

/** Takes the evidence of one moment; `sample` when it came with a message of its own and not by a tick. */
export function believeGrid(
  belief: GridBelief,
  evidence: GridEvidence,
  at: Instant,
  proof: LossProof,
  sample: boolean,
): void {
  if (evidence.verdict === "lost") {
    takeLoss(belief, evidence.basis, at, proof, sample);
    return;
  }
  belief.lostSince = null;
  if (evidence.verdict === "keep") {
    if (belief.verdict !== "unknown") belief.basis = "last-known";
    return;
  }
  belief.verdict = evidence.verdict;
  belief.basis = evidence.basis;
  if (evidence.verdict === "present") belief.last = "present";
}

function takeLoss(
  belief: GridBelief,
  basis: GridBasis,
  at: Instant,
  proof: LossProof,
  sample: boolean,
): void {
  if (belief.lostSince === null) {
    belief.lostSince = at;
    belief.lostSampleAt = at;
    belief.lostSamples = 0;
  }
  if (sample) {
    belief.lostSamples++;
    belief.lostSampleAt = at;
  }
  const stood = at - belief.lostSince >= proof.holdMs && !waitsForSample(belief, proof);
  if (belief.verdict !== "lost" && !stood) return;
  belief.verdict = "lost";
  belief.basis = basis;
  belief.last = "lost";
}

const waitsForSample = (belief: GridBelief, proof: LossProof) =>
  belief.lostSamples < proof.samples || belief.lostSampleAt - (belief.lostSince ?? 0) < proof.apartMs;

/** When a loss that stands may be believed without a further message; `Infinity` when it waits for one. */
export function lossDue(belief: GridBelief, proof: LossProof): Instant {
  if (belief.lostSince === null || belief.verdict === "lost" || waitsForSample(belief, proof)) {
    return Number.POSITIVE_INFINITY;
  }
  return belief.lostSince + proof.holdMs;
}
