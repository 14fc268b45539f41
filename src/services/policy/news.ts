/** Lines for the log that are no events: an agent came online, once a machine, and what an earlier process left open. */
import type { Status } from "../../contract/messages/machine.ts";
import type { PolicyState } from "../../core/policy/state.ts";
import { outageBegan } from "../../core/policy/station/watch.ts";
import { percentText } from "../../core/policy/words/sentences.ts";
import type { Log } from "../../io/log.ts";
import { createOnce, type Once } from "../../io/once.ts";

export class PolicyNews {
  readonly #log: Pick<Log, "info">;
  readonly #once: Once;

  constructor(log: Log) {
    this.#log = log;
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

  /** Logs what an earlier process left open: outages, and machines that are not merely watched. */
  goesOn({ stations, machines }: PolicyState): void {
    for (const { id, outage, soc } of stations) {
      if (outage === null) continue;
      const began = outageBegan(outage);
      const since = began === null ? "" : `, since ${new Date(began * 1_000).toLocaleString()}`;
      const charge = soc === null ? "" : `; last charge ${percentText(soc)}`;
      this.#log.info(`the outage of ${id} goes on after the restart${since}${charge}`);
    }
    for (const { id, phase } of machines)
      if (phase.is !== "watching")
        this.#log.info(`${id} was ${phase.is.replace("_", " ")} before the restart, and still is`);
  }
}
