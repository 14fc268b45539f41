/** A measured figure: the ratio of ours to a partner that ran in the same process. */
export interface Figure {
  name: string;
  ratio: number;
  /** The ratio that must hold. */
  hold: number;
  /** Whether a lower or a higher ratio is better. */
  better: "lower" | "higher";
  /** Absolute values with their units, for information. */
  ours: string;
  partner: string;
}
