/** Logs in to the EcoFlow accounts of the configuration and lists their stations: for `stations`, `mqtt-login` and `check`. */
import type { Config } from "../config/config.ts";
import type { CloudStation } from "../core/cloud/account.ts";
import type { CloudProblem } from "../core/cloud/problems.ts";
import { newAccount } from "../io/accounts-file.ts";
import { type CloudDoors, type CloudSetup, cloudDoors } from "../io/cloud.ts";
import type { Account, Entered } from "../io/cloud-account.ts";
import { realTime } from "../io/timer.ts";

/** A source of the configuration that is an account. */
export type CloudSource = CloudSetup & { name: string; devices: readonly string[] | null };

/** The account sources of the configuration, in its order. */
export const cloudSources = ({ sources }: Config): CloudSource[] =>
  sources.filter((source): source is typeof source & CloudSource => "apiUrl" in source);

/** The sentence for a configuration without an account. */
export const noAccount =
  "No EcoFlow account is configured: set ECOFLOW_USERNAME and ECOFLOW_PASSWORD (the app's), or ECOFLOW_ACCESS_KEY and ECOFLOW_SECRET_KEY (of the developer portal), in the environment or in .env.";

/** Returns a tool's access to the cloud; it shares the state folder with a server. */
export const doorsOf = (config: Config): CloudDoors =>
  cloudDoors({ stateDir: config.stateDir, wall: Date.now, random: Math.random, after: realTime });

/** The answer of an account. */
export interface Surveyed {
  source: CloudSource;
  account: Account;
  /** Null if the login failed: then `stations` are those of the last list on disk. */
  entered: Entered | null;
  problem: CloudProblem | null;
  stations: CloudStation[];
  /** When the list on disk was made, epoch ms; null for a list of now, and without a list. */
  listedAt: number | null;
}

/** Logs in and lists the stations. The list is kept, so that names resolve while the cloud is away. */
export async function survey(source: CloudSource, doors: CloudDoors): Promise<Surveyed> {
  const { account } = doors.open(source);
  const kept = doors.memory.load(account.key);
  const entered = await account.enter(kept?.url ?? null);
  if ("problem" in entered) {
    const { stations = [], listedAt = null } = kept ?? {};
    return { source, account, entered: null, problem: entered.problem, stations, listedAt };
  }
  const { stations, host } = entered;
  doors.memory.save(account.key, {
    ...(kept ?? newAccount(Math.random)),
    url: host.url,
    stations,
    listedAt: Date.now(),
  });
  return { source, account, entered, problem: null, stations, listedAt: null };
}

/** Whether the account's API serves a station: the app's API serves every station that it lists. Null if the answer does not show it. */
export async function isServed(
  { account, entered }: Surveyed,
  serial: string,
): Promise<{ served: boolean | null; problem: CloudProblem | null }> {
  if (entered === null) return { served: null, problem: null };
  if (account.api === "ecoflow-app") return { served: true, problem: null };
  const answer = await account.quota(entered, serial);
  if (!("problem" in answer)) return { served: true, problem: null };
  const isClosed = answer.problem.kind === "not-opened";
  return { served: isClosed ? false : null, problem: answer.problem };
}
