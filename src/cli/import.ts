/** `ecoflow-power import`: reads the original's `.env` and writes the YAML that means the same. */
import { chmodSync, existsSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { type ImportResult, importDotEnv } from "../config/import.ts";
import { list } from "../config/units.ts";
import { printable } from "../core/printable.ts";
import { type CommandIo, defineCommand, WrongUsage } from "./command.ts";

export const importCommand = defineCommand(
  {
    name: "import",
    summary: "write the YAML that means what the original's .env means",
    about:
      "Reads a .env of the original and prints ecoflow-power.yaml, or every mistake in the .env with its line; then nothing is written. Each setting becomes a key, or is named in a comment with what became of it. Secrets are not written: the YAML names their variables, and they stay in the environment, in .env or in *_FILE.",
    words: { FILE: "the .env of the original's server" },
    options: {
      out: { value: "FILE", about: "write to this file, for its owner alone (mode 600), in place of stdout" },
      force: { about: "replace the file of --out if it is there" },
    },
    examples: [".env", ".env --out ecoflow-power.yaml"],
    more: "Exit code: 0 written, 1 a mistake in the .env, or the file of --out is there, 2 wrong usage.",
  },
  async ({ values: { out, force }, words }, io) => {
    const [file] = words;
    if (file === undefined || words.length > 1) throw new WrongUsage("Name one .env to read.");
    if (force && out === undefined) throw new WrongUsage("--force is for --out.");
    if (out !== undefined && isSameFile(resolve(io.cwd, out), resolve(io.cwd, file)))
      throw new WrongUsage("--out names the .env itself, which holds the secrets: name another file.");
    const result = importDotEnv(resolve(io.cwd, file));
    if (!result.ok) io.err(mistakesOf(result, file));
    else if (out !== undefined) return save(result.yaml, out, force, io) ? after(result, file, out, io) : 1;
    else io.out(result.yaml.trimEnd());
    return result.ok ? 0 : 1;
  },
);

function isSameFile(one: string, other: string): boolean {
  const real = (path: string) => (existsSync(path) ? realpathSync(path) : path);
  return real(one) === real(other);
}

function mistakesOf({ problems }: Extract<ImportResult, { ok: false }>, file: string): string {
  const count = problems.length === 1 ? "1 mistake" : `${problems.length} mistakes`;
  const lines = problems.map(({ line, path, value, problem, remedy }) => {
    const where = line === null ? "" : `line ${line}: `;
    return `  ${where}${path}: ${value} ${problem}.\n      ${remedy}`;
  });
  return printable([`${file} has ${count}; nothing was written.`, ...lines].join("\n"));
}

/** Writes the file; false, after a sentence, where it is there already or cannot be written. */
function save(yaml: string, out: string, force: boolean, io: CommandIo): boolean {
  const path = resolve(io.cwd, out);
  const half = `${path}.new`;
  try {
    if (!force) writeFileSync(path, yaml, { mode: 0o600, flag: "wx" });
    else {
      // Written beside it and renamed: a file that was readable for others does not stay so.
      rmSync(half, { force: true });
      writeFileSync(half, yaml, { mode: 0o600, flag: "wx" });
      renameSync(half, path);
    }
    chmodSync(path, 0o600);
    return true;
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === "EEXIST" && existsSync(path);
    io.err(
      isThere
        ? `${out} is there already, and was not changed: name another file, or write --force to replace it.`
        : `${out} cannot be written: ${(error as Error).message}. Name a file in a folder that you may write in.`,
    );
    return false;
  }
}

function after(
  { secrets, others }: Extract<ImportResult, { ok: true }>,
  file: string,
  out: string,
  io: CommandIo,
): number {
  io.err(
    `${out} is written, for its owner alone. ${keepOf(secrets, others, file)} Then run: ecoflow-power check`,
  );
  return 0;
}

/** What becomes of the lines with secrets: the server reads them from `.env` only. */
function keepOf(secrets: readonly string[], others: readonly string[], file: string): string {
  if (secrets.length === 0 && others.length > 0)
    return `No secret was in ${file}; ${list([...others])} in it belongs to other programs.`;
  if (secrets.length === 0) return `No secret was in ${file}: it can go.`;
  if (basename(file) !== ".env")
    return `Write ${list(secrets)} of ${file} into .env, in the folder where the server starts (chmod 600 .env).`;
  return `Keep ${list(secrets)} in ${file} (chmod 600 ${file}), and remove its other lines: what stays there wins over the YAML.`;
}
