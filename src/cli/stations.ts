/** `ecoflow-power stations`: the stations of the EcoFlow accounts, which API serves each, and the YAML to write. */
import { type Config, stationIds } from "../config/config.ts";
import { sentenceOf } from "../core/cloud/problems.ts";
import { modelOf, whyNoStation } from "../core/decode/models.ts";
import { printable } from "../core/printable.ts";
import type { CloudDoors } from "../io/cloud.ts";
import { cloudSources, doorsOf, isServed, noAccount, type Surveyed, survey } from "./accounts.ts";
import { type CommandIo, defineCommand, jsonOption } from "./command.ts";
import { configOption, configured } from "./configured.ts";

/** A station of one or both accounts. */
interface Listed {
  serial: string;
  name: string | null;
  /** The model of its serial; null if no known model has it. */
  model: string | null;
  /** EcoFlow's own name of the product; null if it reports none. */
  product: string | null;
  online: boolean | null;
  /** Whether each source serves it, by the source's name; null if unknown. */
  served: Record<string, boolean | null>;
  /** Id in the configuration; null if it is not configured. */
  configured: string | null;
}

/** Makes the command with a way to the cloud. */
export const stationsWith = (doors: (config: Config) => CloudDoors) =>
  defineCommand(
    {
      name: "stations",
      summary: "list the stations of the EcoFlow account, and which API serves each",
      about:
        "Logs in to the configured EcoFlow accounts, lists their stations with the API that serves each, and prints the lines to write into the configuration. The list is kept in the state folder, so that names of the app in DEVICE_TO_AGENTS_JSON also resolve while the cloud is away.",
      options: { config: configOption, json: jsonOption },
      examples: ["", "--json"],
      more: "Also called devices. Exit code: 0 every account answered, 1 one did not, 2 wrong usage.",
    },
    async ({ values }, io) => {
      const config = configured(values.config, io);
      return config === null ? 1 : listStations(config, doors(config), values.json === true, io);
    },
  );

export const stationsCommand = stationsWith(doorsOf);

async function listStations(
  config: Config,
  doors: CloudDoors,
  json: boolean,
  io: CommandIo,
): Promise<number> {
  const sources = cloudSources(config);
  if (sources.length === 0) {
    io.err(noAccount);
    return 1;
  }
  const surveyed = await Promise.all(sources.map((source) => survey(source, doors)));
  const stations = await listed(surveyed, config);
  const problems = surveyed.flatMap(({ problem }) =>
    problem === null ? [] : [printable(sentenceOf(problem))],
  );
  for (const sentence of problems) io.err(`${sentence}.`);
  if (json) io.out(JSON.stringify({ stations, problems }, null, 2));
  else print(stations, surveyed, io);
  return problems.length === 0 ? 0 : 1;
}

async function listed(surveyed: readonly Surveyed[], config: Config): Promise<Listed[]> {
  const ids = stationIds(config);
  const bySerial = new Map<string, Listed>();
  for (const each of surveyed) {
    for (const { serial, name, product, online } of each.stations) {
      const before = bySerial.get(serial);
      const { served } = whyNoStation(serial) === null ? await isServed(each, serial) : { served: false };
      bySerial.set(serial, {
        serial,
        name: before?.name ?? name,
        model: modelOf(serial)?.name ?? null,
        product: before?.product ?? product,
        online: before?.online ?? onlineOf(each, online),
        served: { ...before?.served, [each.source.name]: served },
        configured: ids.get(serial) ?? (name === null ? null : (ids.get(name) ?? null)),
      });
    }
  }
  return [...bySerial.values()].sort((one, other) => (one.serial < other.serial ? -1 : 1));
}

/** A list of an earlier day does not say what is online now. */
const onlineOf = ({ entered }: Surveyed, online: boolean | null) => (entered === null ? null : online);

const yesNo = (value: boolean | null) => (value === null ? "not known" : value ? "yes" : "no");

function print(stations: readonly Listed[], surveyed: readonly Surveyed[], io: CommandIo) {
  for (const { source, entered, listedAt } of surveyed) {
    if (entered !== null)
      io.out(`${source.name}: ${entered.probed ?? `${entered.host.name} serves the account`}`);
    else if (listedAt !== null) io.out(`${source.name}: the list of ${new Date(listedAt).toISOString()}`);
  }
  if (stations.length === 0) {
    const isRead = surveyed.some(({ entered }) => entered !== null);
    return isRead ? io.out("No station is bound to the account.") : undefined;
  }
  const names = surveyed.map(({ source }) => source.name);
  const rows = [
    ["serial", "name in the app", "model", "online", ...names, "configured"],
    ...stations.map((each) => [
      each.serial,
      each.name ?? "",
      each.model ?? whyNoStation(each.serial) ?? each.product ?? "not known",
      yesNo(each.online),
      ...names.map((name) => (name in each.served ? yesNo(each.served[name] ?? null) : "not listed")),
      each.configured ?? "no",
    ]),
  ].map((row) => row.map(printable));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows)
    io.out(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
  for (const line of remarks(stations, surveyed)) io.out(line);
  for (const line of yamlOf(stations)) io.out(line);
}

/** Sentences on stations that no account serves, and on those of no known model. */
function remarks(stations: readonly Listed[], surveyed: readonly Surveyed[]): string[] {
  const hasApp = surveyed.some(({ account }) => account.api === "ecoflow-app");
  return stations.flatMap(({ serial, served, model }) => {
    const isClosed = whyNoStation(serial) === null && Object.values(served).every((value) => value === false);
    const unknown = model === null && whyNoStation(serial) === null;
    return [
      ...(isClosed && !hasApp
        ? [`${serial} is closed to the developer API: set ECOFLOW_USERNAME and ECOFLOW_PASSWORD to read it.`]
        : []),
      ...(unknown
        ? [
            `${serial} belongs to no model that this version knows: its messages are read as far as they are known.`,
          ]
        : []),
    ];
  });
}

/** The YAML of stations that the configuration does not have. */
function yamlOf(stations: readonly Listed[]): string[] {
  const missing = stations.filter(
    ({ serial, configured }) => configured === null && whyNoStation(serial) === null,
  );
  if (missing.length === 0) return [];
  const lines = missing.map(
    ({ serial, name }) => `  ${JSON.stringify(printable(name ?? serial))}: { serial: ${serial} }`,
  );
  return ["", "To write into ecoflow-power.yaml:", "stations:", ...lines];
}
