/** Names of stations and machines, and the ids that stand for them in topics (S27: an id must be legal in a topic and unique). */
import { reservedMachines, topicName } from "../contract/topics.ts";
import type { Problem } from "./problems.ts";
import { shown } from "./secrets.ts";

/** The id of a name: the name itself where a topic may hold it, else its slug; "" where nothing of it is left. */
export function idOf(name: string): string {
  if (topicName.test(name)) return name;
  const bare = name.normalize("NFKD").replace(/\p{Mark}/gu, "");
  const slug = bare.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^-+|-+$/g, "");
  return slug.slice(0, 64);
}

/** Why a station or machine cannot be called so, or null. */
export function nameProblem(kind: "station" | "machine", name: string, path: string): Problem | null {
  const problem = wrongWith(kind, name);
  if (problem === null) return null;
  return {
    path,
    value: shown(name),
    problem,
    remedy: `Call the ${kind} by 1 to 64 of the characters A–Z a–z 0–9 . _ - and something not reserved.`,
  };
}

function wrongWith(kind: "station" | "machine", name: string): string | null {
  if (/[+#/]|\p{Control}/u.test(name)) return "holds + # / or a control character, which no topic may";
  const id = idOf(name);
  if (id === "") return "holds nothing that may stand in a topic";
  if (id in {}) return "is a word that the program itself needs";
  if (kind === "machine" && (reservedMachines as readonly string[]).includes(id)) {
    return "is reserved for the server's own topics";
  }
  return null;
}
