/** Asks the EcoFlow accounts of the configuration what they hold: for `stations`, `mqtt-login` and `check`. */
import type { Config } from "../config/config.ts";
import type { CloudStation } from "../core/cloud/account.ts";
import type { CloudProblem } from "../core/cloud/problems.ts";
import type { KeptAccount } from "../io/accounts-file.ts";
import { type CloudDoors, type CloudSetup, cloudDoors } from "../io/cloud.ts";
import type { Account, Entered } from "../io/cloud-account.ts";
import { realTime } from "../io/timer.ts";

/** A source of the configuration that is an account. */
export type CloudSource = CloudSetup & { name: string };

/** The account sources of the configuration, in its order. */
export const cloudSources = ({ sources }: Config): CloudSource[] =>
  sources.filter((source): source is typeof source & CloudSource => "apiUrl" in source);

/** The sentence for a configuration without an account. */
export const noAccount =
  "No EcoFlow account is configured: set ECOFLOW_USERNAME and ECOFLOW_PASSWORD (the app's), or ECOFLOW_ACCESS_KEY and ECOFLOW_SECRET_KEY (of the developer portal), in the environment or in .env.";

/** The doors of a tool: they share what a server has kept in the state folder. */
export const doorsOf = (config: Config): CloudDoors =>
  cloudDoors({ stateDir: config.stateDir, wall: Date.now, random: Math.random, after: realTime });

/** An account as it answered. */
export interface Surveyed {
  source: CloudSource;
  account: Account;
  /** Null where it could not be reached: then `stations` are those of the last list on disk. */
  entered: Entered | null;
  problem: CloudProblem | null;
  stations: CloudStation[];
  /** When the list was made, epoch ms; null for a list of now. */
  listedAt: number | null;
}

/** Logs in and lists the stations; what was found is kept, so that names resolve while the cloud is away. */
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
    ...(kept ?? newAccount()),
    url: host.url,
    stations,
    listedAt: Date.now(),
  });
  return { source, account, entered, problem: null, stations, listedAt: null };
}

/** An account that is new on this machine. Its client id is used from now on. */
export const newAccount = (): KeptAccount => ({
  url: null,
  clientId: crypto.randomUUID(),
  stations: [],
  listedAt: null,
});

/** Whether the developer API gives a station's values; null where it did not say. The app's API serves what it lists. */
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
