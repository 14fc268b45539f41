/** The policy of commit 25c7667, built beside: its files are read from this repository's history and loaded by Vite. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Effect } from "../../src/core/policy/effects.ts";
import type { PolicyInput } from "../../src/core/policy/inputs.ts";
import type { PolicyRules } from "../../src/core/policy/rules.ts";

const commit = "25c7667";
/** Below the project, so that its TypeScript is transformed; ignored by git. */
const folder = join(import.meta.dirname, ".before");

export interface Before {
  initialState(rules: PolicyRules): unknown;
  step(rules: PolicyRules, state: unknown, input: PolicyInput): { state: unknown; effects: Effect[] };
}

/** Returns the policy of that commit; null where this clone has no history that reaches it. */
export async function policyBefore(): Promise<Before | null> {
  const files = filesOf();
  if (files === null) return null;
  for (const file of files) {
    const path = join(folder, file);
    if (existsSync(path)) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, git("show", `${commit}:${file}`));
  }
  return (await import(join(folder, "src/core/policy/policy.ts"))) as Before;
}

function filesOf(): string[] | null {
  try {
    const list = git("ls-tree", "-r", "--name-only", commit, "src/core/policy", "src/core/reading.ts");
    return list.split("\n").filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  } catch {
    return null;
  }
}

const git = (...args: string[]) =>
  execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
