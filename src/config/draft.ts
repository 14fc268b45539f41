/** The configuration while it is checked: resolved, without warnings and notes. */
import type { Config } from "./config.ts";
import type { Path } from "./path.ts";

/** A resolved configuration without the sentences that are made here. */
export type Draft = Omit<Config, "warnings" | "notes" | "secrets" | "files">;

export interface CheckContext {
  origin: (path: Path) => string;
  fromEnvironment: (path: Path) => boolean;
  /** The variables that are set and belong to every EcoFlow account. */
  accountSettings: readonly string[];
}

/** True for an address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
