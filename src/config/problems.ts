/** A mistake in the configuration: where it stands, what stands there, what is wrong with it, and what to do. */
export interface Problem {
  /** `policy.debounceSec`, or the name in the environment: `POLICY_DEBOUNCE_SEC`. */
  path: string;
  /** As written, shortened; a secret is masked. */
  value: string;
  problem: string;
  remedy: string;
}
