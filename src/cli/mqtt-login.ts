/** `ecoflow-power mqtt-login`: temporary credentials for EcoFlow's broker, also as the configuration of a Mosquitto bridge. */
import type { Config } from "../config/config.ts";
import type { Certification } from "../core/cloud/account.ts";
import { sentenceOf } from "../core/cloud/problems.ts";
import { clientIdOf, filtersOf, type Identity } from "../core/cloud/topics.ts";
import { whyNoStation } from "../core/decode/models.ts";
import { newAccount } from "../io/accounts-file.ts";
import type { CloudDoors } from "../io/cloud.ts";
import { type CloudSource, cloudSources, doorsOf, noAccount, survey } from "./accounts.ts";
import { type CommandIo, defineCommand, jsonOption, WrongUsage } from "./command.ts";
import { configOption, configured } from "./configured.ts";

interface Login {
  identity: Identity;
  credentials: Certification;
  clientId: string;
  serials: string[];
}

/** Makes the command with a way to the cloud. */
export const mqttLoginWith = (doors: (config: Config) => CloudDoors) =>
  defineCommand(
    {
      name: "mqtt-login",
      summary: "temporary credentials for EcoFlow's broker, also as a Mosquitto bridge",
      about:
        "Logs in to a configured EcoFlow account and prints the credentials of its MQTT broker. They are secret and age within days; the server fetches its own.",
      options: {
        config: configOption,
        source: { value: "NAME", about: "the account, by the name of its source; the first unless given" },
        "bridge-conf": { about: "print a bridge section for mosquitto.conf instead" },
        json: jsonOption,
      },
      examples: ["", "--bridge-conf > bridge.conf"],
    },
    async ({ values }, io) => {
      if (values.json && values["bridge-conf"])
        throw new WrongUsage("--json and --bridge-conf exclude each other.");
      const config = configured(values.config, io);
      if (config === null) return 1;
      const sources = cloudSources(config);
      const source = sources.find(({ name }) => values.source === undefined || name === values.source);
      if (source === undefined) {
        const names = sources.map(({ name }) => name).join(", ");
        io.err(
          sources.length === 0
            ? noAccount
            : `There is no account "${values.source}"; the accounts are ${names}.`,
        );
        return 1;
      }
      const login = await loginOf(source, doors(config));
      if (typeof login === "string") {
        io.err(`${login}.`);
        return 1;
      }
      if (values["bridge-conf"]) io.out(bridgeOf(login, config.base, source));
      else print(login, values.json === true, io);
      return 0;
    },
  );

export const mqttLoginCommand = mqttLoginWith(doorsOf);

/** The credentials, or one sentence. */
async function loginOf(source: CloudSource, doors: CloudDoors): Promise<Login | string> {
  const { account, entered, problem, stations } = await survey(source, doors);
  if (entered === null) return problem === null ? "the account did not answer" : sentenceOf(problem);
  const credentials = await account.certification(entered);
  if ("problem" in credentials) return sentenceOf(credentials.problem);
  // A client id of its own, always the same: with the server's id, each of the two would end the other's connection.
  const key = `${account.key}:bridge`;
  const kept = doors.memory.load(key) ?? newAccount(Math.random);
  doors.memory.save(key, kept);
  const identity = { api: account.api, account: credentials.account, userId: entered.userId };
  const serials = stations.map(({ serial }) => serial).filter((serial) => whyNoStation(serial) === null);
  return { identity, credentials, clientId: clientIdOf(identity, kept.clientId), serials };
}

function print({ identity, credentials, clientId, serials }: Login, json: boolean, io: CommandIo) {
  const { host, port, account, password, tls } = credentials;
  const topics = serials.flatMap((serial) => filtersOf(identity, serial));
  const all = { host, port, tls, username: account, password, clientId, topics };
  if (json) return io.out(JSON.stringify(all, null, 2));
  io.out(
    `host       ${host}\nport       ${port}${tls ? " (TLS)" : ""}\nusername   ${account}\npassword   ${password}`,
  );
  io.out(`client id  ${clientId}`);
  for (const topic of topics) io.out(`topic      ${topic}`);
  io.err(
    "These credentials open your stations to whoever has them, also for commands: keep them to yourself.",
  );
}

/** Returns a section for mosquitto.conf: it copies each station's frames to <base>/<serial>/data, and nothing to EcoFlow. */
function bridgeOf(
  { identity, credentials, clientId, serials }: Login,
  base: string,
  source: CloudSource,
): string {
  const { host, port, account, password, tls } = credentials;
  const trust = source.ca === null ? "bridge_capath /etc/ssl/certs" : `bridge_cafile ${source.ca}`;
  const mapped = serials.map((serial) => {
    const [frames = ""] = filtersOf(identity, serial);
    return `topic "" in 1 ${base}/${serial}/data ${frames}`;
  });
  return [
    `# EcoFlow's broker as a bridge of Mosquitto. The credentials age within days: print this again when it stays silent.`,
    "connection ecoflow",
    `address ${host}:${port}`,
    "bridge_protocol_version mqttv311",
    ...(tls ? [trust] : []),
    `remote_username ${account}`,
    `remote_password ${password}`,
    `remote_clientid ${clientId}`,
    "cleansession true",
    "try_private false",
    "notifications false",
    ...mapped,
  ].join("\n");
}
