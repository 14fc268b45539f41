/** What `check` finds without a broker: state folder, port, serials, names, and secrets that end at a comment. */
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { resolve } from "node:path";
import type { Config } from "../config/config.ts";
import type { Problem } from "../config/problems.ts";
import { list } from "../config/units.ts";
import { modelOf } from "../core/decode/models.ts";
import { type Folder, lookAtFolder, spaceProblem } from "../io/folder.ts";

export interface Findings {
  problems: Problem[];
  warnings: string[];
  notes: string[];
}

/** Looks at the state folder, the serials, the names and the files of the configuration. Changes nothing. */
export function localFindings(config: Config, cwd: string): Findings {
  const stateDir = resolve(cwd, config.stateDir);
  const folder = lookAtFolder(stateDir);
  return {
    problems: folderProblem(stateDir, folder),
    warnings: [
      ...folderWarnings(stateDir, folder),
      ...Object.entries(config.stations).flatMap(([id, station]) => [
        ...serialWarnings(id, station.serial),
        ...nameWarning(config, id, station),
      ]),
      ...config.files.flatMap((file) => cutSecrets(file, resolve(cwd, file))),
    ],
    notes: wakeNote(Object.keys(config.machines)),
  };
}

/** Returns why the state cannot be kept in the folder, or nothing. */
export function folderProblem(stateDir: string, { exists, isFile, isWritable, path }: Folder): Problem[] {
  if (isWritable && !isFile) return [];
  if (isFile)
    return [
      {
        path: "stateDir",
        value: path,
        problem: "is a file, and the state needs a folder: an outage would begin again with each restart",
        remedy: "Move the file away, or set stateDir (ECOFLOW_POWER_STATE_DIR) to a folder.",
      },
    ];
  const problem = exists
    ? "may not be written by this user"
    : `does not exist, and may not be made in ${path} by this user`;
  return [
    {
      path: "stateDir",
      value: stateDir,
      problem: `${problem}: an outage would begin again with each restart`,
      remedy:
        "Give the folder to the user of the server, or set stateDir (ECOFLOW_POWER_STATE_DIR) to another one.",
    },
  ];
}

/** Returns why the state cannot be kept, and the remedy, of a folder where `error` happened. */
export function stateSentence(stateDir: string, error: unknown): string {
  const folder = lookAtFolder(stateDir);
  const [known] = folderProblem(stateDir, folder);
  if (known) return `${known.path}: ${known.value} ${known.problem}. ${known.remedy}`;
  const why = error instanceof Error ? error.message : String(error);
  const isFull = /full|ENOSPC/.test(why);
  const remedy = isFull
    ? `Make space in ${stateDir}.`
    : "Set stateDir (ECOFLOW_POWER_STATE_DIR) to a folder on a disk that this user may write.";
  return `${why}. ${remedy}`;
}

function folderWarnings(stateDir: string, { exists, owner, self, freeBytes }: Folder): string[] {
  const isOthers = exists && owner !== null && owner !== self;
  const space = spaceProblem(stateDir, freeBytes);
  return [
    ...(isOthers
      ? [
          `${stateDir} belongs to the user ${owner}, and this is ${self}: start the server as its owner, or files in it can be unwritable for one of the two.`,
        ]
      : []),
    ...(space === null ? [] : [space]),
  ];
}

const serialLength = 16;

/** Topics are compared letter by letter, so a serial that is nearly right is never heard. */
function serialWarnings(id: string, configured: string | null): string[] {
  const serial = configured ?? (/^(?=(?:.*\d){4})[A-Za-z0-9]{12,20}$/.test(id) ? id : null);
  if (serial === null) return [];
  const upper = serial.toUpperCase();
  const wrong =
    serial !== upper
      ? `has small letters: write ${upper}, because topics are compared letter by letter`
      : serial.length !== serialLength
        ? `has ${serial.length} characters, and a serial has ${serialLength}: compare it with the label or the app`
        : modelOf(serial) === null
          ? `begins with ${serial.slice(0, 4)}, which no model in docs/stations.md does: compare it with the label; its capacity is not known`
          : null;
  return wrong === null ? [] : [`The serial ${serial} of ${id} ${wrong}.`];
}

/** A name that no topic can have is one of the app. Without an account nothing knows which serial it stands for. */
function nameWarning(config: Config, id: string, { name, serial }: Config["stations"][string]): string[] {
  if (config.sources.some(({ kind }) => kind.startsWith("ecoflow-"))) return [];
  const isSaid = config.warnings.some((text) => text.startsWith(`${id} is no serial`));
  if (serial !== null || name === id || isSaid) return [];
  return [
    `"${name}" looks like a name of the EcoFlow app, and no account is configured that could look it up: raw frames of the station are not recognised, and only readings that say "${name}" themselves count. Write the serial instead, or stations.${id}.serial in YAML.`,
  ];
}

const secretLine =
  /^\s*(?:export\s+)?["']?([\w.-]*(?:pass|key|secret|token)[\w-]*)["']?\s*[=:]\s*([^'"\s#{[][^#]*?)\s+#\S/gim;

/** ` #` begins a comment: a secret that holds it ends before. A comment has a space behind its `#`. */
function cutSecrets(name: string, path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return [];
  }
  return [...text.matchAll(secretLine)].map(
    ([, key]) =>
      `${key} in ${name} ends before " #": what follows counts as a comment. If it belongs to the value, put the value in quotes.`,
  );
}

/** The mains may return before the battery is empty: then the output stays on, and nothing starts a machine that is off. */
const wakeNote = (machines: readonly string[]): string[] =>
  machines.length === 0
    ? []
    : [
        `Nothing of this server starts ${list(machines)} again yet: a machine comes back by itself only when its power was cut and its firmware starts it then (BIOS: on after power loss). If the mains returns earlier, start it by hand.`,
      ];

/** Tries the embedded broker's port: null when it can be opened, is used already, or when another broker is configured. */
export async function portProblem({ mqtt, broker }: Config): Promise<Problem | null> {
  if (mqtt !== null || broker === null) return null;
  const { host, port } = broker;
  const code = await new Promise<string | null>((done) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(null)));
  });
  // Who uses it already is found out by the probe of the broker.
  if (code === null || code === "EADDRINUSE") return null;
  const problems: Readonly<Record<string, string>> = {
    EACCES: "may not be opened by this user: ports below 1024 are the administrator's",
    EADDRNOTAVAIL: `cannot be opened, because this machine has no address ${host}`,
    ENOTFOUND: `cannot be opened, because no machine is called ${host}`,
  };
  return {
    path: code === "EACCES" ? "broker.port" : "broker.host",
    value: `${host}:${port}`,
    problem: problems[code] ?? `cannot be opened (${code})`,
    remedy: "Set broker.host to an address of this machine and broker.port to a free port above 1023.",
  };
}
