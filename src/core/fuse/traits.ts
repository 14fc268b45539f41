/** What fusion must know about a source. Rules read these traits and never a source's name. */
import { foreignProof, type LossProof, nutProof, ownProof } from "../filter/grid.ts";

export interface SourceTraits {
  /** It is at the station itself (USB, NUT): its report on the mains comes first, and one sample of it confirms the grid. */
  local: boolean;
  /** What it takes to believe its `lost`. */
  lossProof: LossProof;
  /** Seconds of silence after which it counts as silent; null: 60 s or three of its usual gaps, at most 900 s. */
  silentAfterSec: number | null;
  /** All its answers may come from a cache: none is a sample, and none ends a silence (S7). */
  cached: boolean;
  /** Each of its messages reports all that it knows: a value that the newest one does not have is unknown again (E2). */
  whole: boolean;
}

/** A station's own frames that arrive through a cloud or a broker. */
export const frameTraits: SourceTraits = Object.freeze({
  local: false,
  lossProof: ownProof,
  silentAfterSec: null,
  cached: false,
  whole: false,
});

/** Readings that another program publishes on `json/state`: two messages make a loss (S27). */
export const foreignTraits: SourceTraits = Object.freeze({
  ...frameTraits,
  lossProof: foreignProof,
  whole: true,
});

/** A NUT server at the station. It is polled at our own pace, so 20 s without an answer is silence. */
export const nutTraits: SourceTraits = Object.freeze({
  local: true,
  lossProof: nutProof,
  silentAfterSec: 20,
  cached: false,
  whole: false,
});

/** EcoFlow's developer API over HTTP: it answers from the cloud's cache. */
export const quotaTraits: SourceTraits = Object.freeze({ ...frameTraits, cached: true });
