/** Removes mistakes from a configuration, only to find further ones: the server never starts on the rest. */
import type { Issue } from "./problems.ts";
import { type FileConfig, fileSchema } from "./schema.ts";

type Path = readonly PropertyKey[];

/** What the schema accepts once every mistake is taken out; null where that cannot be had. */
export function withoutMistakes(raw: unknown, issues: readonly Issue[]): FileConfig | null {
  let left = structuredClone(raw);
  let open = issues;
  for (let round = 0; round < 6; round++) {
    for (const path of open.flatMap((issue) => places(issue, round))) left = withoutPlace(left, path);
    const parsed = fileSchema.safeParse(left);
    if (parsed.success) return parsed.data;
    open = parsed.error.issues;
  }
  return null;
}

/** Where a mistake stands. A missing value cannot be taken out: in the next round the section around it goes. */
function places(issue: Issue, round: number): Path[] {
  if (issue.code === "unrecognized_keys") return (issue.keys ?? []).map((key) => [...issue.path, key]);
  return [issue.path.slice(0, Math.max(0, issue.path.length - round))];
}

/** A station stays as a name, or each machine on it would be a mistake too. */
function withoutPlace(value: unknown, path: Path): unknown {
  if (path[0] !== "stations" || path.length > 2) return without(value, path);
  if (path.length === 1) return without(without(value, path), ["machines"]);
  const { stations } = value as { stations: Record<string, unknown> };
  return { ...(value as object), stations: { ...stations, [path[1] as string]: null } };
}

function without(value: unknown, path: Path): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== "object" || value === null) return {};
  if (Array.isArray(value)) {
    if (rest.length === 0) return value.filter((_, index) => index !== Number(step));
    return value.map((item, index) => (index === Number(step) ? without(item, rest) : item));
  }
  const { [step as string]: inner, ...others } = value as Record<string, unknown>;
  if (rest.length === 0 || inner === undefined) return others;
  return { ...others, [step]: without(inner, rest) };
}
