/** Refuses a Node that is too old: what is used here would fail there later, and with no sentence. */

/** As `engines` in package.json; a test compares the two. */
export const leastNode = [20, 19, 0] as const;

/** Returns what is wrong with this version of Node, or null; `path` is the program that runs. */
export function nodeProblem(version: string, path: string): string | null {
  const parts = version.split(".").map(Number);
  const first = leastNode.findIndex((least, index) => (parts[index] ?? 0) !== least);
  if (first < 0 || (parts[first] ?? 0) > (leastNode[first] ?? 0)) return null;
  return `ecoflow-power needs Node ${leastNode.join(".")} or newer, and ${path} is ${version}: install a newer one (nodejs.org, or your system's package), and start again.`;
}
