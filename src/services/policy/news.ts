/** Lines for the log that are no events: an agent came online, acknowledgements, what would go next, and what an earlier process left open. */
import type { Ack, Status } from "../../contract/messages/machine.ts";
import { forecastOf } from "../../core/policy/machine/forecast.ts";
import type { PolicyRules } from "../../core/policy/rules.ts";
import type { PolicyState } from "../../core/policy/state.ts";
import { outageBegan } from "../../core/policy/station/watch.ts";
import { percentText } from "../../core/policy/words/sentences.ts";
import type { Instant } from "../../core/reading.ts";
import type { Log } from "../../io/log.ts";
import { createOnce, type Once } from "../../io/once.ts";

/** What an agent says of its end; without it the broker noticed that the connection was lost. */
const offlineReasons: Readonly<Record<string, string>> = {
  user: "it was stopped",
  command: "its machine goes down as commanded",
};
/** An agent that comes and goes is one line in this time. */
const offlineMs = 600_000;

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
  /** The acknowledgement that was logged last, by machine: the command's id, and whether the agent refused it. */
  readonly #acknowledged = new Map<string, string>();
  /** When a machine's end was logged last. */
  readonly #offlineAt = new Map<string, Instant>();

  constructor(log: Log, rules: PolicyRules) {
    this.#log = log;
    this.#rules = rules;
    this.#once = createOnce(log);
  }

  /** Logs that the agent of a machine is online, and that it has left; a return only after that. */
  presence(machine: string, status: Status, at: Instant): void {
    if (status.online) this.#online(machine, status);
    else this.#offline(machine, status, at);
  }

  #offline(machine: string, { reason }: Status, at: Instant) {
    if (at - (this.#offlineAt.get(machine) ?? Number.NEGATIVE_INFINITY) < offlineMs) return;
    this.#offlineAt.set(machine, at);
    this.#once.clear(machine);
    this.#log.info(
      `the agent of ${machine} is offline: ${offlineReasons[reason ?? ""] ?? "its connection was lost"}`,
    );
  }

  #online(machine: string, { armed, platform, version }: Status) {
    const facts = [
      armed === false ? "in dry run: it only rehearses" : "armed",
      ...(platform === undefined ? [] : [platform]),
      ...(version === undefined ? [] : [`version ${version}`]),
    ];
    this.#once.info(machine, `the agent of ${machine} is online, ${facts.join(", ")}`);
  }

  /** Logs the first acknowledgement of each command, and the first after a refusal; an answer to a ping is none. */
  acknowledged(machine: string, { id, phase }: Pick<Ack, "id" | "phase">): void {
    // A command that was refused and then accepted has two lines.
    const logged = `${id} ${phase === "refused" || phase === "expired"}`;
    if (phase === "pong" || this.#acknowledged.get(machine) === logged) return;
    this.#acknowledged.set(machine, logged);
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
