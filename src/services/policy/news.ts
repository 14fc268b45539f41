/** Good news for the log, each once a process: an agent is online, and an outage goes on after a restart. */
import type { Status } from "../../contract/messages/machine.ts";
import type { PolicyState } from "../../core/policy/state.ts";
import type { Log } from "../../io/log.ts";
import { createOnce, type Once } from "../../io/once.ts";

export class PolicyNews {
  readonly #log: Pick<Log, "info">;
  readonly #once: Once;

  constructor(log: Log) {
    this.#log = log;
    this.#once = createOnce(log);
  }

  /** Says once a machine that its agent is online. */
  online(machine: string, { online, armed, platform, version }: Status): void {
    if (!online) return;
    const facts = [
      armed === false ? "in dry run: it only rehearses" : "armed",
      ...(platform === undefined ? [] : [platform]),
      ...(version === undefined ? [] : [`version ${version}`]),
    ];
    this.#once.info(machine, `the agent of ${machine} is online, ${facts.join(", ")}`);
  }

  /** Says what an earlier process left open: outages, and machines that are not merely watched. */
  goesOn({ stations, machines }: PolicyState): void {
    for (const { id, outage, soc } of stations) {
      if (outage === null) continue;
      const began = Number(/-(\d+)$/.exec(outage)?.[1]);
      const since = Number.isNaN(began) ? "" : `, since ${new Date(began * 1_000).toLocaleString()}`;
      const charge = soc === null ? "" : `; last charge ${Math.round(soc)} %`;
      this.#log.info(`the outage of ${id} goes on after the restart${since}${charge}`);
    }
    for (const { id, phase } of machines)
      if (phase.is !== "watching")
        this.#log.info(`${id} was ${phase.is.replace("_", " ")} before the restart, and still is`);
  }
}
