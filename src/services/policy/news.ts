/** Lines for the log that are no events: an agent came online, acknowledgements, what would go next, and what an earlier process left open. */
import type { Ack, Status } from "../../contract/messages/machine.ts";
import { forecastOf } from "../../core/policy/machine/forecast.ts";
import type { PolicyRules } from "../../core/policy/rules.ts";
import type { PolicyState } from "../../core/policy/state.ts";
import { outageBegan } from "../../core/policy/station/watch.ts";
import { percentText } from "../../core/policy/words/sentences.ts";
import type { Log } from "../../io/log.ts";
import { createOnce, type Once } from "../../io/once.ts";

/** How many machines the line about the next ones names. */
const mostNext = 5;

/** Year first, with the zone's name: nobody has to guess which number is the month. */
const localTime = (ms: number) => new Date(ms).toLocaleString("sv-SE", { timeZoneName: "short" });

const roughly = (ms: number) =>
  ms < 120_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;

export class PolicyNews {
  readonly #log: Pick<Log, "info">;
  readonly #rules: PolicyRules;
  readonly #once: Once;
  /** The command whose acknowledgement was logged last, by machine. */
  readonly #acknowledged = new Map<string, string>();

  constructor(log: Log, rules: PolicyRules) {
    this.#log = log;
    this.#rules = rules;
    this.#once = createOnce(log);
  }

  /** Logs that the agent of a machine is online, once. */
  online(machine: string, { online, armed, platform, version }: Status): void {
    if (!online) return;
    const facts = [
      armed === false ? "in dry run: it only rehearses" : "armed",
      ...(platform === undefined ? [] : [platform]),
      ...(version === undefined ? [] : [`version ${version}`]),
    ];
    this.#once.info(machine, `the agent of ${machine} is online, ${facts.join(", ")}`);
  }

  /** Logs the first acknowledgement of each command; an answer to a ping is none. */
  acknowledged(machine: string, { id, phase }: Pick<Ack, "id" | "phase">): void {
    if (phase === "pong" || this.#acknowledged.get(machine) === id) return;
    this.#acknowledged.set(machine, id);
    this.#log.info(`${machine} acknowledges command ${id}: ${phase.replace("_", " ")}`);
  }

  /** Logs which machines go next if the mains of a station stays away, at the load that is assumed now. */
  next({ stations, machines }: PolicyState, station: string): void {
    const states = new Map(stations.map((state) => [state.id, state]));
    const upYet = machines.filter(({ phase }) => phase.is === "watching" || phase.is === "pending");
    const waiting = upYet.flatMap(({ id }) => {
      const rules = this.#rules.machines[id];
      return rules?.stations.includes(station) ? [{ id, ...forecastOf(this.#rules, rules, states) }] : [];
    });
    waiting.sort((one, other) => (one.left ?? Number.MAX_VALUE) - (other.left ?? Number.MAX_VALUE));
    const first = waiting.slice(0, mostNext).map(({ id, threshold, left, watts }) => {
      const load = watts === null ? "" : ` at ${Math.round(watts)} W`;
      const when = left === null ? "when is not known" : `in about ${roughly(left)}${load}`;
      return `${id} at ${percentText(threshold)} (${when})`;
    });
    const more = waiting.length > mostNext ? `, and ${waiting.length - mostNext} more` : "";
    const list = first.length === 0 ? "none: every machine of it has its command" : first.join(", ");
    this.#log.info(`next while ${station} has no mains: ${list}${more}`);
  }

  /** Logs what an earlier process left open: outages, and machines that are not merely watched. */
  goesOn({ stations, machines }: PolicyState): void {
    for (const { id, outage, soc } of stations) {
      if (outage === null) continue;
      const began = outageBegan(outage);
      const since = began === null ? "" : `, since ${localTime(began * 1_000)}`;
      const charge = soc === null ? "" : `; last charge ${percentText(soc)}`;
      this.#log.info(`the outage of ${id} goes on after the restart${since}${charge}`);
    }
    for (const { id, phase } of machines)
      if (phase.is !== "watching")
        this.#log.info(`${id} was ${phase.is.replace("_", " ")} before the restart, and still is`);
  }
}
