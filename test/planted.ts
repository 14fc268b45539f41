/** Planted faults: a copy of the sources with some text of the code changed, which the test of a promise must catch. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** One change of the code: the text `find` of the file (below `src/`) is replaced. */
export interface Fault {
  file: string;
  find: string;
  replace: string;
}

/** Imports a file of the sources under test, named as below `src/`. */
export type Load = <M>(file: string) => Promise<M>;

const root = resolve(import.meta.dirname, "..");
const src = join(root, "src");

/** Imports from the real sources. */
export const real: Load = (file) => import(/* @vite-ignore */ join(src, file));

/**
 * Plants the faults in a copy of the sources and runs `work` on it; the copy is removed afterwards. Throws when a `find` does
 * not occur exactly once: a fault that no longer fits the code must not pass for one that was caught.
 */
export async function withFaults(
  fault: Fault | readonly Fault[],
  work: (load: Load) => Promise<void>,
): Promise<void> {
  const faults = Array.isArray(fault) ? (fault as readonly Fault[]) : [fault as Fault];
  const parent = join(root, "test", ".planted");
  mkdirSync(parent, { recursive: true });
  const copy = mkdtempSync(join(parent, "copy-"));
  try {
    lay(copy, new Set(faults.map(({ file }) => file)));
    for (const each of faults) plant(copy, each);
    await work((file) => {
      const planted = join(copy, file);
      return existsSync(planted) ? import(/* @vite-ignore */ planted) : real(file);
    });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/**
 * Copies what is patched and all files that import it, directly or not. What these import besides are links: a link is imported
 * as the real file, which is transformed and run already.
 */
function lay(copy: string, patched: ReadonlySet<string>): void {
  const affected = importersOf(patched);
  const linked = new Set([...affected].flatMap((file) => imports().get(file) ?? []));
  for (const folder of new Set([...affected, ...linked].map(dirname))) {
    mkdirSync(join(copy, folder), { recursive: true });
  }
  for (const file of affected) copyFileSync(join(src, file), join(copy, file));
  for (const file of linked) if (!affected.has(file)) symlinkSync(join(src, file), join(copy, file));
}

let known: ReadonlyMap<string, readonly string[]> | null = null;

/** Which files each file of the sources imports; read once, because tests do not change the sources. */
function imports(): ReadonlyMap<string, readonly string[]> {
  known ??= new Map(sources().map((file) => [file, importsOf(file)]));
  return known;
}

const sources = () =>
  readdirSync(src, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts"),
  );

function importersOf(patched: ReadonlySet<string>): Set<string> {
  const affected = new Set(patched);
  for (let before = -1; before !== affected.size; ) {
    before = affected.size;
    for (const [file, targets] of imports())
      if (targets.some((target) => affected.has(target))) affected.add(file);
  }
  return affected;
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(src, file), "utf8");
  const found = text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)["'](\.[^"']+)["']/g);
  return [...found].map(([, target]) => relative(src, join(src, dirname(file), target as string)));
}

function plant(copy: string, { file, find, replace }: Fault): void {
  const path = join(copy, file);
  const text = readFileSync(path, "utf8");
  const times = text.split(find).length - 1;
  if (times !== 1) throw new Error(`${file} holds ${times} times, not once: ${find}`);
  writeFileSync(
    path,
    text.replace(find, () => replace),
  );
}
