/** Collects every secret that was read, so that no sentence and no log line holds one. */
import type { Path } from "./path.ts";
import { isSecretPath } from "./problems.ts";
import { variables } from "./variables.ts";

/** Returns the secrets of the environment, and those of `raw`, the configuration before it is checked. */
export function secretsIn(values: ReadonlyMap<string, string>, raw: unknown): string[] {
  const ofEnvironment = [...values].filter(([name]) => variables[name]?.secret).map(([, value]) => value);
  return [...new Set([...ofEnvironment, ...textsIn(raw, [], false)])].filter((secret) => secret !== "");
}

function textsIn(value: unknown, path: Path, isSecret: boolean): string[] {
  if (typeof value === "string") return isSecret ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = [...path, key];
    return textsIn(inner, at, isSecret || isSecretPath(at));
  });
}
