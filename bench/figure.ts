/** A measured figure: a ratio of ours to a partner that ran in the same process run. */
export interface Figure {
  name: string;
  ratio: number;
  /** The ratio to hold, from product.md section 12's table. */
  hold: number;
  /** Whether a lower or a higher ratio is better. */
  better: "lower" | "higher";
  /** Absolute values with their units, for information. */
  ours: string;
  partner: string;
}
