/** The topics between the server and the agents, and for people. */
import { alarmsSchema, journalSchema } from "../messages/journal.ts";
import { ackSchema, commandSchema, planSchema, powerSchema, statusSchema } from "../messages/machine.ts";
import { orchestratorSchema } from "../messages/server.ts";
import { topic } from "./topic.ts";

/** Messages between the server and the agents, and for people. */
export function machineTopics() {
  return {
    command: topic({
      key: "command",
      pattern: "power-manager/{machine}/cmd",
      owner: "commander",
      retained: false,
      schema: commandSchema,
      about: "a command; repeated until it is acknowledged, and when the agent returns, as long as it is due",
    }),
    ack: topic({
      key: "ack",
      pattern: "power-manager/{machine}/ack",
      owner: "agents",
      retained: false,
      schema: ackSchema,
      about: "an agent's answer to a command, one for each phase",
    }),
    status: topic({
      key: "status",
      pattern: "power-manager/{machine}/status",
      owner: "agents",
      retained: true,
      schema: statusSchema,
      about: "presence of an agent, with a Last Will",
    }),
    power: topic({
      key: "power",
      pattern: "power-manager/{machine}/power",
      owner: "commander",
      retained: true,
      schema: powerSchema,
      about: "what an agent needs to decide alone; every 15 s, every 5 s on battery, and before each command",
    }),
    orchestrator: topic({
      key: "orchestrator",
      pattern: "power-manager/orchestrator/status",
      owner: "commander",
      retained: true,
      schema: orchestratorSchema,
      about: "presence, health and lease of the server, with a Last Will",
    }),
    events: topic({
      key: "events",
      pattern: "power-manager/events",
      owner: "journal",
      retained: false,
      schema: journalSchema,
      about: "the journal, one event a message",
    }),
    alarms: topic({
      key: "alarms",
      pattern: "power-manager/alarms",
      owner: "alarms",
      retained: true,
      schema: alarmsSchema,
      about: "the alarms that stand",
    }),
    plan: topic({
      key: "plan",
      pattern: "power-manager/plan/{machine}",
      owner: "policy",
      retained: true,
      schema: planSchema,
      about: "what is pending for a machine, for people and dashboards",
    }),
  };
}
