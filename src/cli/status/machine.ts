/** A machine on the screen of `status`: whether its agent would obey, and when the server would command it. */
import type { MachineConfig } from "../../config/config.ts";
import {
  isLastWill,
  type Plan,
  planSchema,
  powerSchema,
  type Status,
  statusSchema,
} from "../../contract/messages/machine.ts";
import { statusText } from "../../contract/signatures.ts";
import { topicFor } from "../../contract/topics.ts";
import { isAuthentic } from "../../io/secrets.ts";
import { type Outlook, outlookOf } from "./outlook.ts";
import { newestOn, type Scene } from "./scene.ts";
import type { StationRow } from "./station.ts";

export interface MachineRow extends Outlook {
  id: string;
  /** Null when no agent was heard that could be trusted. */
  armed: boolean | null;
  online: boolean | null;
  /** The policy's state of the machine, for example `watching`; null without a plan of the server. */
  state: Plan["state"] | null;
  /** The plan's own sentence; null without a plan. */
  reason: string | null;
  /** Seconds until it is commanded, or until its delay is over; null when nothing is pending. */
  deadlineSec: number | null;
  missing: string[];
}

/** An agent publishes its status every 30 s. */
const statusAgeSec = 100;
/** The server publishes `power` every 15 s. */
const powerAgeSec = 40;

/** Makes the row of a configured machine. */
export function machineRow(scene: Scene, id: string, stations: readonly StationRow[]): MachineRow {
  const { config, heard } = scene;
  const machine = config.machines[id] as MachineConfig;
  const status =
    newestOn(heard, topicFor(heard.topics.status, { machine: id }), statusSchema)?.payload ?? null;
  const plan = newestOn(heard, topicFor(heard.topics.plan, { machine: id }), planSchema)?.payload ?? null;
  const doubt = doubtOf(id, machine.key, status, scene.now);
  const isTrusted = status !== null && isTrustworthy(id, machine.key, status);
  return {
    id,
    online: isTrusted ? status.online : null,
    armed: isTrusted && status.online ? status.armed !== false : null,
    state: plan?.state ?? null,
    reason: plan?.reason ?? null,
    deadlineSec: plan?.deadline_sec ?? null,
    ...outlookOf(config, id, stations),
    missing: [...(doubt === null ? [] : [doubt]), ...missingOfServer(scene, id, plan)],
  };
}

/** A Last Will is never signed, and proves absence all the same. */
const isTrustworthy = (id: string, key: string | null, status: Status): boolean =>
  isLastWill(status) || isAuthentic(key, statusText(id, status), status.sig);

/** Why this agent would not obey; null when it would. */
function doubtOf(id: string, key: string | null, status: Status | null, now: number): string | null {
  if (status === null)
    return `${id}: no agent was ever heard; start it there, with AGENT_ID=${id} and this broker. (An agent of the original does not report itself.)`;
  if (key === null && status.sig !== undefined)
    return `${id}: its agent has a key and obeys only what is signed with it, and the server signs nothing; write its AGENT_KEY at machines.${id}.key here.`;
  if (!isTrustworthy(id, key, status))
    return `${id}: its agent signs with another key, or with none; set the same key there (AGENT_KEY) and here.`;
  if (!status.online) return `${id}: its agent is offline; start the machine, or its agent.`;
  if (status.armed === false)
    return `${id}: its agent is in dry run and would only rehearse; remove DRY_RUN there and restart it.`;
  const ageSec = status.at === undefined ? 0 : now / 1_000 - status.at;
  if (ageSec > statusAgeSec)
    return `${id}: its agent's last status is ${Math.round(ageSec)} s old, and one is due every 30 s; it hangs, or its clock is wrong.`;
  return null;
}

/** What the server owes to this machine. A server that does not run is reported once, elsewhere. */
function missingOfServer({ heard, serverNow, server }: Scene, id: string, plan: Plan | null): string[] {
  if (server === null) return [];
  const power = newestOn(heard, topicFor(heard.topics.power, { machine: id }), powerSchema)?.payload ?? null;
  if (plan === null || power === null)
    return [`${id}: the server has no plan for it; does it run with this configuration? Restart it.`];
  const ageSec = Math.round(serverNow / 1_000 - power.at);
  if (ageSec > powerAgeSec)
    return [
      `${id}: the server's last power message is ${ageSec} s old, and one is due every 15 s; read its log.`,
    ];
  return [
    ...(power.on_battery === null
      ? [`${id}: whether its stations have mains is not known to the server; check their sources.`]
      : []),
    ...(power.soc === null ? [`${id}: the charge of its stations is not known to the server.`] : []),
  ];
}
