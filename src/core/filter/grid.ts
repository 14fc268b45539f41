/** Believes a loss of the mains: `present` at once, `lost` once its evidence has held (I3, S16, S17, S27). */
import type { CarriedBy, GridBasis, Instant } from "../reading.ts";

/** The evidence of one moment. `keep`: live, but without news (zeros), so the last verdict stays. */
export interface GridEvidence {
  verdict: "present" | "lost" | "unknown" | "keep";
  basis: GridBasis;
  carriedBy: CarriedBy | null;
  /** It is `unknown` because the source is silent: that refutes nothing. */
  silent?: true;
}

/** The believed verdict, and a loss that is not believed yet. Plain mutable data. */
export interface GridBelief {
  verdict: "present" | "lost" | "unknown";
  basis: GridBasis;
  /** The last verdict that was not `unknown`; null before the first. */
  last: "present" | "lost" | null;
  /** The last message reported a loss that is not believed (yet). */
  suspected: boolean;
  /** Since when the evidence says `lost` without interruption; null while it does not. */
  lostSince: Instant | null;
  /** The newest sample of that evidence. */
  lostSampleAt: Instant;
  /** How many samples it has. */
  lostSamples: number;
}

/** What it takes to believe a loss; all three must hold. */
export interface LossProof {
  /** The evidence holds this long by the clock, with nothing contrary. */
  holdMs: number;
  /** It came in at least this many samples. */
  samples: number;
  /** The last sample is this much younger than the first. */
  apartMs: number;
}

/** A station's own frames: 4 s by the clock (S16). */
export const ownProof: LossProof = { holdMs: 4_000, samples: 0, apartMs: 0 };
/** Another program's readings: two live messages at least 2 s apart (S27). */
export const foreignProof: LossProof = { holdMs: 2_000, samples: 2, apartMs: 2_000 };
/** A NUT server's OB: 5 s and two polls (S17). */
export const nutProof: LossProof = { holdMs: 5_000, samples: 2, apartMs: 0 };
/** One payload that is judged by itself: hold times count as passed. */
export const passedProof: LossProof = { holdMs: 0, samples: 0, apartMs: 0 };

/** A belief before any evidence. */
export const unknownGrid = (): GridBelief => ({
  verdict: "unknown",
  basis: "none",
  last: null,
  suspected: false,
  lostSince: null,
  lostSampleAt: 0,
  lostSamples: 0,
});

/** Takes the evidence of one moment; `sample`: it came with a message and not by a tick. */
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
  if (!evidence.silent) belief.suspected = false;
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
  const isProven = at - belief.lostSince >= proof.holdMs && !waitsForSample(belief, proof);
  belief.suspected = belief.verdict !== "lost" && !isProven;
  if (belief.suspected) return;
  belief.verdict = "lost";
  belief.basis = basis;
  belief.last = "lost";
}

const waitsForSample = (belief: GridBelief, proof: LossProof) =>
  belief.lostSamples < proof.samples || belief.lostSampleAt - (belief.lostSince ?? 0) < proof.apartMs;

/** When an open loss will be believed without a further message; `Infinity` when it needs one, or when none is open. */
export function lossDue(belief: GridBelief, proof: LossProof): Instant {
  if (belief.lostSince === null || belief.verdict === "lost" || waitsForSample(belief, proof)) {
    return Number.POSITIVE_INFINITY;
  }
  return belief.lostSince + proof.holdMs;
}
